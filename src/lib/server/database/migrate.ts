// Brings the schema up to date. An advisory lock lets instances that start together migrate once.

import { readMigrationFiles } from 'drizzle-orm/migrator';
import { drizzle } from 'drizzle-orm/postgres-js';
import { migrate } from 'drizzle-orm/postgres-js/migrator';
import { join } from 'node:path';
import postgres, { type Sql } from 'postgres';
import { PROJECT_FOLDER } from '../folders.ts';

/** Any constant will do; this one is ours. */
const MIGRATION_LOCK = 4_812_577_301;

const MIGRATIONS = join(PROJECT_FOLDER, 'drizzle');

const CONNECT_TIMEOUT_SECONDS = 10;

/** How many migrations were missing and are there now. */
export async function migrateDatabase(url: string): Promise<number> {
	return withClient(url, async (client) => {
		// The lock belongs to the connection and goes with it.
		await client`select pg_advisory_lock(${MIGRATION_LOCK})`;
		const pending = await countPending(client);
		// The migrator's own preparations need rights that the server's role may lack.
		if (pending > 0) await migrate(drizzle(client), { migrationsFolder: MIGRATIONS });
		return pending;
	});
}

/** The major version of the server, and how many migrations are missing. Changes nothing. */
export async function inspectDatabase(
	url: string,
): Promise<{ version: number; pendingMigrations: number }> {
	return withClient(url, async (client) => {
		const [row] = await client<{ version: number }[]>`
			select current_setting('server_version_num')::int / 10000 as version`;
		return { version: row?.version ?? 0, pendingMigrations: await countPending(client) };
	});
}

/** As the migrator itself counts: those that are younger than the youngest that is there. */
async function countPending(client: Sql): Promise<number> {
	const all = readMigrationFiles({ migrationsFolder: MIGRATIONS });
	const [table] = await client<{ exists: boolean }[]>`
		select to_regclass('drizzle.__drizzle_migrations') is not null as exists`;
	if (table?.exists !== true) return all.length;
	const [last] = await client<{ at: string | null }[]>`
		select max(created_at) as at from drizzle.__drizzle_migrations`;
	return all.filter(({ folderMillis }) => folderMillis > Number(last?.at ?? 0)).length;
}

async function withClient<Result>(
	url: string,
	work: (client: Sql) => Promise<Result>,
): Promise<Result> {
	const client = postgres(url, {
		max: 1,
		connect_timeout: CONNECT_TIMEOUT_SECONDS,
		onnotice: () => undefined,
	});
	try {
		return await work(client);
	} finally {
		await client.end({ timeout: 5 });
	}
}
