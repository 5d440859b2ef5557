// Brings the schema up to date, each migration in a transaction of its own: what it locks is free again at its end, and one that
// fails leaves those before it. Instances that start together run each migration once, under a lock that ends with its
// transaction, so that no pooler keeps it. Nobody takes it where nothing is missing.

import { readMigrationFiles } from 'drizzle-orm/migrator';
import { join } from 'node:path';
import type { Sql } from 'postgres';
import { PROJECT_FOLDER } from '../folders.ts';
import { requireSameDatabase } from './direct-url.ts';
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

/** The grants of this user were forgotten: nobody knows whether anything is missing. */
export class MigrationsUnreadable extends Error {
	override readonly message =
		'This database user lacks rights on the schema: it may not read which migrations have run.';
}

/**
 * How many migrations were missing and are there now, by this caller. Throws with the code 55P03 when one waited too long for a
 * lock, and `OperatorError` where `directUrl` leads elsewhere.
 */
export async function migrateDatabase(
	url: string,
	{ directUrl = url, lockLimitSeconds = LOCK_LIMIT_SECONDS }: MigrationOptions = {},
): Promise<number> {
	const pending = await withClient(url, listPending);
	// What a migration prepares needs rights that the server's role may lack.
	if (pending.length === 0) return 0;
	await requireSameDatabase(url, directUrl);
	return withClient(directUrl, async (client) => {
		for (let applied = 0; ; applied += 1) {
			const outcome = await client.begin((transaction) => runNext(transaction, lockLimitSeconds));
			if (outcome === 'up_to_date') return applied;
		}
	});
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

/** As drizzle-kit's own migrator does it, and in its table, but one at a time and under the lock. */
async function runNext(
	client: Client,
	lockLimitSeconds: number,
): Promise<'applied' | 'up_to_date'> {
	await client.unsafe(`set local lock_timeout = '${lockLimitSeconds}s'`);
	await client.unsafe(`select pg_advisory_xact_lock(${MIGRATION_LOCK})`);
	await client.unsafe('create schema if not exists drizzle');
	await client.unsafe(`create table if not exists drizzle.__drizzle_migrations (
		id serial primary key, hash text not null, created_at bigint)`);
	const [next] = await listPending(client);
	if (next === undefined) return 'up_to_date';
	for (const statement of next.sql) await client.unsafe(statement);
	await client.unsafe(
		'insert into drizzle.__drizzle_migrations (hash, created_at) values ($1, $2)',
		[next.hash, next.folderMillis],
	);
	return 'applied';
}

/** Those that are younger than the youngest that is there, the oldest first. */
async function listPending(client: Client) {
	const all = readMigrationFiles({ migrationsFolder: MIGRATIONS });
	// The catalogue is readable to all; without USAGE on the schema its tables have no name.
	const [table] = await client.unsafe<{ readable: boolean }[]>(`
		select has_schema_privilege(relnamespace, 'usage') and has_table_privilege(oid, 'select') as readable
		from pg_class where relname = '__drizzle_migrations' and relnamespace = to_regnamespace('drizzle')`);
	if (table === undefined) return all;
	if (!table.readable) throw new MigrationsUnreadable();
	const [last] = await client.unsafe<{ at: string | null }[]>(
		'select max(created_at) as at from drizzle.__drizzle_migrations',
	);
	return all.filter(({ folderMillis }) => folderMillis > Number(last?.at ?? 0));
}
