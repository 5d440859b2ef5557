// Deletes and changes many rows, a batch at a time: one statement for a million of them would be ended before it is done, and
// would begin anew at its next time, for ever.

import { sql, type SQL } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import type { Database } from './driver/driver.ts';

/** A fraction of a second, where a statement may take five. */
const BATCH = 5_000;

/** How many it was. Rows that another instance deletes at this moment are left to it. */
export function deleteInBatches(
	database: Database,
	table: PgTable,
	condition: SQL | undefined,
): Promise<number> {
	return inBatches(async (limit) => {
		const [row] = await database.execute<{ deleted: number }>(sql`
			with deleted as (
				delete from ${table} where ctid = any (array(
					select ctid from ${table} where ${condition} limit ${limit} for update skip locked
				)) returning 1
			) select count(*)::int as deleted from deleted`);
		return row?.deleted ?? 0;
	});
}

/** Goes on until a step does less than its limit. How many it was in all. */
export async function inBatches(step: (limit: number) => Promise<number>): Promise<number> {
	let all = 0;
	for (;;) {
		const done = await step(BATCH);
		all += done;
		if (done < BATCH) return all;
	}
}
