// The connection to PostgreSQL: what stores run their statements on, and what the app asks of the database itself.

import type { Sql } from 'postgres';
import { findDatabaseFault, isDiskFull, type DatabaseFault } from './find-database-fault.ts';
import { openDriver, type Database, type PoolOptions } from './driver/driver.ts';

export type DatabaseConnection = {
	database: Database;
	/** For the statement of a resolve, which is written by hand. */
	sql: Sql;
	/**
	 * One round trip; undefined when all is well. A full disk is known by a statement of the last minute that was refused for
	 * it. Throws when the database is down or has no schema.
	 */
	findFault(): Promise<DatabaseFault | undefined>;
	/** The database's clock, which all instances share. */
	now(): Promise<Date>;
	close(): Promise<void>;
};

/** Where nothing is written meanwhile, nothing is known. */
const DISK_FULL_MS = 60_000;

export function connectDatabase(url: string, options: PoolOptions = {}): DatabaseConnection {
	let diskFullAt = -Infinity;
	const { database, sql, end } = openDriver(url, {
		...options,
		onRefused: (error) => {
			if (isDiskFull(error)) diskFullAt = performance.now();
		},
	});
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
		findFault: async () => {
			const fault = await findDatabaseFault(sql);
			if (fault || performance.now() - diskFullAt > DISK_FULL_MS) return fault;
			return { kind: 'disk_full' };
		},
		close: end,
	};
}
