// DATABASE_URL with two hosts: the primary is found, found again when they change places, and nothing of the old one is kept.

import { createServer, type AddressInfo, type Socket } from 'node:net';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
	connectDatabase,
	type DatabaseConnection,
} from '../../src/lib/server/database/connection.ts';
import { isDatabaseDown } from '../../src/lib/server/database/is-database-down.ts';
import { migrateDatabase } from '../../src/lib/server/database/migrate.ts';
import { createTestDatabase } from '../support/database.ts';
import { startDatabaseProxy, type DatabaseProxy } from '../support/database-proxy.ts';
import { findFreePort } from '../support/free-port.ts';
import { startTestPostgres, type TestPostgres } from '../support/postgres.ts';

type Host = { url: string; sql: postgres.Sql; proxy: DatabaseProxy };

let other: TestPostgres;
let hosts: [Host, Host];
let url: string;

beforeAll(async () => {
	other = await startTestPostgres();
	const first = await createTestDatabase();
	const { username, password } = new URL(first);
	hosts = [await openHost(first, password), await openHost(await other.createDatabase(), password)];
	const at = hosts.map(({ proxy }) => new URL(proxy.url).host).join();
	url = `postgres://${username}:${password}@${at}/two_hosts`;
});
afterAll(async () => {
	for (const { sql, proxy } of hosts) {
		await sql.end({ timeout: 5 });
		await proxy.stop();
	}
	await other.stop();
});

/** Both have the same name and user; the password is made the same. */
async function openHost(databaseUrl: string, password: string): Promise<Host> {
	const sql = postgres(databaseUrl, { max: 1, onnotice: () => undefined });
	await sql.unsafe(`alter role current_user password '${password}'`);
	await sql.unsafe('create database two_hosts');
	const own = Object.assign(new URL(databaseUrl), { password });
	own.pathname = '/two_hosts';
	await migrateDatabase(own.href);
	return { url: own.href, sql, proxy: await startDatabaseProxy(own.href) };
}

/** As a failover leaves it: what is connected is cut, and what connects from now on finds it so. */
async function become({ sql }: Host, state: 'primary' | 'standby'): Promise<void> {
	const readOnly = state === 'standby' ? 'on' : 'off';
	await sql.unsafe(`alter database two_hosts set default_transaction_read_only = ${readOnly}`);
	// Not what cleans up there, which is PostgreSQL's own.
	await sql`select pg_terminate_backend(pid) from pg_stat_activity
		where datname = 'two_hosts' and backend_type = 'client backend'`;
}

const connectionsTo = async ({ sql }: Host) =>
	(
		await sql`select 1 from pg_stat_activity
			where datname = 'two_hosts' and backend_type = 'client backend'`
	).length;

/** Writes, and says to which host. */
async function write({ sql }: DatabaseConnection): Promise<number> {
	const [row] = await sql<{ port: number }[]>`
		with added as (
			insert into visitors (id, created_at) values (gen_random_uuid()::text, now()) returning id
		) select inet_server_port() as port from added`;
	return row?.port ?? 0;
}

const portOf = (host: Host) => Number(new URL(host.url).port);

describe('of two hosts', () => {
	test('the primary is written to, and the other one within seconds of their changing places', async () => {
		const [a, b] = hosts;
		await become(a, 'standby');
		const connection = connectDatabase(url);
		try {
			expect(await write(connection)).toBe(portOf(b));
			await Promise.all([become(b, 'standby'), become(a, 'primary')]);
			const written = () => write(connection).catch(() => 'not yet');
			await expect.poll(written, { timeout: 8_000, interval: 50 }).toBe(portOf(a));
			await expect.poll(() => connectionsTo(b), { timeout: 8_000 }).toBe(0);
		} finally {
			await connection.close();
		}
	});

	test('one that does not answer holds up nobody', async () => {
		const [a, b] = hosts;
		await Promise.all([become(b, 'primary'), become(a, 'primary')]);
		a.proxy.silence();
		const connection = connectDatabase(url);
		const before = performance.now();
		expect(await write(connection)).toBe(portOf(b));
		expect(performance.now() - before).toBeLessThan(3_000);
		a.proxy.restore();
		await connection.close();
	});

	test('that are both standbys for a while, one is written to again within seconds of its promotion', async () => {
		const [, b] = hosts;
		await Promise.all(hosts.map((host) => become(host, 'standby')));
		const connection = connectDatabase(url);
		try {
			const failed: unknown[] = [];
			while (failed.length < 60) {
				const asked = Array.from({ length: 12 }, () => write(connection));
				for (const outcome of await Promise.allSettled(asked)) {
					failed.push(outcome.status === 'rejected' ? outcome.reason : outcome.value);
				}
			}
			expect(failed.filter((reason) => !isDatabaseDown(reason))).toEqual([]);
			await become(b, 'primary');
			const written = () => write(connection).catch(() => 'not yet');
			await expect.poll(written, { timeout: 4_000, interval: 50 }).toBe(portOf(b));
			// Each connection of the pool, and none that waits in vain.
			const all = await Promise.all(Array.from({ length: 30 }, () => write(connection)));
			expect(new Set(all)).toEqual(new Set([portOf(b)]));
		} finally {
			await connection.close();
		}
	});

	test('all that are standbys, or none that answers, is told at once', async () => {
		await Promise.all(hosts.map((host) => become(host, 'standby')));
		await expect(migrateDatabase(url)).rejects.toMatchObject({ code: '25006' });
		const closed = `postgres://u@127.0.0.1:${await findFreePort()},127.0.0.1:${await findFreePort()}/x`;
		await expect(migrateDatabase(closed)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
		const connection = connectDatabase(closed);
		const failed: unknown = await write(connection).catch((error: unknown) => error);
		expect(isDatabaseDown(failed)).toBe(true);
		await connection.close();
	});
});

test('of pools that were replaced because nobody answered, no connection is left', async () => {
	const sockets = new Set<Socket>();
	const silent = createServer((socket) => {
		sockets.add(socket.on('error', () => undefined).on('close', () => sockets.delete(socket)));
		socket.resume();
	});
	await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
	const { port } = silent.address() as AddressInfo;
	const connection = connectDatabase(`postgres://u@127.0.0.1:${port}/x`, { answerLimitMs: 200 });
	for (let round = 0; round < 3; round += 1) {
		const asked = Array.from({ length: 20 }, () => connection.now());
		await Promise.allSettled(asked);
	}
	await connection.close();
	// Those replaced before are given five seconds. What would begin to connect again does so after half a second.
	await expect.poll(() => sockets.size, { timeout: 10_000, interval: 100 }).toBe(0);
	await new Promise((resolve) => setTimeout(resolve, 1_000));
	expect(sockets.size).toBe(0);
	silent.close();
});
