// The lease under which a token is refreshed, and the fence behind it. The lease keeps two processes from
// asking Microsoft at the same time; should one be paused past its lease, the version keeps its late result
// from overwriting a newer token. No transaction is open while Microsoft is asked.

import { and, eq, inArray, isNull, lt, lte, or, sql } from 'drizzle-orm';
import type { MailboxAddress } from '../../domain/mailbox-address.ts';
import type { ProblemReference, TokenProblemCode } from '../../domain/problem.ts';
import type { Database } from '../database/driver/driver.ts';
import { storedTokens } from '../database/schema/tables.ts';

export type StoredTokenRef = { siteId: number; id: number };

export type LeasedToken = StoredTokenRef & {
	mailbox: MailboxAddress;
	/** Of the Microsoft account that signed in. */
	tenantId: string;
	/** What the row was when the lease was taken; every write insists on it. */
	version: number;
	leaseOwner: string;
	sealedRefreshToken: string;
	failures: number;
	refusedAt: Date | undefined;
};

export type RefreshFailure = {
	state: 'degraded' | 'sign_in_required';
	problem: { code: TokenProblemCode; reference: ProblemReference };
	retryAt: Date;
	refusedAt: Date | undefined;
};

export type RefreshStore = {
	/** Undefined when someone else has the lease, it is too early, or there is nothing to refresh. */
	lease(
		token: StoredTokenRef,
		wish: { leaseOwner: string; now: Date; leaseUntil: Date; startedBefore: Date },
	): Promise<LeasedToken | undefined>;
	/** False when the row changed meanwhile: then nothing is written. */
	saveRefreshed(
		leased: LeasedToken,
		refreshed: {
			sealedRefreshToken: string | undefined;
			sealedAccessToken: string;
			accessTokenExpiresAt: Date;
			/** Undefined where they are what they were before. */
			scopes: readonly string[] | undefined;
			refreshedAt: Date;
		},
	): Promise<boolean>;
	saveFailure(leased: LeasedToken, failure: RefreshFailure): Promise<boolean>;
	/** The token stays as it was, as the fault was not its own; only the minute's wait counts. */
	release(leased: LeasedToken): Promise<void>;
};

export function createRefreshStore(database: Database): RefreshStore {
	return {
		async lease({ siteId, id }, { leaseOwner, now, leaseUntil, startedBefore }) {
			const [row] = await database
				.update(storedTokens)
				.set({ leaseOwner, leaseUntil, refreshStartedAt: now })
				.where(
					and(
						eq(storedTokens.siteId, siteId),
						eq(storedTokens.id, id),
						inArray(storedTokens.state, ['active', 'degraded']),
						or(isNull(storedTokens.leaseUntil), lt(storedTokens.leaseUntil, now)),
						or(isNull(storedTokens.retryAt), lte(storedTokens.retryAt, now)),
						or(
							isNull(storedTokens.refreshStartedAt),
							lte(storedTokens.refreshStartedAt, startedBefore),
						),
					),
				)
				.returning();
			return row && parseLeased(row, leaseOwner);
		},
		async saveRefreshed(leased, { refreshedAt, sealedRefreshToken, scopes, ...tokens }) {
			const rows = await database
				.update(storedTokens)
				.set({
					...tokens,
					// Microsoft may send no new refresh token; then the old one stays valid.
					...(sealedRefreshToken !== undefined && { sealedRefreshToken }),
					...(scopes !== undefined && { scopes: [...scopes] }),
					state: 'active',
					lastRefreshedAt: refreshedAt,
					...NO_LEASE,
					retryAt: null,
					failures: 0,
					refusedAt: null,
					problemCode: null,
					problemReference: null,
					version: sql`${storedTokens.version} + 1`,
				})
				.where(unchanged(leased))
				.returning({ id: storedTokens.id });
			return rows.length === 1;
		},
		async saveFailure(leased, { state, problem, retryAt, refusedAt }) {
			const rows = await database
				.update(storedTokens)
				.set({
					state,
					retryAt,
					keepAliveAt: retryAt,
					refusedAt: refusedAt ?? null,
					problemCode: problem.code,
					problemReference: problem.reference,
					failures: leased.failures + 1,
					...NO_LEASE,
				})
				.where(and(unchanged(leased), eq(storedTokens.leaseOwner, leased.leaseOwner)))
				.returning({ id: storedTokens.id });
			return rows.length === 1;
		},
		async release(leased) {
			await database
				.update(storedTokens)
				.set(NO_LEASE)
				.where(and(unchanged(leased), eq(storedTokens.leaseOwner, leased.leaseOwner)));
		},
	};
}

const NO_LEASE = { leaseOwner: null, leaseUntil: null };

/** A revocation or a new sign-in raises the version too. */
function unchanged({ siteId, id, version }: LeasedToken) {
	return and(
		eq(storedTokens.siteId, siteId),
		eq(storedTokens.id, id),
		eq(storedTokens.version, version),
	);
}

export function parseLeased(
	row: typeof storedTokens.$inferSelect,
	leaseOwner: string,
): LeasedToken | undefined {
	if (row.sealedRefreshToken === null) return undefined;
	return {
		siteId: row.siteId,
		id: row.id,
		mailbox: row.mailbox as MailboxAddress,
		tenantId: row.tenantId,
		version: row.version,
		leaseOwner,
		sealedRefreshToken: row.sealedRefreshToken,
		failures: row.failures,
		refusedAt: row.refusedAt ?? undefined,
	};
}
