// What postmaster.pid tells of the server on a data folder (src/include/utils/pidfile.h of PostgreSQL), and whether it is
// still true: the file stays after a crash or a reboot, and its process number may by then be somebody else's.

import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorCode, ifMissing } from './faults.ts';
import { processCommand, processStart } from './process.ts';

export type Postmaster = { pid: number; port: number; ready: boolean };

/** The server that runs on this data folder, no matter who started it. */
export async function findPostmaster(dataFolder: string): Promise<Postmaster | undefined> {
	const postmaster = await readPidFile(dataFolder);
	return postmaster && (await isPostmasterOf(dataFolder, postmaster.pid)) ? postmaster : undefined;
}

export async function readPidFile(dataFolder: string): Promise<Postmaster | undefined> {
	const text = await readFile(pidFile(dataFolder), 'utf8').catch(ifMissing);
	const lines = text?.split('\n') ?? [];
	const pid = Number(lines[0]);
	if (!Number.isInteger(pid) || pid <= 0) return undefined;
	return { pid, port: Number(lines[3]), ready: lines[7]?.trim() === 'ready' };
}

/**
 * How long a fast shutdown (SIGINT) may take before SIGQUIT cuts it short. It takes a fraction of a second, but PostgreSQL
 * 18 never finishes one that comes while it recovers from the crash of one of its processes (tried: 18.4), and a last
 * checkpoint may be long on a slow disk. SIGQUIT loses nothing: the next start replays the log.
 */
export const stopPatienceMs = 5_000;

const shutdownSteps = ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const;

/** Ends a server that is not our child, and clears away what one that crashed has left. */
export async function stopPostmaster(dataFolder: string): Promise<void> {
	for (const signal of shutdownSteps) {
		const found = await findPostmaster(dataFolder);
		if (found === undefined) break;
		sendSignal(found.pid, signal);
		await untilGone(dataFolder, found.pid);
	}
	// PostgreSQL itself removes a stale file, unless its number is in use again or it is empty: then it would not start.
	// Without the file it still finds backends that survive their postmaster, by the shared memory, and waits for them.
	await rm(pidFile(dataFolder)).catch(ifMissing);
}

/** By the arguments that `startServer` gives; the backends' own titles have none of them. */
async function isPostmasterOf(dataFolder: string, pid: number): Promise<boolean> {
	if ((await processStart(pid)) === undefined) return false;
	return (await processCommand(pid)).includes(`postgres -D ${dataFolder} -c `);
}

async function untilGone(dataFolder: string, pid: number): Promise<void> {
	const deadline = Date.now() + stopPatienceMs;
	while (Date.now() < deadline && (await isPostmasterOf(dataFolder, pid))) await sleep(20);
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
	try {
		process.kill(pid, signal);
	} catch (error) {
		if (errorCode(error) !== 'ESRCH') throw error; // ESRCH: it has just gone
	}
}

function pidFile(dataFolder: string): string {
	return join(dataFolder, 'postmaster.pid');
}
