// Vitest's global set-up: one PostgreSQL for the whole run, whose address the tests get by inject('postgresUrl'), and on it a
// migrated database that is copied for each test: a copy takes a fraction of the migrations.

import type { TestProject } from 'vitest/node';
import { migrateDatabase } from '../../src/lib/server/database/migrate.ts';
import { startTestPostgres } from './postgres.ts';

declare module 'vitest' {
	interface ProvidedContext {
		postgresUrl: string;
		/** The name of a database that has all migrations, and nobody is connected to. */
		migratedTemplate: string;
	}
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
	const server = await startTestPostgres();
	project.provide('postgresUrl', server.url);
	const migrated = await server.createDatabase();
	await migrateDatabase(migrated);
	project.provide('migratedTemplate', new URL(migrated).pathname.slice(1));
	return () => server.stop();
}
