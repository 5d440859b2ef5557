// The data folder of the embedded PostgreSQL: whole or not there at all. It is made under another name and moved into
// place when it is complete, so a start that died half-way leaves nothing that looks like data.

import { randomBytes, randomUUID } from 'node:crypto';
import {
	chown,
	mkdir,
	open,
	readdir,
	readFile,
	rename,
	rm,
	stat,
	writeFile,
} from 'node:fs/promises';
import { basename, join } from 'node:path';
import { OperatorError } from '../lib/domain/operator-error.ts';
import type { PostgresBinaries } from './binaries.ts';
import { runToEnd, type Program } from './child.ts';
import { ifMissing, programFault } from './faults.ts';
import type { Identity } from './identity.ts';

export type Cluster = {
	directory: string;
	dataFolder: string;
	passwordFile: string;
	logFile: string;
	binaries: PostgresBinaries;
	durability: 'full' | 'none';
};

/** Of the database and of the role that owns it. */
export const databaseName = 'mailkey';

/** @throws OperatorError if something else is in the data folder's place, or data of another major version */
export async function checkDataFolder(cluster: Cluster): Promise<void> {
	if ((await stat(cluster.dataFolder).catch(ifMissing)) === undefined) return;
	const file = join(cluster.dataFolder, 'PG_VERSION');
	const made = (await readFile(file, 'utf8').catch(ifMissing))?.trim();
	if (made === undefined) {
		throw new OperatorError(
			`${cluster.dataFolder} is not a data folder of PostgreSQL: move it away, or set DATA_DIR to another folder.`,
		);
	}
	// Root may ask for the version, so this needs no other identity.
	const asked = { file: cluster.binaries.postgres, args: ['--version'] };
	const { output } = await runToEnd({ kind: 'ourselves' }, asked);
	const ours = /\) (\d+)/.exec(output)?.[1];
	// Without an answer the binary does not run at all, which `findIdentity` puts into words.
	if (ours === undefined || made === ours) return;
	throw new OperatorError(
		`The data in ${cluster.dataFolder} were made by PostgreSQL ${made} and this is PostgreSQL ${ours}: go back to the release that made them, or move them over with pg_dump.`,
	);
}

/** Makes the data folder if there is none. Only the holder of the start lock may. */
export async function ensureDataFolder(cluster: Cluster, identity: Identity): Promise<void> {
	await removeHalfMade(cluster);
	const there = await stat(cluster.dataFolder).catch(ifMissing);
	if (there === undefined) await makeDataFolder(cluster, identity);
}

export async function readPassword(cluster: Cluster): Promise<string> {
	const password = (await readFile(cluster.passwordFile, 'utf8').catch(ifMissing))?.trim();
	if (password) return password;
	throw new OperatorError(
		`The password to the database in ${cluster.dataFolder} is missing: put the file ${cluster.passwordFile} back from the same backup.`,
	);
}

async function makeDataFolder(cluster: Cluster, identity: Identity): Promise<void> {
	const password = await makePassword(cluster);
	const half = `${cluster.dataFolder}.new-${randomUUID()}`;
	await mkdir(half, { mode: 0o700 });
	if (identity.kind === 'user') await chown(half, identity.uid, identity.gid);
	await mustRun(cluster, identity, {
		file: cluster.binaries.initdb,
		args: initdbArgs(cluster, half),
	});
	await writeFile(join(half, 'pg_hba.conf'), hostRules, { flush: true });
	const hasty = cluster.durability === 'none' ? ['-F'] : [];
	await mustRun(cluster, identity, {
		file: cluster.binaries.postgres,
		args: ['--single', '-D', half, ...hasty, '-c', 'log_min_error_statement=panic', 'postgres'],
		input: firstStatements(password),
	});
	await rename(half, cluster.dataFolder);
	await syncFolder(cluster.directory);
}

function initdbArgs(cluster: Cluster, folder: string): string[] {
	const settings = {
		pgdata: folder,
		// The superuser, whom nobody ever logs in as: the rules that come afterwards do not name him.
		username: 'postgres',
		auth: 'reject',
		encoding: 'UTF8',
		// PostgreSQL's own C.UTF-8, so that no index depends on the locales of the system's C library.
		locale: 'C',
		'locale-provider': 'builtin',
		'builtin-locale': 'C.UTF-8',
	};
	// Synced, or a power cut half a minute after the first start would leave data that look whole and are not, with the
	// first sign-ins in them. One syncfs takes milliseconds where a thousand fsyncs take seconds (measured on a busy disk).
	const method = process.platform === 'linux' ? ['--sync-method=syncfs'] : [];
	const sync = cluster.durability === 'none' ? ['--no-sync'] : method;
	const pairs = Object.entries(settings).map(([name, value]) => `--${name}=${value}`);
	return [...pairs, '--data-checksums', '--no-instructions', ...sync];
}

/** By loopback and password only. */
const hostRules = `host all ${databaseName} 127.0.0.1/32 scram-sha-256\n`;

/** For a single-user backend, one statement a line. CREATEDB and CREATEROLE serve the tests, each in a database of its own. */
function firstStatements(password: string): string {
	return [
		`CREATE ROLE ${databaseName} LOGIN CREATEDB CREATEROLE PASSWORD '${password}'`,
		`CREATE DATABASE ${databaseName} OWNER ${databaseName}`,
		'',
	].join('\n');
}

/** A single-user backend reports a failed statement in its output alone, so that counts as well as the status. */
async function mustRun(cluster: Cluster, identity: Identity, program: Program): Promise<void> {
	const { status, output } = await runToEnd(identity, program);
	const reason = /(?:error|ERROR|FATAL|PANIC): +(.*)/.exec(output)?.[1];
	if (status === 0 && reason === undefined) return;
	const sentence = `PostgreSQL could not make its data folder in ${cluster.directory} (${reason ?? `status ${status}`}).`;
	throw programFault(cluster.directory, sentence, output);
}

/** One that is there is kept: the data folder may be gone on purpose, or a start died before it was made. */
async function makePassword(cluster: Cluster): Promise<string> {
	const kept = (await readFile(cluster.passwordFile, 'utf8').catch(ifMissing))?.trim();
	if (kept && /^[\w-]{43}$/.test(kept)) return kept;
	const password = randomBytes(32).toString('base64url');
	const draft = `${cluster.passwordFile}.new`;
	await rm(draft, { force: true });
	await writeFile(draft, `${password}\n`, { mode: 0o600, flag: 'wx', flush: true });
	await rename(draft, cluster.passwordFile);
	return password;
}

async function removeHalfMade(cluster: Cluster): Promise<void> {
	const prefix = `${basename(cluster.dataFolder)}.new-`;
	const left = (await readdir(cluster.directory)).filter((name) => name.startsWith(prefix));
	// Retried, because an initdb whose starter was killed may write for another instant.
	const options = { recursive: true, force: true, maxRetries: 10, retryDelay: 50 };
	for (const name of left) await rm(join(cluster.directory, name), options);
}

async function syncFolder(folder: string): Promise<void> {
	const handle = await open(folder, 'r');
	try {
		await handle.sync();
	} finally {
		await handle.close();
	}
}
