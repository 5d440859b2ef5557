// What a server needs of its database beyond an answer: that it can be written to, and the rights that the operator's
// guide grants (docs/operator.md). A standby, a full disk that was set read-only, grants forgotten after a migration.

import { getTableName } from 'drizzle-orm';
import type { Sql } from 'postgres';
import { ALL_TABLES } from './all-tables.ts';
import { DISK_FULL, hasCode, INSUFFICIENT_PRIVILEGE } from './error-codes.ts';
import { auditEvents } from './schema/watch.ts';

export type DatabaseFault =
	| { kind: 'read_only' }
	| { kind: 'disk_full' }
	/** Without USAGE on the schema no name leads to a table. */
	| { kind: 'missing_usage' }
	/** As after a restore that left them out. */
	| { kind: 'missing_tables'; tables: readonly string[] }
	/** The tables that this user may not read and write. */
	| { kind: 'missing_grants'; tables: readonly string[] };

const NAMES = ALL_TABLES.map(getTableName).join();
const APPEND_ONLY_TABLE = getTableName(auditEvents);

/** Throws when the database is down. */
export async function findDatabaseFault(sql: Sql): Promise<DatabaseFault | undefined> {
	// Drizzle takes the driver's own way with arrays away, so names cross as one text.
	const [row] = await sql<Found[]>`
		select
			pg_is_in_recovery() or current_setting('transaction_read_only')::boolean as read_only,
			-- Without it no name leads to a table, and all would be missing.
			has_schema_privilege('public', 'usage') as has_usage,
			string_agg(name, ',') filter (where id is null) as missing,
			-- Of a table that is missing all this is null.
			string_agg(name, ',') filter (where not (
				has_table_privilege(id, 'select') and has_table_privilege(id, 'insert') and (
					has_table_privilege(id, 'update') and has_table_privilege(id, 'delete')
					or name = ${APPEND_ONLY_TABLE}
				)
			)) as ungranted
		from (
			select name, to_regclass(name)::oid as id from unnest(string_to_array(${NAMES}, ',')) as name
		) as tables`;
	if (row === undefined) throw new Error('PostgreSQL returned no row');
	if (row.read_only) return { kind: 'read_only' };
	if (!row.has_usage) return { kind: 'missing_usage' };
	if (row.missing !== null) return { kind: 'missing_tables', tables: row.missing.split(',') };
	return row.ungranted === null
		? undefined
		: { kind: 'missing_grants', tables: row.ungranted.split(',') };
}

type Found = {
	read_only: boolean;
	has_usage: boolean;
	missing: string | null;
	ungranted: string | null;
};

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
		// Without the right to make temporary tables nothing can be tried: there is room, as far as this user knows.
		if (!hasCode(error, INSUFFICIENT_PRIVILEGE)) throw error;
	}
	return true;
}
