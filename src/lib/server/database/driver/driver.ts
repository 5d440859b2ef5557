// postgres.js as the rest of the product may know it: a Drizzle database and hand-written SQL over one pool. What the driver
// must be made to do is in this folder, each with its issue upstream (porsager/postgres, all open in 3.4.9):
//
// - a connection lost inside `begin()` ends the process, and a later one may commit what it left (1133, 1208, 1216): no
//   store opens a transaction, as one statement does as well; database-down.test.ts cuts connections meanwhile
// - the look-up of array types on a new connection rejects where nobody listens (1192, 1205): `fetch_types` is off
// - rows are counted on past a statement that broke off (1119, 1181): fix-sparse-rows.ts
// - unsent bytes are kept over a reconnect, and nothing is sent any more (1209 describes it): replaceable-pool.ts
// - a parameter that is bytes is encoded once more when its statement is sent again: bytea.ts
// - a pool that was ended connects all the same where it had begun to: connections.ts
// - with several hosts that are all down it tries for ever, and it stays with one that became a standby: primary.ts

import { drizzle, type PostgresJsQueryResultHKT } from 'drizzle-orm/postgres-js';
import type { PgDatabase } from 'drizzle-orm/pg-core';
import postgres, { type Sql } from 'postgres';
import { createConnections, type HostSource } from './connections.ts';
import { parseDatabaseUrl } from './database-url.ts';
import { fixSparseRows } from './fix-sparse-rows.ts';
import { isWritable } from './open-client.ts';
import { createPrimarySource } from './primary.ts';
import { createReplaceablePool, type Pool } from './replaceable-pool.ts';

/** A pool. No store opens a transaction: see above. */
export type Database = PgDatabase<PostgresJsQueryResultHKT>;

export type Driver = { database: Database; sql: Sql; end(): Promise<void> };

export type PoolOptions = {
	/** Connections of this process. */
	size?: number;
	/** What is between this process and PostgreSQL: a pooler that shares connections by transaction keeps no session. */
	pooler?: 'none' | 'transaction';
	answerLimitMs?: number | undefined;
	/** A statement ended in an error; not where no answer came in time. */
	onRefused?: (error: unknown) => void;
};

/** Enough for one process: statements take about a millisecond. */
export const DEFAULT_POOL_SIZE = 10;
const CONNECT_TIMEOUT_SECONDS = 5;
/** No statement here takes long; one that does waits for a lock and had better fail. */
const STATEMENT_TIMEOUT_MS = 5_000;
/** The driver's own wait between tries to connect grows to 20 s and holds up the whole pool. */
const BACKOFF_SECONDS = 0.5;

export function openDriver(databaseUrl: string, options: PoolOptions = {}): Driver {
	const address = parseDatabaseUrl(databaseUrl) ?? { url: databaseUrl, hosts: [] };
	const hosts = createPrimarySource(address, isWritable);
	const pool = createReplaceablePool(() => openPool(address.url, hosts, options), {
		limitMs: options.answerLimitMs,
		onLost: hosts.forget,
		onRefused: options.onRefused,
	});
	const sql = fixSparseRows(pool);
	return { database: drizzle(sql), sql, end: () => pool.end() };
}

function openPool(
	url: string,
	hosts: HostSource,
	{ size = DEFAULT_POOL_SIZE, pooler = 'none' }: PoolOptions,
): Pool {
	const connections = createConnections(hosts);
	const session = { statement_timeout: STATEMENT_TIMEOUT_MS };
	const options = {
		max: size,
		connect_timeout: CONNECT_TIMEOUT_SECONDS,
		// A pooler refuses parameters of a session that it does not know.
		connection: { application_name: 'mailkey', ...(pooler === 'none' && session) },
		// A named statement is there on one connection alone, and the pooler chooses another for the next transaction.
		...(pooler === 'transaction' && { prepare: false }),
		onnotice: () => undefined,
		fetch_types: false,
		backoff: () => BACKOFF_SECONDS,
		socket: connections.open,
	};
	const sql = postgres(url, options);
	// Drizzle sets how a pool reads and writes values, once for each pool: one that replaces another needs it too.
	drizzle(sql);
	return { sql, close: connections.close };
}
