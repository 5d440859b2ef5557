// What remains when a part of the embedded PostgreSQL is killed, and that the next start is immediate all the same.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import postgres from 'postgres';
import { expect, test } from 'vitest';
import { processStart } from '../../src/embedded-postgres/process.ts';
import { familyOf, untilNoneRuns } from '../support/embedded-runs.ts';
import { embeddedTests } from '../support/embedded-tests.ts';
import { setImmediate } from 'node:timers/promises';
import { until } from '../support/until.ts';

const { directory, open, openHere } = embeddedTests();

test("a terminal's Ctrl-C leaves the database to the server, which stops it in its own time", async () => {
	const server = open('server', { text: 'by Ctrl-C' });
	await server.next('opened');
	const { all } = await familyOf(directory());
	server.killGroup('SIGINT');
	expect((await server.next('interrupted')).rows).toContain('by Ctrl-C');
	await server.ended;
	await untilNoneRuns(all);
	expect(await logged()).toContain('database system is shut down');
});

test.each([
	['a server that is killed takes its database with it, in order', 'SIGKILL'],
	['so does one whose terminal is closed', 'SIGHUP'],
] as const)('%s', async (_, signal) => {
	const before = (await logged()).length;
	const server = open('server');
	await server.next('opened');
	const { all } = await familyOf(directory());
	server.killGroup(signal);
	await untilNoneRuns(all);
	expect((await logged()).slice(before)).toMatch(
		/fast shutdown[^]*database system is shut down\n$/,
	);
});

test('a server that forgets to stop its database ends, and the database too', async () => {
	const server = open('server');
	await server.next('opened');
	const { all } = await familyOf(directory());
	server.endInput();
	await server.ended;
	await untilNoneRuns(all);
});

test('a killed command leaves the database to those who are connected, until they are done', async () => {
	const starter = open('command');
	const { url } = await starter.next('opened');
	const borrower = open('command', { text: 'by borrower' });
	expect(await borrower.next('opened')).toMatchObject({ url });
	const { all } = await familyOf(directory());
	starter.kill('SIGKILL');
	await starter.ended;
	borrower.say('query');
	expect((await borrower.next('queried')).rows).toContain('by borrower');
	await borrower.stop();
	await untilNoneRuns(all);
});

test('an orphaned database serves commands and is replaced by the next server', async () => {
	const server = open('server', { text: 'by orphan' });
	const { url } = await server.next('opened');
	const orphan = await killWithKeeper(server);
	const command = await openHere('command');
	expect(command.url).toBe(url);
	await command.stop();
	const next = open('server');
	const opened = await next.next('opened');
	expect(opened.url).not.toBe(url);
	expect(opened.rows).toContain('by orphan');
	await untilNoneRuns(orphan);
	await next.stop();
});

test('a database that is killed is reported, and starts again when its last query has ended', async () => {
	const server = await openHere('server');
	const sql = postgres(server.url, { max: 2, fetch_types: false });
	await sql`select 'connected'`;
	// It does not wait for anything, so its backend does not see that the database is gone.
	const query = sql.unsafe(`do $$ declare began timestamptz := clock_timestamp(); begin
		while clock_timestamp() < began + '2 seconds' loop end loop; end $$`);
	const busy = query.catch(() => 'cut off'); // or it ends first, and its answer still arrives
	await until(
		'the query runs',
		async () => (await sql`select from pg_stat_activity where query like 'do $$%'`).length,
	);
	const { postmaster, all } = await familyOf(directory());
	process.kill(postmaster, 'SIGKILL');
	expect(await server.died).toBe(
		`PostgreSQL ended without being asked to (signal SIGKILL); its log is ${join(directory(), 'postgres.log')}.`,
	);
	await server.stop();
	const next = await openHere('server');
	await busy;
	expect(await logged()).toContain('pre-existing shared memory block');
	await Promise.all([next.stop(), untilNoneRuns(all), sql.end({ timeout: 1 })]);
});

test('a stop in the middle of a recovery, which PostgreSQL 18 does not carry out, comes to an end', async () => {
	const server = await openHere('server');
	const { all, children } = await familyOf(directory());
	const before = (await logged()).length;
	process.kill(children[0] ?? 0, 'SIGKILL');
	// It may have gone on by the time it is seen: on a busy machine it is not waited for in vain.
	await until('a recovery', async () => (await logged()).slice(before).includes('reinitializing'));
	await server.stop();
	await untilNoneRuns(all);
});

test('a database that is stopped is not reported', async () => {
	const server = await openHere('server');
	await server.stop();
	expect(await Promise.race([server.died, setImmediate('nothing')])).toBe('nothing');
});

test('a file of a server that a power cut left empty does not hold up the next', async () => {
	await writeFile(join(directory(), 'postgres', 'postmaster.pid'), '');
	const server = await openHere('server');
	await server.stop();
});

test('a start does not mistake another process for the database of before a reboot', async () => {
	const stranger = spawn('sleep', ['60'], { detached: true });
	const pidFile = join(directory(), 'postgres', 'postmaster.pid');
	await writeFile(pidFile, `${stranger.pid}\n${directory()}/postgres\n1\n5432\n\n\n\nready\n`);
	const command = await openHere('command');
	await command.stop();
	const server = await openHere('server');
	await server.stop();
	expect(await processStart(stranger.pid ?? 0)).toBeDefined();
	stranger.kill();
	await once(stranger, 'exit');
});

/** Leaves PostgreSQL running without anybody who would stop it; returns its processes. */
async function killWithKeeper(server: ReturnType<typeof open>): Promise<number[]> {
	const { keeper, postmaster, all } = await familyOf(directory());
	process.kill(keeper, 'SIGKILL');
	await untilNoneRuns([keeper]);
	server.kill('SIGKILL');
	await server.ended;
	expect(await processStart(postmaster)).toBeDefined();
	return all;
}

function logged(): Promise<string> {
	return readFile(join(directory(), 'postgres.log'), 'utf8');
}
