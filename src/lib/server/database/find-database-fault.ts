// What a server needs of its database beyond an answer: that it can be written to, and the rights that the operator's
// guide grants (docs/operator.md). A standby, a full disk that was set read-only, grants forgotten after a migration.

import { getTableName } from 'drizzle-orm';
import type { Sql } from 'postgres';
import { ALL_TABLES } from './all-tables.ts';
import { hasCode } from './has-code.ts';
import { auditEvents } from './schema/watch.ts';

export type DatabaseFault =
	| { kind: 'read_only' }
	| { kind: 'disk_full' }
	/** This user may not look into the schema: no table of it has a name. */
	| { kind: 'missing_usage' }
	/** As after a restore that left them out. */
	| { kind: 'missing_tables'; tables: readonly string[] }
	/** The tables that this user may not read and write. */
	| { kind: 'missing_grants'; tables: readonly string[] };

const NAMES = ALL_TABLES.map(getTableName).join();
const ONLY_ADDED = getTableName(auditEvents);

/** Throws when the database is down. */
export async function findDatabaseFault(sql: Sql): Promise<DatabaseFault | undefined> {
	// Drizzle takes the driver's own way with arrays away, so names cross as one text.
	const [row] = await sql<Found[]>`
		select
			pg_is_in_recovery() or current_setting('transaction_read_only')::boolean as read_only,
			-- Without it no name leads to a table, and all would be missing.
			has_schema_privilege('public', 'usage') as usable,
			string_agg(name, ',') filter (where to_regclass(name) is null) as missing,
			string_agg(name, ',') filter (where case when to_regclass(name) is not null then not (
				has_table_privilege(name, 'select') and has_table_privilege(name, 'insert') and (
					has_table_privilege(name, 'update') and has_table_privilege(name, 'delete')
					or name = ${ONLY_ADDED}
				)
			) end) as lacking
		from unnest(string_to_array(${NAMES}, ',')) as name`;
	if (row === undefined) throw new Error('PostgreSQL returned no row');
	if (row.read_only) return { kind: 'read_only' };
	if (!row.usable) return { kind: 'missing_usage' };
	if (row.missing !== null) return { kind: 'missing_tables', tables: row.missing.split(',') };
	return row.lacking === null
		? undefined
		: { kind: 'missing_grants', tables: row.lacking.split(',') };
}

type Found = {
	read_only: boolean;
	usable: boolean;
	missing: string | null;
	lacking: string | null;
};

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
