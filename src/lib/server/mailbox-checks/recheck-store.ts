// Which mailboxes are due for a look, across all sites. The work list is the table of the stored tokens: any number of
// instances take from it by `FOR UPDATE SKIP LOCKED`, and what one has taken is due again only when it must have ended.

import { sql } from 'drizzle-orm';
import type { Database } from '../database/driver/driver.ts';
import type { StoredTokenRef } from '../tokens/stored-token-store.ts';

export type RecheckStore = {
	/** The longest overdue first. Each is due again at `lookAgainAt` unless the result of the look says otherwise. */
	leaseDue(wish: { now: Date; lookAgainAt: Date; limit: number }): Promise<StoredTokenRef[]>;
	/** Puts off those of disabled sites by a day, at most so many at once: they would stand before all others. */
	putOffDisabled(now: Date, limit: number): Promise<void>;
};

export function createRecheckStore(database: Database): RecheckStore {
	return {
		async leaseDue({ now, lookAgainAt, limit }) {
			const rows = await database.execute<{ id: string; site_id: string }>(sql`
				with due as (
					select id from stored_tokens
					where state = 'active' and recheck_at <= ${now.toISOString()}::timestamptz
					order by recheck_at limit ${limit} for update skip locked
				)
				update stored_tokens set recheck_at = ${lookAgainAt.toISOString()}::timestamptz
				from due where stored_tokens.id = due.id
				returning stored_tokens.id, site_id`);
			return rows.map(({ id, site_id: siteId }) => ({ id: Number(id), siteId: Number(siteId) }));
		},
		async putOffDisabled(now, limit) {
			const at = sql`${now.toISOString()}::timestamptz`;
			await database.execute(sql`
				with due as (
					select stored_tokens.id from stored_tokens join sites on sites.id = site_id
					where state = 'active' and recheck_at <= ${at} and disabled_at is not null
					order by recheck_at limit ${limit} for update of stored_tokens skip locked
				)
				update stored_tokens set recheck_at = ${at} + interval '1 day' from due where stored_tokens.id = due.id`);
		},
	};
}
