// Which stored tokens are due to be kept alive. The work list is the token table itself: any number of
// instances take from it by `FOR UPDATE SKIP LOCKED`, under the lease that every refresh takes, so none waits
// for another and none takes what another has.

import { and, asc, eq, inArray, isNull, lte, ne, or, sql } from 'drizzle-orm';
import type { Database } from '../database/driver/driver.ts';
import { parseLeased, type LeasedToken, type StoredTokenRef } from './refresh-store.ts';
import { storedTokens } from '../database/schema/tables.ts';

export type KeepAliveStore = {
	/**
	 * Takes the lease of up to `limit` tokens that are due, the longest overdue first. Each is looked at again
	 * at `lookAgainAt`, whatever becomes of the refresh, so that one that never succeeds comes round slowly.
	 */
	leaseDue(wish: {
		leaseOwner: string;
		now: Date;
		leaseUntil: Date;
		startedBefore: Date;
		/** One that is well and was refreshed since is left for `putOffFresh`. */
		refreshedBefore: Date;
		lookAgainAt: Date;
		limit: number;
	}): Promise<LeasedToken[]>;
	/**
	 * Puts off those that are due though somebody refreshed them since `refreshedAfter`: to between
	 * `earliestMs` and `latestMs` after that refresh, drawn for each.
	 */
	putOffFresh(wish: {
		now: Date;
		refreshedAfter: Date;
		earliestMs: number;
		latestMs: number;
		limit: number;
	}): Promise<void>;
	/** Those that no site resolved since somebody signed in for them, before `signedInBefore`. */
	listNeverUsed(signedInBefore: Date, limit: number): Promise<StoredTokenRef[]>;
};

export function createKeepAliveStore(database: Database): KeepAliveStore {
	return {
		async leaseDue({ leaseOwner, now, leaseUntil, lookAgainAt, limit, ...wish }) {
			const due = database
				.select({ id: storedTokens.id })
				.from(storedTokens)
				.where(
					and(
						inArray(storedTokens.state, ['active', 'degraded']),
						lte(storedTokens.keepAliveAt, now),
						isNullOrBefore('leaseUntil', now),
						isNullOrBefore('retryAt', now),
						isNullOrBefore('refreshStartedAt', wish.startedBefore),
						or(
							eq(storedTokens.state, 'degraded'),
							lte(storedTokens.lastRefreshedAt, wish.refreshedBefore),
						),
					),
				)
				.orderBy(asc(storedTokens.keepAliveAt))
				.limit(limit)
				.for('update', { skipLocked: true });
			const rows = await database
				.with(database.$with('due').as(due))
				.update(storedTokens)
				.set({ leaseOwner, leaseUntil, refreshStartedAt: now, keepAliveAt: lookAgainAt })
				.where(sql`${storedTokens.id} in (select id from due)`)
				.returning();
			return rows
				.map((row) => parseLeased(row, leaseOwner))
				.filter((leased) => leased !== undefined);
		},
		async putOffFresh({ now, refreshedAfter, earliestMs, latestMs, limit }) {
			await database.execute(sql`
				with fresh as (
					select id from stored_tokens
					where state in ('active', 'degraded') and keep_alive_at <= ${now.toISOString()}::timestamptz
						and state = 'active' and last_refreshed_at > ${refreshedAfter.toISOString()}::timestamptz
					order by keep_alive_at limit ${limit}
					for update skip locked
				)
				update stored_tokens set keep_alive_at = last_refreshed_at
					+ (${earliestMs}::float8 + random() * ${latestMs - earliestMs}::float8) * interval '1 millisecond'
				from fresh where stored_tokens.id = fresh.id`);
		},
		async listNeverUsed(signedInBefore, limit) {
			return database
				.select({ siteId: storedTokens.siteId, id: storedTokens.id })
				.from(storedTokens)
				.where(
					and(
						isNull(storedTokens.lastResolvedAt),
						ne(storedTokens.state, 'revoked'),
						lte(storedTokens.signedInAt, signedInBefore),
					),
				)
				.orderBy(asc(storedTokens.signedInAt))
				.limit(limit);
		},
	};
}

function isNullOrBefore(column: 'leaseUntil' | 'retryAt' | 'refreshStartedAt', at: Date) {
	return sql`(${storedTokens[column]} is null or ${lte(storedTokens[column], at)})`;
}
