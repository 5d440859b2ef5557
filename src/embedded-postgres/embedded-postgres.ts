// PostgreSQL without an installation: the server binaries from npm, on a folder. A process that finds a server running on the
// folder uses it; one that does not takes the start lock, starts one, and alone stops it.

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { OperatorError } from '../lib/domain/operator-error.ts';
import { findPostgresBinaries } from './binaries.ts';
import { borrowServer, waitForBorrowers } from './borrow.ts';
import {
	checkDataFolder,
	databaseName,
	ensureDataFolder,
	readPassword,
	type Cluster,
} from './cluster.ts';
import { folderFault, ifMissing } from './faults.ts';
import { makeDataDirectory } from './folder.ts';
import { findIdentity } from './identity.ts';
import { findPostmaster, stopPostmaster } from './postmaster.ts';
import { startServer } from './server.ts';
import { takeStartLock, type Holder, type Role, type Taken } from './start-lock.ts';

export type EmbeddedPostgres = {
	/** `postgres://user:password@127.0.0.1:port/mailkey` */
	url: string;
	/** Resolves with one plain sentence if the server that we started ends without being asked; otherwise never. */
	died: Promise<string>;
	/** A server ends its PostgreSQL at once, a command when nobody borrows it, a borrower only lets go. Callable again. */
	stop(): Promise<void>;
};

export type EmbeddedPostgresOptions = {
	directory: string;
	/** A server stops fast and has its folder to itself; a command borrows, and lets borrowers finish. */
	role: Role;
	/** `none` is for tests: quicker, and a power cut may cost everything. */
	durability?: 'full' | 'none';
};

const DATA_FOLDER = 'postgres';

/** How long to wait for somebody else's server to answer, or for their command to finish. */
const patienceMs = 60_000;

/** Whether somebody made a database in this folder before. */
export async function hasDatabase(directory: string): Promise<boolean> {
	return (await stat(join(directory, DATA_FOLDER)).catch(ifMissing)) !== undefined;
}

/** @throws OperatorError for everything an operator can mend, one plain sentence each */
export async function openEmbeddedPostgres(
	options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
	const cluster = await openFolder(options);
	try {
		return await borrowOrStart(cluster, options.role);
	} catch (error) {
		throw folderFault(cluster.directory, error);
	}
}

async function openFolder(options: EmbeddedPostgresOptions): Promise<Cluster> {
	const directory = await makeDataDirectory(options.directory);
	return {
		directory,
		dataFolder: join(directory, DATA_FOLDER),
		passwordFile: join(directory, 'postgres-password'),
		logFile: join(directory, 'postgres.log'),
		binaries: await findPostgresBinaries(),
		durability: options.durability ?? 'full',
	};
}

async function borrowOrStart(cluster: Cluster, role: Role): Promise<EmbeddedPostgres> {
	const deadline = Date.now() + patienceMs;
	for (;;) {
		const borrowed = role === 'command' ? await borrow(cluster) : undefined;
		if (borrowed) return borrowed;
		const lock = await takeStartLock(cluster.directory, role);
		if (lock.kind === 'taken') return startLocked(cluster, role, lock);
		if (role === 'server' && lock.holder.role === 'server') throw inUse(cluster, lock.holder);
		if (Date.now() > deadline) throw waitedInVain(cluster, lock.holder);
		await sleep(20);
	}
}

async function borrow(cluster: Cluster): Promise<EmbeddedPostgres | undefined> {
	const postmaster = await findPostmaster(cluster.dataFolder);
	if (!postmaster?.ready) return undefined;
	const url = urlOf(await readPassword(cluster), postmaster.port);
	const hold = await borrowServer(url);
	if (hold === undefined) return undefined;
	return { url, died: new Promise(() => undefined), stop: once(hold.release) };
}

async function startLocked(cluster: Cluster, role: Role, lock: Taken): Promise<EmbeddedPostgres> {
	try {
		return await start(cluster, role, lock);
	} catch (error) {
		await lock.release();
		throw error;
	}
}

async function start(cluster: Cluster, role: Role, lock: Taken): Promise<EmbeddedPostgres> {
	await checkDataFolder(cluster);
	// With the lock held, a server that runs all the same is nobody's: its starter was killed.
	await stopPostmaster(cluster.dataFolder);
	const identity = await findIdentity(cluster);
	await ensureDataFolder(cluster, identity);
	const password = await readPassword(cluster);
	const server = await startServer(cluster, identity, role === 'server' ? 'INT' : 'TERM');
	const url = urlOf(password, server.port);
	const stop = once(async () => {
		const alone = role === 'command' ? await waitForBorrowers(url) : undefined;
		await server.stop();
		await alone?.release();
		await lock.release();
	});
	return { url, died: server.died, stop };
}

function once(action: () => Promise<void>): () => Promise<void> {
	let done: Promise<void> | undefined;
	return () => (done ??= action());
}

function urlOf(password: string, port: number): string {
	return `postgres://${databaseName}:${password}@127.0.0.1:${port}/${databaseName}`;
}

function inUse(cluster: Cluster, holder: Holder): OperatorError {
	return new OperatorError(
		`The data folder ${cluster.directory} is in use by another server (process ${holder.pid}): stop that one first, or set DATA_DIR to another folder.`,
	);
}

function waitedInVain(cluster: Cluster, holder: Holder): OperatorError {
	return new OperatorError(
		`The database in ${cluster.directory} is held by a ${holder.role} (process ${holder.pid}) and could not be had within a minute: wait until that has finished, or stop it.`,
	);
}
