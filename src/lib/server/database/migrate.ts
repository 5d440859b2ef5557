// Brings the schema up to date. An advisory lock lets instances that start together migrate once.

import { drizzle } from 'drizzle-orm/postgres-js';
import { migrate } from 'drizzle-orm/postgres-js/migrator';
import { fileURLToPath } from 'node:url';
import postgres from 'postgres';

/** Any constant will do; this one is ours. */
const MIGRATION_LOCK = 4_812_577_301;

const MIGRATIONS = fileURLToPath(new URL('../../../../drizzle', import.meta.url));

export async function migrateDatabase(url: string): Promise<void> {
	const client = postgres(url, { max: 1, onnotice: () => undefined });
	try {
		await client`select pg_advisory_lock(${MIGRATION_LOCK})`;
		await migrate(drizzle(client), { migrationsFolder: MIGRATIONS });
	} finally {
		// The lock belongs to the connection and goes with it.
		await client.end({ timeout: 5 });
	}
}
