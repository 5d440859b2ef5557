// The refreshes of stored tokens: the lease under which one is refreshed, and what became of it. Written here is every state
// that a refresh brings, with the event that its site is told by.

import { and, eq, getTableColumns, inArray, isNull, lte, or, sql } from 'drizzle-orm';
import type { MailboxAddress } from '../../domain/mailbox-address.ts';
import type { MailProtocol } from '../../domain/mail-protocol.ts';
import type { ProblemReference, TokenProblemCode } from '../../domain/problem.ts';
import type { Database } from '../database/driver/driver.ts';
import { sites, storedTokens } from '../database/schema/tables.ts';
import { addSiteEvents, changeWithEvents } from '../database/site-events.ts';
import type { StoredTokenRef } from './stored-token-store.ts';

export type LeasedToken = StoredTokenRef & {
	mailbox: MailboxAddress;
	/** Of the Microsoft account that signed in. */
	tenantId: string;
	/** What the row was when the lease was taken; every write insists on it. */
	version: number;
	leaseOwner: string;
	/** What its site uses, and what was granted. */
	protocols: readonly MailProtocol[];
	scopes: readonly string[];
	sealedRefreshToken: string;
	failures: number;
	/** Since when refreshes fail in a row. */
	failingSince: Date | undefined;
	refusedAt: Date | undefined;
};

export type LeaseTerms = { leaseOwner: string; now: Date; leaseUntil: Date; startedBefore: Date };

export type RefreshFailure = {
	state: 'degraded' | 'sign_in_required';
	failedAt: Date;
	problem: { code: TokenProblemCode; reference: ProblemReference };
	retryAt: Date;
	refusedAt: Date | undefined;
};

/**
 * The lease under which a token is refreshed, and the fence behind it. The lease keeps two processes from asking
 * Microsoft at the same time; should one be paused past its lease, the version keeps its late result from
 * overwriting a newer token. No transaction is open while Microsoft is asked.
 */
export type RefreshStore = {
	/** Undefined when someone else has the lease, it is too early, or there is nothing to refresh. */
	lease(token: StoredTokenRef, terms: LeaseTerms): Promise<LeasedToken | undefined>;
	/** Until when somebody refreshes it; undefined when nobody does. */
	findLease(siteId: number, id: number): Promise<{ until: Date } | undefined>;
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
			/** When the keep-alive looks at it next, as below. */
			keepAliveAt: Date | undefined;
		},
	): Promise<boolean>;
	/** False as above. */
	saveFailure(leased: LeasedToken, failure: RefreshFailure): Promise<boolean>;
	/**
	 * The token stays as it was, as the fault was not its own. `at_once` where Microsoft did not look at it: another
	 * instance may then refresh it without the minute's wait. Undefined as `keepAliveAt` leaves when the keep-alive looks at it:
	 * every index is written with that, so it is changed by the keep-alive's own refreshes alone.
	 */
	release(
		leased: LeasedToken,
		tryAgain: 'at_once' | 'in_a_minute',
		keepAliveAt: Date | undefined,
	): Promise<void>;
};

export function createRefreshStore(database: Database): RefreshStore {
	return {
		async lease({ siteId, id }, { leaseOwner, leaseUntil, ...terms }) {
			const [row] = await database
				.update(storedTokens)
				.set({ leaseOwner, leaseUntil, refreshStartedAt: terms.now })
				.where(and(ofSite(siteId, id), mayBeLeased(terms)))
				.returning(LEASED);
			return row && parseLeased(row, leaseOwner);
		},
		async findLease(siteId, id) {
			const [row] = await database
				.select({ until: storedTokens.leaseUntil })
				.from(storedTokens)
				.where(ofSite(siteId, id));
			return row?.until ? { until: row.until } : undefined;
		},
		async saveRefreshed(
			leased,
			{ refreshedAt, sealedRefreshToken, scopes, keepAliveAt, ...tokens },
		) {
			const saved = database
				.update(storedTokens)
				.set({
					...tokens,
					// Microsoft may send no new refresh token; then the old one stays valid.
					...(sealedRefreshToken !== undefined && { sealedRefreshToken }),
					...(scopes !== undefined && { scopes: [...scopes] }),
					...(keepAliveAt !== undefined && { keepAliveAt }),
					state: 'active',
					lastRefreshedAt: refreshedAt,
					...NO_LEASE,
					retryAt: null,
					...NO_FAILURE,
					failures: 0,
					refusedAt: null,
					problemCode: null,
					problemReference: null,
					// A token that its site never resolved still lapses: what was reported of that stands.
					lapseReportedDays: sql`case when ${storedTokens.lastResolvedAt} is null then ${storedTokens.lapseReportedDays} end`,
					version: sql`${storedTokens.version} + 1`,
				})
				// This condition makes PostgreSQL read `before` ahead of the update.
				.where(and(unchanged(leased), sql`exists (select from before)`))
				.returning({
					...CHANGED,
					wasReported: sql`(select was_reported from before)`.as('was_reported'),
				});
			const rows = await database.execute(sql`
				with before as materialized (
					select degraded_reported_at is not null as was_reported from stored_tokens as token
					where token.site_id = ${leased.siteId} and token.id = ${leased.id} for update
				), saved as ${saved}, ${addSiteEvents(sql`saved`, {
					type: 'mailbox.recovered',
					at: refreshedAt,
					where: sql`changed.was_reported`,
				})}
				select id from saved`);
			return rows.length === 1;
		},
		async saveFailure(leased, failure) {
			const { state, failedAt, problem, retryAt, refusedAt } = failure;
			const saved = database
				.update(storedTokens)
				.set({
					state,
					retryAt,
					keepAliveAt: retryAt,
					refusedAt: refusedAt ?? null,
					problemCode: problem.code,
					problemReference: problem.reference,
					failures: leased.failures + 1,
					...(state === 'degraded' ? failingSince(failedAt) : NO_FAILURE),
					...NO_LEASE,
				})
				.where(and(unchanged(leased), eq(storedTokens.leaseOwner, leased.leaseOwner)))
				.returning(CHANGED);
			if (state === 'degraded') return (await saved).length === 1;
			const rows = await database.execute(
				changeWithEvents(saved, {
					type: 'mailbox.sign_in_required',
					at: failedAt,
					details: { problem },
				}),
			);
			return rows.length === 1;
		},
		async release(leased, tryAgain, keepAliveAt) {
			await database
				.update(storedTokens)
				.set({
					...NO_LEASE,
					...(tryAgain === 'at_once' && { refreshStartedAt: null }),
					...(keepAliveAt !== undefined && { keepAliveAt }),
				})
				.where(and(unchanged(leased), eq(storedTokens.leaseOwner, leased.leaseOwner)));
		},
	};
}

/** What a lease gives back of the row, with what its site uses. */
export const LEASED = {
	...getTableColumns(storedTokens),
	protocols:
		sql`(select sites.protocols from sites where sites.id = ${storedTokens.siteId})`.mapWith(
			sites.protocols,
		),
};

const CHANGED = {
	id: storedTokens.id,
	siteId: storedTokens.siteId,
	mailbox: storedTokens.mailbox,
};

const NO_FAILURE = { failingSince: null, degradedReportedAt: null };

function failingSince(at: Date) {
	return {
		failingSince: sql`coalesce(${storedTokens.failingSince}, ${at.toISOString()}::timestamptz)`,
	};
}

const NO_LEASE = { leaseOwner: null, leaseUntil: null };

function ofSite(siteId: number, id: number) {
	return and(eq(storedTokens.siteId, siteId), eq(storedTokens.id, id));
}

/** A revocation or a new sign-in raises the version too. */
function unchanged({ siteId, id, version }: LeasedToken) {
	return and(ofSite(siteId, id), eq(storedTokens.version, version));
}

/** There is something to refresh, nobody refreshes it, and it is not too early for another try. */
export function mayBeLeased({ now, startedBefore }: Pick<LeaseTerms, 'now' | 'startedBefore'>) {
	return and(
		inArray(storedTokens.state, ['active', 'degraded']),
		or(isNull(storedTokens.leaseUntil), lte(storedTokens.leaseUntil, now)),
		or(isNull(storedTokens.retryAt), lte(storedTokens.retryAt, now)),
		or(isNull(storedTokens.refreshStartedAt), lte(storedTokens.refreshStartedAt, startedBefore)),
	);
}

export function parseLeased(
	row: typeof storedTokens.$inferSelect & { protocols: readonly MailProtocol[] },
	leaseOwner: string,
): LeasedToken | undefined {
	const { id, siteId, tenantId, version, sealedRefreshToken, failures, protocols, scopes } = row;
	if (sealedRefreshToken === null) return undefined;
	return {
		...{ id, siteId, tenantId, version, leaseOwner, sealedRefreshToken, failures },
		...{ protocols, scopes },
		mailbox: row.mailbox as MailboxAddress,
		failingSince: row.failingSince ?? undefined,
		refusedAt: row.refusedAt ?? undefined,
	};
}
