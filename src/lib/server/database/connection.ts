// The connection to PostgreSQL: what stores run their statements on, and what the app asks of the database itself.

import type { Sql } from 'postgres';
import { findDatabaseFault, type DatabaseFault } from './find-database-fault.ts';
import { openDriver, type Database, type PoolOptions } from './driver/driver.ts';

export type DatabaseConnection = {
	database: Database;
	/** For the statement of a resolve, which is written by hand. */
	sql: Sql;
	/** One round trip; undefined when all is well. Throws when the database is down or has no schema. */
	findFault(): Promise<DatabaseFault | undefined>;
	/** The database's clock, which all instances share. */
	now(): Promise<Date>;
	close(): Promise<void>;
};

export function connectDatabase(url: string, options: PoolOptions = {}): DatabaseConnection {
	const { database, sql, end } = openDriver(url, options);
	return {
		database,
		sql,
		now: async () => {
			// Drizzle takes the driver's own reading of timestamps away, so they cross as numbers.
			const [row] = await sql<{ ms: number }[]>`
				select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms`;
			if (row === undefined) throw new Error('PostgreSQL returned no time');
			return new Date(row.ms);
		},
		findFault: () => findDatabaseFault(sql),
		close: end,
	};
}
