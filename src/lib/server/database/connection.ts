// The connection to PostgreSQL, and how the loss of it is told from a fault in a statement.

import { drizzle } from 'drizzle-orm/postgres-js';
import type { PgDatabase } from 'drizzle-orm/pg-core';
import type { PostgresJsQueryResultHKT } from 'drizzle-orm/postgres-js';
import postgres, { type Sql } from 'postgres';
import { createReplaceablePool } from './driver/replaceable-pool.ts';
import { fixSparseRows } from './driver/fix-sparse-rows.ts';

/**
 * A pool. No store opens a transaction: postgres.js ends the process when it loses the connection of one, and
 * one statement does as well.
 */
export type Database = PgDatabase<PostgresJsQueryResultHKT>;

export type DatabaseConnection = {
	database: Database;
	/** For the statement of a resolve, which is written by hand. */
	sql: Sql;
	/** One round trip; throws when the database is away or has no schema. */
	ping(): Promise<void>;
	/** The database's clock, which all instances share. */
	now(): Promise<Date>;
	close(): Promise<void>;
};

/** Enough for one process: statements take about a millisecond. */
const POOL_SIZE = 10;
const CONNECT_TIMEOUT_SECONDS = 5;
/** No statement here takes long; one that does waits for a lock and had better fail. */
const STATEMENT_TIMEOUT_MS = 5_000;

export function connectDatabase(
	url: string,
	options: { answerLimitMs?: number } = {},
): DatabaseConnection {
	const pool = createReplaceablePool(() => openPool(url), { limitMs: options.answerLimitMs });
	const client = fixSparseRows(pool);
	const database = drizzle(client);
	return {
		database,
		sql: client,
		now: async () => {
			// Drizzle takes the client's own reading of timestamps away, so they cross as numbers.
			const [row] = await client<{ ms: number }[]>`
				select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms`;
			if (row === undefined) throw new Error('PostgreSQL returned no time');
			return new Date(row.ms);
		},
		ping: async () => {
			await client`select 1 from stored_tokens limit 1`;
		},
		close: () => pool.end(),
	};
}

function openPool(url: string): Sql {
	const driver = postgres(url, {
		max: POOL_SIZE,
		connect_timeout: CONNECT_TIMEOUT_SECONDS,
		connection: { application_name: 'mailkey', statement_timeout: STATEMENT_TIMEOUT_MS },
		onnotice: () => undefined,
		// A connection lost while it asks for types would end the process; Drizzle reads arrays by itself.
		fetch_types: false,
		// Seconds between tries to connect: the driver's own wait grows to 20 and holds up the whole pool.
		backoff: () => 0.5,
	});
	// Drizzle sets how the client reads and writes values, once for each client.
	drizzle(driver);
	return driver;
}

/** Connection lost or refused, server starting, stopping or read-only: it may work again in a moment. */
export function isDatabaseDown(error: unknown): boolean {
	if (!(error instanceof Error)) return false;
	const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
	if (AWAY_CODES.has(code) || /^(08|53|57P)/.test(code)) return true;
	return error.cause !== undefined && isDatabaseDown(error.cause);
}

/** Of postgres.js, of Node's sockets, and PostgreSQL's: read-only, serialization failure, deadlock. */
const AWAY_CODES = new Set([
	'CONNECTION_CLOSED',
	'CONNECTION_DESTROYED',
	'CONNECTION_ENDED',
	'CONNECT_TIMEOUT',
	'DATABASE_SILENT',
	'ECONNREFUSED',
	'ECONNRESET',
	'EPIPE',
	'ENOTFOUND',
	'EAI_AGAIN',
	'ETIMEDOUT',
	'EHOSTUNREACH',
	'ENETUNREACH',
	'25006',
	'40001',
	'40P01',
	// A row that somebody else has locked for longer than a statement may take.
	'55P03',
	'57014',
]);
