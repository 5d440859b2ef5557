// A database that keeps what it is asked and has no rows: for what a statement says, where no PostgreSQL is needed.

import { drizzle } from 'drizzle-orm/postgres-js';
import type { Sql } from 'postgres';
import type { Database } from '../../src/lib/server/database/driver/driver.ts';

export function recordStatements(): { database: Database; statements: string[] } {
	const statements: string[] = [];
	const client = {
		options: { parsers: {}, serializers: {} },
		unsafe(statement: string) {
			statements.push(statement);
			return Object.assign(Promise.resolve([]), { values: () => Promise.resolve([]) });
		},
	};
	return { database: drizzle(client as unknown as Sql), statements };
}
