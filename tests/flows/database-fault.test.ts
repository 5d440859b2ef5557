// A database that answers, and that a server could not work with all the same.

import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { readiness } from '../../src/lib/server/app/readiness.ts';
import { connectDatabase } from '../../src/lib/server/database/connection.ts';
import {
	findDatabaseFault,
	hasRoomOnDisk,
} from '../../src/lib/server/database/find-database-fault.ts';
import {
	findLaggingSequences,
	setSequenceStatement,
} from '../../src/lib/server/database/lagging-sequences.ts';
import { migrateDatabase } from '../../src/lib/server/database/migrate.ts';
import { createMigratedDatabase, createTestDatabase } from '../support/database.ts';
import { wellOtherwise } from '../support/well-otherwise.ts';

let url: string;
let owner: postgres.Sql;
let role: string;

beforeAll(async () => {
	url = await createTestDatabase();
	await migrateDatabase(url);
	owner = postgres(url, { max: 1, onnotice: () => undefined });
	role = `clerk_${url.slice(-8)}`;
	await owner.unsafe(`
		create role ${role}; grant ${role} to current_user;
		grant select, insert, update, delete on all tables in schema public to ${role};
		revoke update, delete on audit_events from ${role}`);
});
afterAll(() => owner.end());

/** As another role, or with another setting of the session. */
async function findAs(connection: Record<string, string>) {
	const sql = postgres(url, { max: 1, connection });
	try {
		return await findDatabaseFault(sql);
	} finally {
		await sql.end();
	}
}

describe('it is found', () => {
	test('to be well with the rights that the operator’s guide grants', async () => {
		expect(await findAs({ role })).toBeUndefined();
	});

	test('to be read-only, as a standby is', async () => {
		const readOnly = { default_transaction_read_only: 'on' };
		expect(await findAs(readOnly)).toEqual({ kind: 'read_only' });
	});

	test.each(['select', 'insert', 'update', 'delete'])(
		'to lack a grant of %s, as after a migration',
		async (right) => {
			await owner.unsafe(`revoke ${right} on sign_ins from ${role}`);
			expect(await findAs({ role })).toEqual({ kind: 'missing_grants', tables: ['sign_ins'] });
			await owner.unsafe(`grant ${right} on sign_ins to ${role}`);
		},
	);

	test('to lack grants on every table that the migrations make', async () => {
		await owner.unsafe(`revoke select on all tables in schema public from ${role}`);
		const all = await owner<{ name: string }[]>`
			select tablename as name from pg_tables where schemaname = 'public'`;
		const fault = await findAs({ role });
		await owner.unsafe(`grant select on all tables in schema public to ${role}`);
		expect(fault?.kind === 'missing_grants' && [...fault.tables].sort()).toEqual(
			all.map(({ name }) => name).sort(),
		);
	});

	test('to lack USAGE on the schema, and a table that is there in another schema alone', async () => {
		const other = await createMigratedDatabase();
		const its = postgres(other, { max: 1, onnotice: () => undefined });
		onTestFinished(() => its.end());
		await its`create schema kept; alter table sites set schema kept`.simple();
		const fault = { kind: 'missing_tables', tables: ['sites'] };
		expect(await findDatabaseFault(its)).toEqual(fault);
		await its.unsafe(`set role ${role}`);
		expect(await findDatabaseFault(its)).toEqual(fault);
		await its.unsafe('reset role; revoke usage on schema public from public');
		await its.unsafe(`set role ${role}`);
		expect(await findDatabaseFault(its)).toEqual({ kind: 'missing_usage' });
	});

	test('to lack the grant to add audit events', async () => {
		await owner.unsafe(`revoke insert on audit_events from ${role}`);
		expect(await findAs({ role })).toMatchObject({ tables: ['audit_events'] });
		await owner.unsafe(`grant insert on audit_events to ${role}`);
	});
});

test.each([
	[{ kind: 'read_only' } as const, 'writable database'],
	[{ kind: 'disk_full' } as const, 'room on the disk of the database'],
	[{ kind: 'missing_usage' } as const, 'grants on tables of the database'],
	[{ kind: 'missing_tables', tables: ['sign_ins'] } as const, 'tables of the database'],
	[{ kind: 'missing_grants', tables: ['sign_ins'] } as const, 'grants on tables of the database'],
])('readiness says %j', async (fault, missing) => {
	const findDatabaseFault = () => Promise.resolve(fault);
	expect(await readiness({ ...wellOtherwise, findDatabaseFault }, 'serving')).toEqual({
		status: 'not_ready',
		missing,
	});
});

test('sequences that are behind the ids of their tables are found, and those that the user may not look at are passed over', async () => {
	const database = await createMigratedDatabase();
	const its = postgres(database, { max: 1, onnotice: () => undefined });
	onTestFinished(() => its.end());
	await its.unsafe(`grant select on all tables in schema public to ${role}`);
	expect(await findLaggingSequences(its)).toEqual([]);
	const addSite = (id: number) =>
		its`insert into sites (id, url, name, any_mailbox, created_at) overriding system value
			values (${id}, ${`https://${id}.example`}, '', false, now())`;
	await addSite(1);
	expect(await findLaggingSequences(its)).toEqual(['sites']);
	await its`insert into sites (url, name, any_mailbox, created_at) values ('https://x.example', '', false, now())`.catch(
		() => undefined,
	);
	expect(await findLaggingSequences(its)).toEqual([]);
	await addSite(7);
	await its`insert into notice_recipients (id, address) overriding system value values (1, 'a@b.example')`;
	expect((await findLaggingSequences(its)).sort()).toEqual(['notice_recipients', 'sites']);
	await its.unsafe(`set role ${role}`);
	expect(await findLaggingSequences(its)).toEqual([]);
	await its.unsafe('reset role');
	await its.unsafe(`grant usage on all sequences in schema public to ${role}; set role ${role}`);
	expect((await findLaggingSequences(its)).sort()).toEqual(['notice_recipients', 'sites']);
	await its.unsafe('reset role');
	for (const table of ['sites', 'notice_recipients']) await its.unsafe(setSequenceStatement(table));
	expect(await findLaggingSequences(its)).toEqual([]);
});

describe('a full disk', () => {
	const refusesAsFull = `language plpgsql as $$ begin
		raise exception 'could not extend file: No space left on device' using errcode = 'disk_full'; end $$`;

	test('is known by what was refused for it', async () => {
		await owner.unsafe(`
			create function refuse_row() returns trigger ${refusesAsFull};
			create trigger refuse_row before insert on sites for each row execute function refuse_row()`);
		const connection = connectDatabase(url);
		onTestFinished(() => connection.close());
		expect(await connection.findFault()).toBeUndefined();
		const insert = connection.sql`insert into sites (url, name) values ('https://x.example', 'x')`;
		await expect(insert).rejects.toMatchObject({ code: '53100' });
		expect(await connection.findFault()).toEqual({ kind: 'disk_full' });
	});

	/** PostgreSQL's own function is found second, by the search path that this gives. */
	async function fillDisk() {
		await owner.unsafe(`
			create schema full_disk; grant usage on schema full_disk to ${role};
			create function full_disk.sha512(bytea) returns bytea ${refusesAsFull}`);
		onTestFinished(() => owner`drop schema if exists full_disk cascade`.then(() => undefined));
		return 'full_disk, pg_catalog, public';
	}

	test('is found by what is written to look for it', async () => {
		const clerk = postgres(url, { max: 1, connection: { role } });
		onTestFinished(() => clerk.end());
		expect(await hasRoomOnDisk(clerk)).toBe(true);
		expect(await clerk`select to_regclass('mailkey_room') as kept`).toEqual([{ kept: null }]);
		await clerk.unsafe(`set search_path = ${await fillDisk()}`);
		expect(await hasRoomOnDisk(clerk)).toBe(false);
	});

	test('is full until there is room, also where nothing else is written', async () => {
		const path = new URL(url);
		path.searchParams.set('search_path', await fillDisk());
		const connection = connectDatabase(path.href);
		onTestFinished(() => connection.close());
		await connection.sql`select sha512('')`.catch(() => undefined);
		let passedMs = 0;
		const { now } = performance;
		onTestFinished(() => void vi.restoreAllMocks());
		vi.spyOn(performance, 'now').mockImplementation(() => now.call(performance) + passedMs);
		for (let looks = 0; looks < 3; looks += 1) {
			expect(await connection.findFault()).toEqual({ kind: 'disk_full' });
			passedMs += 300_000;
		}
		await owner`drop schema full_disk cascade`;
		expect(await connection.findFault()).toBeUndefined();
	});

	test('is not said of a user who may make no temporary tables', async () => {
		const [name] = await owner<{ name: string }[]>`select current_database() as name`;
		await owner.unsafe(`revoke temporary on database "${name!.name}" from public`);
		const clerk = postgres(url, { max: 1, connection: { role } });
		onTestFinished(() => clerk.end());
		expect(await hasRoomOnDisk(clerk)).toBe(true);
	});
});
