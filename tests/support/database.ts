// A database for one test, on the PostgreSQL that the global set-up started.

import { inject } from 'vitest';
import { createDatabaseAt } from './postgres.ts';
import type {} from './global-postgres.ts';

/** The URL of a fresh, empty database of the caller's own. */
export function createTestDatabase(): Promise<string> {
	return createDatabaseAt(inject('postgresUrl'));
}

/** The same with all migrations. */
export function createMigratedDatabase(): Promise<string> {
	return createDatabaseAt(inject('postgresUrl'), inject('migratedTemplate'));
}
