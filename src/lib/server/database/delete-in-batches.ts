// Deletes many rows, a batch at a time: one statement for a million of them would be ended before it is done, and would
// begin anew at its next time, for ever.

import { sql, type SQL } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import type { Database } from './driver/driver.ts';

/** A fraction of a second, where a statement may take five. */
const BATCH = 5_000;

/** Rows that another instance deletes at this moment are left to it. */
export async function deleteInBatches(
	database: Database,
	table: PgTable,
	condition: SQL | undefined,
): Promise<void> {
	for (;;) {
		const [row] = await database.execute<{ deleted: number }>(sql`
			with deleted as (
				delete from ${table} where ctid = any (array(
					select ctid from ${table} where ${condition} limit ${BATCH} for update skip locked
				)) returning 1
			) select count(*)::int as deleted from deleted`);
		if ((row?.deleted ?? 0) < BATCH) return;
	}
}
