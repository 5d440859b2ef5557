// The audit trail in partitions of a month: what an earlier version left, what it goes on adding while it runs beside this one,
// who makes partitions and who drops them.

import { readMigrationFiles } from 'drizzle-orm/migrator';
import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAuditPartitionStore } from '../../src/lib/server/audit/audit-partition-store.ts';
import { connectDatabase } from '../../src/lib/server/database/connection.ts';
import { migrateDatabase } from '../../src/lib/server/database/migrate.ts';
import { createTestDatabase } from '../support/database.ts';

/** Of the first version that has partitions. */
const PARTITIONED = 'CREATE SCHEMA "audit_partitions"';

let url: string;
let owner: Sql;
let server: Sql;
let role: string;

beforeAll(async () => {
	url = await createTestDatabase();
	owner = postgres(url, { max: 1, onnotice: () => undefined });
	role = `server_${url.slice(-8)}`;
	await migrateToVersionBefore();
	await owner.unsafe(`create role ${role}; grant ${role} to current_user;
		grant select, insert, update, delete on all tables in schema public to ${role};
		revoke update, delete on audit_events from ${role}`);
	await owner`insert into audit_events (at, event, actor)
		select now() - age * interval '40 days', 'check', 'site' from generate_series(0, 9) as age`;
	await migrateDatabase(url);
	server = postgres(url, { max: 1, connection: { role }, onnotice: () => undefined });
});
afterAll(() => Promise.all([owner.end(), server.end()]));

async function migrateToVersionBefore(): Promise<void> {
	const all = readMigrationFiles({ migrationsFolder: 'drizzle' });
	const count = all.findIndex(({ sql }) => sql.some((one) => one.includes(PARTITIONED)));
	expect(count).toBeGreaterThan(0);
	await owner`create schema drizzle`;
	await owner`create table drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint)`;
	for (const { sql, hash, folderMillis } of all.slice(0, count)) {
		for (const statement of sql) await owner.unsafe(statement);
		await owner`insert into drizzle.__drizzle_migrations (hash, created_at) values (${hash}, ${folderMillis})`;
	}
}

/** As the version before has its driver write it. */
const AS_BEFORE = `insert into "audit_events" ("id", "at", "event", "actor", "actor_name", "client_address",
	"site_id", "sign_in_id", "stored_token_id", "mailbox", "detail")
	values (default, $1, $2, 'site', default, default, 7, default, 5, default, default) on conflict do nothing`;

const partitions = async () => {
	const rows = await owner<{ name: string }[]>`
		select relname as name from pg_inherits join pg_class on pg_class.oid = inhrelid
		where inhparent = 'audit_events'::regclass order by right(relname, 7)`;
	return rows.map(({ name }) => name);
};

/** The first of a month, so many from this one. */
const monthAt = (ahead: number) => {
	const now = new Date();
	return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + ahead, 1));
};
const nameOf = (ahead: number) => monthAt(ahead).toISOString().slice(0, 7).replace('-', '_');

const drop = async (as: 'owner' | 'server', before: Date) => {
	const connection = connectDatabase(as === 'owner' ? url : `${url}?role=${role}`);
	try {
		return await createAuditPartitionStore(connection.database).drop(before);
	} finally {
		await connection.close();
	}
};

describe('a trail of the version before', () => {
	test('is the first partition, as it is, and three months are ready', async () => {
		const [first] = await partitions();
		expect(first).toBe(`events_before_${nameOf(1)}`);
		expect((await partitions()).slice(1)).toEqual([
			...[1, 2, 3].map((ahead) => `events_${nameOf(ahead)}`),
			'events_other',
		]);
		const [trail] = await owner`select count(*)::int as n, max(id)::int as last from audit_events`;
		expect(trail).toEqual({ n: 10, last: 10 });
	});

	test('is added to by that version on and on, each resolve of an hour once', async () => {
		for (const month of [0, 2]) {
			const at = new Date(monthAt(month).getTime() + 60_000);
			for (const event of ['resolve', 'resolve', 'check', 'check']) {
				await server.unsafe(AS_BEFORE, [at, event]);
			}
		}
		const rows = await server<{ event: string }[]>`
			select event from audit_events where site_id = 7 order by id`;
		expect(rows.map(({ event }) => event)).toEqual(
			Array.from({ length: 2 }, () => ['resolve', 'check', 'check']).flat(),
		);
		const [ids] =
			await server`select count(distinct id)::int as n, max(id) > 10 as on from audit_events`;
		expect(ids).toMatchObject({ n: 16, on: true });
	});
});

test('months that are missing are made by the server’s own user', async () => {
	await owner.unsafe(`drop table audit_partitions.events_${nameOf(3)}`);
	await server`select add_audit_partitions()`;
	await server`select add_audit_partitions()`;
	expect(await partitions()).toContain(`events_${nameOf(3)}`);
});

test('what no month is there for is kept all the same', async () => {
	await server.unsafe(AS_BEFORE, [monthAt(9), 'check']);
	expect(await owner`select 1 from audit_partitions.events_other`).toHaveLength(1);
});

test('no partition takes a change, not even of the owner; the server does not reach them', async () => {
	for (const name of await partitions()) {
		const table = `audit_partitions.${name}`;
		for (const change of [
			`update ${table} set detail = ''`,
			`delete from ${table}`,
			`truncate ${table}`,
		]) {
			await expect(owner.unsafe(change), change).rejects.toMatchObject({ code: '42501' });
		}
		await expect(
			server.unsafe(`insert into ${table} select * from audit_events limit 1`),
		).rejects.toMatchObject({
			code: '42501',
		});
	}
});

describe('months that are over', () => {
	test('are not dropped by the server’s own user', async () => {
		const before = await partitions();
		expect(await drop('server', monthAt(10))).toBe('not_the_owner');
		await expect(server`select drop_audit_partitions(${monthAt(10)})`).rejects.toMatchObject({
			code: '42501',
		});
		expect(await partitions()).toEqual(before);
	});

	test('are dropped whole by the owner, and no month that is not', async () => {
		expect(await drop('owner', new Date(monthAt(1).getTime() - 1))).toEqual([]);
		expect(await drop('owner', monthAt(2))).toEqual([
			`events_before_${nameOf(1)}`,
			`events_${nameOf(1)}`,
		]);
		expect(await owner`select distinct event from audit_events where at < ${monthAt(2)}`).toEqual(
			[],
		);
		expect(await drop('owner', monthAt(10))).toEqual([
			...[2, 3].map((ahead) => `events_${nameOf(ahead)}`),
			'events_other',
		]);
		expect(await owner`select 1 from audit_events`).toHaveLength(0);
		// From then on this month has one of its own.
		await server`select add_audit_partitions()`;
		expect(await partitions()).toContain(`events_${nameOf(0)}`);
	});
});
