// How often something was done lately, counted for all instances. One statement each, and a refusal writes
// nothing.

import { eq, lt, sql } from 'drizzle-orm';
import { deleteInBatches } from '../database/in-batches.ts';
import type { Database } from '../database/driver/driver.ts';
import { requestCounts } from '../database/schema/watch.ts';

export type RequestCountStore = {
	/**
	 * Counts one more under `key` in a window that begins with its first. When there were `max` already: until
	 * when the window lasts.
	 */
	count(
		key: string,
		limit: { max: number; windowMs: number; now: Date },
	): Promise<{ fullUntil: Date } | 'counted'>;
	/** Takes back one that was counted. */
	release(key: string): Promise<void>;
	prune(before: Date): Promise<void>;
};

export function createRequestCountStore(database: Database): RequestCountStore {
	return {
		async count(key, { max, windowMs, now }) {
			const at = sql`${now.toISOString()}::timestamptz`;
			const ends = sql`${new Date(now.getTime() + windowMs).toISOString()}::timestamptz`;
			const [row] = await database.execute<{ counted: boolean; ends_ms: number }>(sql`
				with counted as (
					insert into request_counts as counts (key, count, window_ends_at) values (${key}, 1, ${ends})
					on conflict (key) do update set
						count = case when counts.window_ends_at <= ${at} then 1 else counts.count + 1 end,
						window_ends_at = case when counts.window_ends_at <= ${at} then ${ends}
							else counts.window_ends_at end
					where counts.window_ends_at <= ${at} or counts.count < ${max}
					returning 1
				)
				select exists (select from counted) as counted, (extract(epoch from coalesce(
					-- None is seen where another statement added the row in this very moment.
					(select window_ends_at from request_counts where key = ${key}), ${ends})) * 1000)::float8 as ends_ms`);
			if (row === undefined || row.counted) return 'counted';
			return { fullUntil: new Date(row.ends_ms) };
		},
		async release(key) {
			await database
				.update(requestCounts)
				.set({ count: sql`greatest(${requestCounts.count} - 1, 0)` })
				.where(eq(requestCounts.key, key));
		},
		async prune(before) {
			await deleteInBatches(database, requestCounts, lt(requestCounts.windowEndsAt, before));
		},
	};
}
