// What a server needs of its database beyond an answer: that it can be written to, and the rights that the operator's
// guide grants (docs/operator.md). A standby, a full disk that was set read-only, grants forgotten after a migration.

import { getTableName, is } from 'drizzle-orm';
import { PgTable } from 'drizzle-orm/pg-core';
import type { Sql } from 'postgres';
import * as events from './schema/events.ts';
import * as keys from './schema/keys.ts';
import * as tables from './schema/tables.ts';
import * as visits from './schema/visits.ts';
import * as watch from './schema/watch.ts';

export type DatabaseFault =
	| { kind: 'read_only' }
	/** The tables that this user may not read and write. */
	| { kind: 'missing_grants'; tables: readonly string[] };

const ALL = Object.values({ ...tables, ...keys, ...events, ...visits, ...watch })
	.filter((value) => is(value, PgTable))
	.map(getTableName);
const ONLY_ADDED = getTableName(watch.auditEvents);

/** Throws when the database is down or has no schema. */
export async function findDatabaseFault(sql: Sql): Promise<DatabaseFault | undefined> {
	// Drizzle takes the driver's own way with arrays away, so names cross as one text.
	const [row] = await sql<{ read_only: boolean; lacking: string | null }[]>`
		select
			pg_is_in_recovery() or current_setting('transaction_read_only')::boolean as read_only,
			(
				select string_agg(name, ',') from unnest(string_to_array(${ALL.join()}, ',')) as name
				where not (
					has_table_privilege(name, 'select') and has_table_privilege(name, 'insert') and (
						has_table_privilege(name, 'update') and has_table_privilege(name, 'delete')
						or name = ${ONLY_ADDED}
					)
				)
			) as lacking`;
	if (row === undefined) throw new Error('PostgreSQL returned no row');
	if (row.read_only) return { kind: 'read_only' };
	return row.lacking === null
		? undefined
		: { kind: 'missing_grants', tables: row.lacking.split(',') };
}
