// The embedded PostgreSQL as processes see it: who starts it, who borrows it, who stops it, and what remains when any of
// them is killed. Every opener here is a process of its own.

import { chmod, chown, mkdir, readFile, rename, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import postgres from 'postgres';
import { expect, test } from 'vitest';
import { familyOf, untilNoneRuns, type Opener } from '../support/embedded-runs.ts';
import { embeddedTests } from '../support/embedded-tests.ts';

const { path, directory, open, openHere } = embeddedTests();

test('a first start makes the data, and a second one finds them', async () => {
	const server = open('server', { directory: path('first'), text: 'from the first' });
	expect((await server.next('opened')).rows).toEqual(['from the first']);
	await server.stop();
	const again = open('server', { directory: path('first') });
	const opened = await again.next('opened');
	expect(opened.rows).toEqual(['from the first']);
	expect(
		await modesOf(path('first'), '.', 'postgres', 'postgres-password', 'postgres.log'),
	).toEqual([0o700, 0o700, 0o600, 0o600]);
	await again.stop();
});

test('a name of eight hundred letters is no obstacle', async () => {
	const deep = path(Array.from({ length: 8 }, () => 'x'.repeat(100)).join('/'));
	await mkdir(dirname(deep), { recursive: true });
	await rename(directory(), deep);
	const server = await openHere('server', deep);
	expect(await canQuery(server.url)).toBe(true);
	await server.stop();
	await rename(deep, directory());
});

test('a command borrows the server that runs, and leaves it running', async () => {
	const server = open('server');
	const { url } = await server.next('opened');
	const command = open('command', { text: 'by command' });
	expect(await command.next('opened')).toMatchObject({ url, rows: ['by command'] });
	await command.stop();
	expect(await canQuery(url)).toBe(true);
	await server.stop();
	await expect(canQuery(url)).rejects.toThrow('ECONNREFUSED');
});

test('a second server on the folder is refused and told of the first', async () => {
	const server = open('server');
	await server.next('opened');
	await expect(openHere('server')).rejects.toMatchObject({
		name: 'OperatorError',
		sentences: [
			`The data folder ${directory()} is in use by another server (process ${server.pid}): stop that one first, or set DATA_DIR to another folder.`,
		],
	});
	await server.stop();
});

test('of two commands at once one starts the server, and stops it when both are done', async () => {
	const commands = [open('command'), open('command')];
	const [one, other] = await Promise.all(commands.map((command) => command.next('opened')));
	expect(one?.url).toBe(other?.url);
	const { all } = await familyOf(directory());
	const [starter, borrower] = await starterFirst(commands);
	const stopping = starter.stop();
	await staysUp(one?.url);
	await borrower.stop();
	await stopping;
	await untilNoneRuns(all);
});

test('a command that comes while the last one stops the server starts its own', async () => {
	for (let round = 0; round < 3; round++) {
		const first = await openHere('command');
		const stopping = first.stop();
		const second = await openHere('command');
		expect(await canQuery(second.url)).toBe(true);
		await Promise.all([stopping, second.stop()]);
	}
});

test('a server waits for the command that holds the folder, then starts its own', async () => {
	const command = open('command', { text: 'by command' });
	const { url } = await command.next('opened');
	const server = openHere('server');
	await staysUp(url);
	await command.stop();
	expect((await server).url).not.toBe(url);
	await (await server).stop();
});

test.runIf(process.getuid?.() === 0)('an ordinary user needs no root', async () => {
	const theirs = path('theirs');
	await mkdir(theirs);
	await chown(theirs, 65534, 65534);
	await chmod(path('.'), 0o711);
	const server = open('server', { directory: theirs, uid: 65534 });
	await server.next('opened');
	expect((await stat(join(theirs, 'postgres'))).uid).toBe(65534);
	await server.stop();
});

async function starterFirst(commands: Opener[]): Promise<[Opener, Opener]> {
	const { pid } = parseLock(await readFile(join(directory(), 'lock'), 'utf8'));
	const [first, second] = commands;
	if (!first || !second) throw new Error('two commands are compared');
	return first.pid === pid ? [first, second] : [second, first];
}

function parseLock(text: string): { pid: number } {
	return JSON.parse(text) as { pid: number };
}

async function modesOf(folder: string, ...names: string[]): Promise<number[]> {
	const found = await Promise.all(names.map((name) => stat(join(folder, name))));
	return found.map(({ mode }) => mode & 0o777);
}

async function canQuery(url = ''): Promise<boolean> {
	const sql = postgres(url, { max: 1 });
	try {
		return (await sql`select 1 as one`).length === 1;
	} finally {
		await sql.end();
	}
}

/** Whoever would stop it now does so within a few of these. */
async function staysUp(url: string | undefined): Promise<void> {
	for (let count = 0; count < 20; count += 1) expect(await canQuery(url)).toBe(true);
}
