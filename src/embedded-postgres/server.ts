// The PostgreSQL server on a data folder, as our child: started on a free port of loopback, and stopped.

import { spawn, type ChildProcess } from 'node:child_process';
import { open, readFile, rename, stat, type FileHandle } from 'node:fs/promises';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { keep } from './child.ts';
import type { Cluster } from './cluster.ts';
import { ifMissing, programFault } from './faults.ts';
import { launchAs, type Identity } from './identity.ts';
import { readPidFile, stopPatienceMs } from './postmaster.ts';
import { serverSettings } from './settings.ts';

export type Server = { port: number; died: Promise<string>; stop(): Promise<void> };

/** INT cuts its connections, TERM lets those who borrow it finish. */
export type SignalAtOurEnd = 'INT' | 'TERM';

type Launched = { child: ChildProcess; port: number; ended: Promise<string> };

/** A log past this is set aside at the next start, as postgres.log.1. A start and a stop write about 1 kB. */
const logLimitBytes = 5_000_000;

/** For causes that pass: a port taken in between, or a killed server's last backends. Ten seconds in all. */
const startAttempts = 100;

/** @throws OperatorError with PostgreSQL's own reason */
export async function startServer(
	cluster: Cluster,
	identity: Identity,
	signal: SignalAtOurEnd,
): Promise<Server> {
	const log = await openLog(cluster.logFile);
	try {
		for (let attempt = 1; ; attempt++) {
			const logged = (await log.stat()).size;
			const launched = launch(cluster, identity, signal, { port: await freePort(), log });
			const end = await untilReady(cluster, launched);
			if (end === undefined) return watched(cluster, launched);
			const said = (await readFile(cluster.logFile)).subarray(logged).toString('utf8');
			if (attempt === startAttempts || !passes(said)) throw startFault(cluster, said, end);
			await sleep(100);
		}
	} finally {
		await log.close();
	}
}

function launch(
	cluster: Cluster,
	identity: Identity,
	signal: SignalAtOurEnd,
	{ port, log }: { port: number; log: FileHandle },
): Launched {
	// `findPostmaster` knows the server by the beginning of these arguments.
	const args = ['-D', cluster.dataFolder, ...serverSettings(port, cluster.durability)];
	const launched = launchAs(identity, cluster.binaries.postgres, args);
	const child = spawn(launched.file, launched.args, {
		...launched.options,
		detached: true,
		stdio: ['ignore', log.fd, log.fd],
	});
	const release = keep(child, signal);
	const ended = new Promise<string>((resolve) => {
		child.on('error', (error) => resolve(error.message));
		child.on('exit', (status, by) => resolve(by ? `signal ${by}` : `status ${status}`));
	});
	void ended.then(release);
	return { child, port, ended };
}

/**
 * Resolves with undefined once the server lets connections in, or with how it ended. Waits as long as it lives: after a
 * crash it may replay its log for minutes.
 */
async function untilReady(
	cluster: Cluster,
	{ child, ended }: Launched,
): Promise<string | undefined> {
	try {
		for (;;) {
			const end = await Promise.race([ended, sleep(10)]);
			if (end !== undefined) return end;
			const postmaster = await readPidFile(cluster.dataFolder);
			if (postmaster?.pid === child.pid && postmaster?.ready) return undefined;
		}
	} catch (error) {
		child.kill('SIGINT');
		throw error;
	}
}

function watched(cluster: Cluster, { child, port, ended }: Launched): Server {
	let stopping: Promise<void> | undefined;
	// A process that forgets to stop can still end; the keeper then ends the server.
	child.unref();
	const died = new Promise<string>((resolve) => {
		void ended.then((end) => {
			if (stopping) return;
			resolve(`PostgreSQL ended without being asked to (${end}); its log is ${cluster.logFile}.`);
		});
	});
	return { port, died, stop: () => (stopping ??= stopChild(child, ended)) };
}

/** Fast shutdown: connections are cut, and what was committed is on disk. */
async function stopChild(child: ChildProcess, ended: Promise<string>): Promise<void> {
	child.ref();
	child.kill('SIGINT');
	const impatience = setTimeout(() => child.kill('SIGQUIT'), stopPatienceMs);
	await ended;
	clearTimeout(impatience);
}

async function openLog(logFile: string): Promise<FileHandle> {
	const found = await stat(logFile).catch(ifMissing);
	if (found && found.size > logLimitBytes) await rename(logFile, `${logFile}.1`);
	return open(logFile, 'a', 0o600);
}

/** Free at this moment; where somebody is quicker, PostgreSQL says so and the start is tried again. */
async function freePort(): Promise<number> {
	const probe = createServer();
	await new Promise<void>((resolve, reject) => {
		probe.on('error', reject).listen(0, '127.0.0.1', resolve);
	});
	const address = probe.address();
	await new Promise((resolve) => probe.close(resolve));
	if (typeof address === 'string' || address === null) throw new Error('no port was given');
	return address.port;
}

function passes(said: string): boolean {
	return said.includes('could not bind') || said.includes('pre-existing shared memory block');
}

function startFault(cluster: Cluster, said: string, end: string): Error {
	const reason = /(?:FATAL|PANIC): +(.*)/.exec(said)?.[1] ?? end;
	const sentence = `PostgreSQL does not start on ${cluster.dataFolder} (${reason}); its log is ${cluster.logFile}.`;
	return programFault(cluster.directory, sentence, said);
}
