// The lock of a data folder: who holds it starts PostgreSQL there, and alone stops it. It outlives a kill -9 of its
// holder without a wait: a holder is a process (number and start), and one that is gone is succeeded at once.

import { randomUUID } from 'node:crypto';
import { link, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { errorCode } from './faults.ts';
import { processStart } from './process.ts';

export type Role = 'server' | 'command';
export type Holder = { pid: number; startedAt: string; role: Role; token: string };
export type Taken = { kind: 'taken'; release(): Promise<void> };
export type StartLock = Taken | { kind: 'held'; holder: Holder };

/**
 * Takes the lock of `directory` if nobody alive holds it; does not wait.
 *
 * A stale lock is never removed by a stranger: of two who look at it, the slower one would remove the lock of the quicker
 * one. It is succeeded: the file `lock.<token of the stale one>` can be made only once. So the files form a line (`lock`,
 * its successor, that one's successor) and the last in it holds the lock. The new holder moves its own file to
 * the front, which nobody else may do. A slow stranger may then still make a successor of a file that has left the line,
 * which is why everybody looks once more from the front before they believe what they saw.
 */
export async function takeStartLock(directory: string, role: Role): Promise<StartLock> {
	const front = join(directory, 'lock');
	const me = await newHolder(role);
	const draft = `${front}.draft-${me.token}`;
	try {
		for (;;) {
			const { last, end } = await walk(front);
			if (last && (await isAlive(last))) {
				if (await isLast(front, last)) return { kind: 'held', holder: last };
				continue;
			}
			if (!(await joinLine(draft, end, me))) continue;
			if (await isLast(front, me)) {
				if (end !== front) await rename(end, front);
				await sweep(directory);
				return { kind: 'taken', release: () => release(front, me) };
			}
			await rm(end, { force: true });
		}
	} finally {
		await rm(draft, { force: true });
	}
}

async function newHolder(role: Role): Promise<Holder> {
	const startedAt = (await processStart(process.pid)) ?? 'unknown';
	return { pid: process.pid, startedAt, role, token: randomUUID() };
}

async function isAlive(holder: Holder): Promise<boolean> {
	return (await processStart(holder.pid)) === holder.startedAt;
}

/** From the front to the last in line; `end` is where the next one would be. */
async function walk(front: string): Promise<{ last: Holder | undefined; end: string }> {
	let last: Holder | undefined;
	for (let end = front; ; end = `${front}.${last.token}`) {
		const text = await readFile(end, 'utf8').catch((error: unknown) => {
			if (errorCode(error) === 'ENOENT') return undefined;
			throw error;
		});
		if (text === undefined) return { last, end };
		last = parseHolder(text) ?? tornHolder(end);
	}
}

/** True of the one holder, and not of a slow process behind a file that has left the line. */
async function isLast(front: string, holder: Holder): Promise<boolean> {
	return (await walk(front)).last?.token === holder.token;
}

/** A link appears at once and whole, and only where there is nothing yet: false if another was quicker. */
async function joinLine(draft: string, end: string, me: Holder): Promise<boolean> {
	await writeSynced(draft, JSON.stringify(me));
	try {
		await link(draft, end);
		return true;
	} catch (error) {
		// ENOENT: a new holder swept the draft away.
		if (errorCode(error) === 'EEXIST' || errorCode(error) === 'ENOENT') return false;
		throw error;
	}
}

/** `lock.` and a token, or a draft of one. */
const ours = /^lock\.((draft-)?[0-9a-f-]{36}|torn-.*)$/;

/** Only the holder does this, so every other file belongs to the dead and of those who lost. */
async function sweep(directory: string): Promise<void> {
	const left = (await readdir(directory)).filter((name) => ours.test(name));
	await Promise.all(left.map((name) => rm(join(directory, name), { force: true })));
}

async function release(front: string, me: Holder): Promise<void> {
	if (await isLast(front, me)) await rm(front, { force: true });
}

function parseHolder(text: string): Holder | undefined {
	try {
		const value = JSON.parse(text) as Partial<Holder> | null;
		const { pid, startedAt, role, token } = value ?? {};
		if (typeof pid !== 'number' || typeof startedAt !== 'string') return undefined;
		if ((role !== 'server' && role !== 'command') || typeof token !== 'string') return undefined;
		return { pid, startedAt, role, token };
	} catch {
		return undefined; // not JSON
	}
}

/** A file that a power cut left empty or torn belongs to a holder that is gone. */
function tornHolder(path: string): Holder {
	return { pid: 0, startedAt: 'never', role: 'command', token: `torn-${basename(path)}` };
}

async function writeSynced(path: string, text: string): Promise<void> {
	const file = await open(path, 'w', 0o644);
	try {
		await file.writeFile(text);
		await file.sync();
	} finally {
		await file.close();
	}
}
