// The stored tokens across all sites: for the keep-alive, the operator's command line, and the owner's own view. The
// keep-alive's work list is the table itself: any number of instances take from it by `FOR UPDATE SKIP LOCKED`, under the
// lease that every refresh takes, so none waits for another and none takes what another has.

import { and, asc, eq, isNull, lte, ne, or, sql, type SQL } from 'drizzle-orm';
import type { Identifier } from '../../domain/identifier.ts';
import type { MailboxAddress } from '../../domain/mailbox-address.ts';
import type { SiteUrl } from '../../domain/site-url.ts';
import type { Database } from '../database/driver/driver.ts';
import { sites, storedTokens, visitors } from '../database/schema/tables.ts';
import {
	LEASED,
	mayBeLeased,
	parseLeased,
	type LeasedToken,
	type LeaseTerms,
} from './refresh-store.ts';
import {
	ofPage,
	OLDEST_FIRST,
	parseStoredToken,
	VISIBLE,
	type StoredToken,
	type StoredTokenRef,
	type TokenPage,
	type VisibleRow,
} from './stored-token-store.ts';

export type TokenOfSite = StoredToken & { siteId: number; site: SiteUrl; siteName: string };

export type TokenFilter = Pick<TokenPage, 'status'> & {
	site?: SiteUrl | undefined;
	mailbox?: MailboxAddress | undefined;
};

export type AllTokensStore = Views & KeepAlives;

type Views = {
	list(filter: TokenFilter, page: Omit<TokenPage, 'status'>): Promise<TokenOfSite[]>;
	find(identifier: Identifier): Promise<TokenOfSite | undefined>;
	/** For what an audit trail says of it, which may not know its mailbox. */
	findByNumber(number: number): Promise<TokenOfSite | undefined>;
	/**
	 * Those of one Microsoft account, at whatever site; not those that are revoked; the oldest first. The account is
	 * that of the visitor, never one that a request names.
	 */
	listOfVisitor(visitorId: string): Promise<TokenOfSite[]>;
	findOfVisitor(visitorId: string, number: number): Promise<TokenOfSite | undefined>;
};

type KeepAlives = {
	/**
	 * Takes the lease of up to `limit` tokens that are due, the longest overdue first. They stay due: what becomes of the refresh
	 * says when each is looked at again.
	 */
	leaseDue(
		terms: LeaseTerms & {
			/** One that is well and was refreshed since is left for `putOffFresh`. */
			refreshedBefore: Date;
			limit: number;
		},
	): Promise<LeasedToken[]>;
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

export function createAllTokensStore(database: Database): AllTokensStore {
	return { ...views(database), ...keepAlives(database) };
}

function views(database: Database): Views {
	const select = () =>
		database
			.select({ token: VISIBLE, site: sites })
			.from(storedTokens)
			.innerJoin(sites, eq(sites.id, storedTokens.siteId))
			.$dynamic();
	const ofVisitor = (visitorId: string, condition?: SQL) =>
		select()
			.innerJoin(
				visitors,
				and(
					eq(storedTokens.tenantId, visitors.tenantId),
					eq(storedTokens.objectId, visitors.objectId),
				),
			)
			.where(and(eq(visitors.id, visitorId), ne(storedTokens.state, 'revoked'), condition))
			.orderBy(...OLDEST_FIRST);
	return {
		async list({ site, mailbox, status }, { after, limit }) {
			const condition = and(
				site && eq(sites.url, site),
				mailbox && eq(storedTokens.mailbox, mailbox),
				ofPage({ status, after }),
			);
			const rows = select()
				.where(condition)
				.orderBy(...OLDEST_FIRST);
			return (await rows.limit(limit)).map(parseRow);
		},
		async find({ number, mailbox }) {
			const condition = and(eq(storedTokens.id, number), eq(storedTokens.mailbox, mailbox));
			return (await select().where(condition)).map(parseRow)[0];
		},
		async findByNumber(number) {
			return (await select().where(eq(storedTokens.id, number))).map(parseRow)[0];
		},
		async listOfVisitor(visitorId) {
			return (await ofVisitor(visitorId)).map(parseRow);
		},
		async findOfVisitor(visitorId, number) {
			return (await ofVisitor(visitorId, eq(storedTokens.id, number))).map(parseRow)[0];
		},
	};
}

function keepAlives(database: Database): KeepAlives {
	return {
		async leaseDue({ leaseOwner, leaseUntil, refreshedBefore, limit, ...terms }) {
			const due = database
				.select({ id: storedTokens.id })
				.from(storedTokens)
				.where(
					and(
						mayBeLeased(terms),
						lte(storedTokens.keepAliveAt, terms.now),
						or(
							eq(storedTokens.state, 'degraded'),
							lte(storedTokens.lastRefreshedAt, refreshedBefore),
						),
					),
				)
				.orderBy(asc(storedTokens.keepAliveAt))
				.limit(limit)
				.for('update', { skipLocked: true });
			const rows = await database
				.with(database.$with('due').as(due))
				.update(storedTokens)
				.set({ leaseOwner, leaseUntil, refreshStartedAt: terms.now })
				.where(sql`${storedTokens.id} in (select id from due)`)
				.returning(LEASED);
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

function parseRow({
	token,
	site,
}: {
	token: VisibleRow;
	site: typeof sites.$inferSelect;
}): TokenOfSite {
	const { url, name: siteName, protocols } = site;
	const stored = parseStoredToken({ token, protocols });
	return { ...stored, siteId: token.siteId, site: url as SiteUrl, siteName };
}
