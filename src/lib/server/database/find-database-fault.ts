// What a server needs of its database beyond an answer: that it can be written to, and the rights that the operator's
// guide grants (docs/operator.md). A standby, a full disk that was set read-only, grants forgotten after a migration.

import { getTableName, is } from 'drizzle-orm';
import { PgTable } from 'drizzle-orm/pg-core';
import type { Sql } from 'postgres';
import { hasCode } from './has-code.ts';
import * as events from './schema/events.ts';
import * as keys from './schema/keys.ts';
import * as tables from './schema/tables.ts';
import * as visits from './schema/visits.ts';
import * as watch from './schema/watch.ts';

export type DatabaseFault =
	| { kind: 'read_only' }
	| { kind: 'disk_full' }
	/** The tables that this user may not read and write. */
	| { kind: 'missing_grants'; tables: readonly string[] };

const ALL = Object.values({ ...tables, ...keys, ...events, ...visits, ...watch })
	.filter((value) => is(value, PgTable))
	.map(getTableName);
const ONLY_ADDED = getTableName(watch.auditEvents);

/** What to do where they are missing. */
export const GRANTS =
	'As docs/operator.md has it, grant it USAGE on the schemas public and drizzle, SELECT on all tables of both, INSERT, UPDATE and DELETE on all tables of public (on audit_events INSERT alone), and USAGE on all sequences of public.';

/** Throws when the database is down or has no schema. */
export async function findDatabaseFault(sql: Sql): Promise<DatabaseFault | undefined> {
	// Drizzle takes the driver's own way with arrays away, so names cross as one text.
	const [row] = await sql<{ read_only: boolean; lacking: string | null }[]>`
		select
			pg_is_in_recovery() or current_setting('transaction_read_only')::boolean as read_only,
			(
				select string_agg(name, ',') from unnest(string_to_array(${ALL.join()}, ',')) as name
				where not case
					when to_regclass(name) is not null then has_table_privilege(name, 'select')
						and has_table_privilege(name, 'insert') and (
							has_table_privilege(name, 'update') and has_table_privilege(name, 'delete')
							or name = ${ONLY_ADDED}
						)
					-- Without USAGE on the schema the table is there, and its name leads to none.
					when exists (select from pg_class where relname = name) then false
					else has_table_privilege(name, 'select')
				end
			) as lacking`;
	if (row === undefined) throw new Error('PostgreSQL returned no row');
	if (row.read_only) return { kind: 'read_only' };
	return row.lacking === null
		? undefined
		: { kind: 'missing_grants', tables: row.lacking.split(',') };
}

const DISK_FULL = '53100';
const LACK_OF_RIGHTS = '42501';

export function isDiskFull(error: unknown): boolean {
	return hasCode(error, DISK_FULL);
}

/** Writes a megabyte, and keeps nothing of it: reading goes on where the disk is full. */
export async function hasRoomOnDisk(sql: Sql): Promise<boolean> {
	try {
		await sql`
			create temporary table mailkey_room on commit drop
			as select sha512(number::text::bytea) from generate_series(1, 16384) as number`;
	} catch (error) {
		if (isDiskFull(error)) return false;
		// This user may make no temporary tables.
		if (!hasCode(error, LACK_OF_RIGHTS)) throw error;
	}
	return true;
}
