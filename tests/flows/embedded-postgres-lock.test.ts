// The start lock: one holder at a time, whoever dies, and no waiting for the dead.

import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { processStart } from '../../src/embedded-postgres/process.ts';
import { takeStartLock } from '../../src/embedded-postgres/start-lock.ts';

let root: string;

beforeEach(async () => {
	root = await mkdtemp(join(tmpdir(), 'mailkey-lock-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

test('who holds the lock is named to the next, and after the release nothing is left', async () => {
	const lock = await takeStartLock(root, 'server');
	const next = await takeStartLock(root, 'command');
	expect(next).toMatchObject({ kind: 'held', holder: { pid: process.pid, role: 'server' } });
	if (lock.kind === 'taken') await lock.release();
	expect(await readdir(root)).toEqual([]);
});

test.each([
	['a process that is gone', { pid: 2 ** 22 + 1, startedAt: 'once', role: 'server', token: 'a' }],
	['a number that another has by now', { pid: 1, startedAt: 'once', role: 'server', token: 'a' }],
	['a write that was cut short', '{"pid":12'],
	['an empty file', ''],
])('%s does not hold the lock', async (_, left) => {
	await writeFile(join(root, 'lock'), typeof left === 'string' ? left : JSON.stringify(left));
	expect(await takeStartLock(root, 'server')).toMatchObject({ kind: 'taken' });
	expect(await readdir(root)).toEqual(['lock']);
});

test('a successor that died before it could move to the front is succeeded in turn', async () => {
	const [first, second] = [randomUUID(), randomUUID()];
	const dead = { pid: 2 ** 22 + 1, startedAt: 'once', role: 'command' };
	await writeFile(join(root, 'lock'), JSON.stringify({ ...dead, token: first }));
	await writeFile(join(root, `lock.${first}`), JSON.stringify({ ...dead, token: second }));
	await writeFile(join(root, `lock.draft-${second}`), '');
	await writeFile(join(root, 'lock.txt'), 'of somebody else');
	expect(await takeStartLock(root, 'server')).toMatchObject({ kind: 'taken' });
	expect(await readdir(root)).toEqual(['lock', 'lock.txt']);
});

test('of processes that race for a stale lock exactly one gets it', async () => {
	const folders = await foldersWithStaleLocks(40);
	const racers = [startRacer(folders), startRacer(folders), startRacer(folders)];
	await Promise.all(racers.map((racer) => racer.lines(1)));
	for (const racer of racers) racer.begin(Date.now() + 50);
	const said = await Promise.all(racers.map((racer) => racer.lines(folders.length)));
	for (const [round, folder] of folders.entries()) {
		const inRound = said.map((lines) => lines[round]);
		const winner = racers[inRound.indexOf('taken')]?.pid;
		expect(inRound.sort()).toEqual([`held by ${winner}`, `held by ${winner}`, 'taken']);
		expect(await readFile(join(folder, 'lock'), 'utf8')).toContain(`"pid":${winner},`);
	}
	await Promise.all(racers.map((racer) => racer.end()));
});

async function foldersWithStaleLocks(count: number): Promise<string[]> {
	const stale = { pid: process.pid, startedAt: 'long ago', role: 'command', token: 'stale' };
	expect(await processStart(process.pid)).not.toBe(stale.startedAt);
	const folders = Array.from({ length: count }, (_, index) => join(root, `${index}`));
	for (const folder of folders) {
		await mkdir(folder);
		await writeFile(join(folder, 'lock'), JSON.stringify(stale));
	}
	return folders;
}

type Racer = {
	pid: number | undefined;
	begin(at: number): void;
	/** The next lines that it says. */
	lines(count: number): Promise<string[]>;
	end(): Promise<unknown>;
};

function startRacer(folders: string[]): Racer {
	const script = new URL('../support/start-lock-racer.ts', import.meta.url).pathname;
	const child = spawn(process.execPath, ['--import', 'tsx', script, ...folders], {
		stdio: ['pipe', 'pipe', 'inherit'],
	});
	const said = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
	return {
		pid: child.pid,
		begin: (at) => void child.stdin.write(`${at}\n`),
		async lines(count) {
			const lines: string[] = [];
			while (lines.length < count) lines.push(String((await said.next()).value));
			return lines;
		},
		end() {
			child.stdin.end();
			return once(child, 'exit');
		},
	};
}
