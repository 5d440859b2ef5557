// Brings the schema up to date. Instances that start together migrate once: a lock is taken when there is something to do,
// for one transaction, so that no pooler keeps it and nothing else waits for it.

import { readMigrationFiles } from 'drizzle-orm/migrator';
import { join } from 'node:path';
import type { Sql } from 'postgres';
import { PROJECT_FOLDER } from '../folders.ts';
import { withClient } from './driver/open-client.ts';

/** Any constant will do; this one is ours. */
const MIGRATION_LOCK = 4_812_577_301;

/** Another instance migrates, or somebody holds a table: longer than this nobody is kept waiting without a word. */
const LOCK_LIMIT_SECONDS = 60;

const MIGRATIONS = join(PROJECT_FOLDER, 'drizzle');

export type MigrationOptions = {
	/** Past a pooler, where there is one: asked only if something is missing. */
	directUrl?: string | undefined;
	lockLimitSeconds?: number;
};

/** How many migrations were missing and are there now. Throws with the code 55P03 when it waited too long. */
export async function migrateDatabase(
	url: string,
	{ directUrl = url, lockLimitSeconds = LOCK_LIMIT_SECONDS }: MigrationOptions = {},
): Promise<number> {
	const pending = await withClient(url, listPending);
	// What a migration prepares needs rights that the server's role may lack.
	if (pending.length === 0) return 0;
	return withClient(directUrl, (client) =>
		client.begin(async (transaction) => {
			await transaction.unsafe(`set local lock_timeout = '${lockLimitSeconds}s'`);
			await transaction`select pg_advisory_xact_lock(${MIGRATION_LOCK})`;
			return runPending(transaction);
		}),
	);
}

/** The major version of the server, and how many migrations are missing. Changes nothing. */
export async function inspectDatabase(
	url: string,
): Promise<{ version: number; pendingMigrations: number }> {
	return withClient(url, async (client) => {
		const [row] = await client<{ version: number }[]>`
			select current_setting('server_version_num')::int / 10000 as version`;
		return { version: row?.version ?? 0, pendingMigrations: (await listPending(client)).length };
	});
}

type Client = Pick<Sql, 'unsafe'>;

/** As drizzle-kit's own migrator does it, and in its table, but in the transaction that holds the lock. */
async function runPending(client: Client): Promise<number> {
	await client.unsafe('create schema if not exists drizzle');
	await client.unsafe(`create table if not exists drizzle.__drizzle_migrations (
		id serial primary key, hash text not null, created_at bigint)`);
	const pending = await listPending(client);
	for (const { sql, hash, folderMillis } of pending) {
		for (const statement of sql) await client.unsafe(statement);
		await client.unsafe(
			'insert into drizzle.__drizzle_migrations (hash, created_at) values ($1, $2)',
			[hash, folderMillis],
		);
	}
	return pending.length;
}

/** Those that are younger than the youngest that is there. */
async function listPending(client: Client) {
	const all = readMigrationFiles({ migrationsFolder: MIGRATIONS });
	const [table] = await client.unsafe<{ exists: boolean }[]>(
		`select to_regclass('drizzle.__drizzle_migrations') is not null as exists`,
	);
	if (table?.exists !== true) return all;
	const [last] = await client.unsafe<{ at: string | null }[]>(
		'select max(created_at) as at from drizzle.__drizzle_migrations',
	);
	return all.filter(({ folderMillis }) => folderMillis > Number(last?.at ?? 0));
}
