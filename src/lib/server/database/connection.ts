// The connection to PostgreSQL: what stores run their statements on, and what the app asks of the database itself.

import type { Sql } from 'postgres';
import {
	findDatabaseFault,
	hasRoomOnDisk,
	isDiskFull,
	type DatabaseFault,
} from './find-database-fault.ts';
import { openDriver, type Database, type PoolOptions } from './driver/driver.ts';

export type DatabaseConnection = {
	database: Database;
	/** For the statement of a resolve, which is written by hand. */
	sql: Sql;
	/**
	 * One round trip; undefined when all is well. A disk counts as full from a statement that was refused for it until there is
	 * room again, and for ten seconds where this user may not look for room. Throws when the database is down.
	 */
	findFault(): Promise<DatabaseFault | undefined>;
	/** The database's clock, which all instances share. */
	now(): Promise<Date>;
	close(): Promise<void>;
};

/** Between two looks for room: each writes a megabyte, and anybody may ask for the readiness that looks. */
const ROOM_INTERVAL_MS = 10_000;

export function connectDatabase(url: string, options: PoolOptions = {}): DatabaseConnection {
	let diskFullAt: number | undefined;
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
			if (fault || diskFullAt === undefined) return fault;
			const refusedAt = diskFullAt;
			const isDue = performance.now() - refusedAt >= ROOM_INTERVAL_MS;
			// That it finds none is a refusal as any other, which sets `diskFullAt` again.
			if (isDue && (await hasRoomOnDisk(sql)) && diskFullAt === refusedAt) diskFullAt = undefined;
			return diskFullAt === undefined ? undefined : { kind: 'disk_full' };
		},
		close: end,
	};
}
