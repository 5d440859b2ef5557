// The stored tokens of one site: each query names the site, so that no caller reaches another site's tokens by accident.
// What goes in and comes out of the `sealed…` columns is sealed; this file never sees a token. Every state of a row is
// written here or by a refresh (`refresh-store.ts`), but for the first: a sign-in makes the row `active`
// (`sign-ins/completion-store.ts`).

import { and, eq, getTableColumns, ne, sql, type SQL } from 'drizzle-orm';
import type { MailboxAddress } from '../../domain/mailbox-address.ts';
import type { MailProtocol } from '../../domain/mail-protocol.ts';
import type { TokenProblem, TokenProblemCode } from '../../domain/problem.ts';
import type { SiteEventType } from '../../domain/site-event.ts';
import type { RevokedReason, StoredTokenState } from '../../domain/stored-token.ts';
import type { Database } from '../database/driver/driver.ts';
import { sites, storedTokens } from '../database/schema/tables.ts';
import { addSiteEvents, changeWithEvents } from '../database/site-events.ts';
import { createRefreshStore, type RefreshStore } from './refresh-store.ts';
import { LAST_RESOLVED_AT } from './token-use-store.ts';

export type StoredTokenRef = { siteId: number; id: number };

/** As those see it who may know of it: without what is sealed. */
export type StoredToken = {
	number: number;
	mailbox: MailboxAddress;
	state: StoredTokenState;
	signedInAs: string;
	scopes: readonly string[];
	createdAt: Date;
	lastRefreshedAt: Date;
	lastResolvedAt: Date | undefined;
	/** What its site uses. */
	protocols: readonly MailProtocol[];
	/** Whose rights were asked for. */
	requested: readonly MailProtocol[];
	problem: TokenProblem | undefined;
};

/** What a login of our own needs. */
export type SealedAccess = StoredTokenRef & {
	mailbox: MailboxAddress;
	state: StoredTokenState;
	signedInAs: string;
	/** What its site uses. */
	protocols: readonly MailProtocol[];
	/** Whose rights were asked for. */
	requested: readonly MailProtocol[];
	scopes: readonly string[];
	sealedAccessToken: string;
	accessTokenExpiresAt: Date;
	/** Whose name SMTP takes, where it is not the mailbox's. */
	smtpUser: string | undefined;
};

/** What a sign-in leaves: its first row, or a new sign-in behind the same one. */
export type SealedTokenSet = {
	signedInAs: string;
	scopes: readonly string[];
	sealedRefreshToken: string;
	sealedAccessToken: string;
	accessTokenExpiresAt: Date;
	lastRefreshedAt: Date;
	/** Whose name SMTP took, where a message proved it and it is not the mailbox's. */
	smtpUser?: string | undefined;
};

/** A page of a list, the oldest first. */
export type TokenPage = {
	status?: StoredTokenState | undefined;
	/** The number of the last token of the page before. */
	after?: number | undefined;
	limit: number;
};

/** Into these a token can be put; the way to `revoked` is `revoke`. */
export type PracticeState = Exclude<StoredTokenState, 'revoked'>;

export type StoredTokenStore = Rows & RefreshStore;

type Rows = {
	list(siteId: number, page: TokenPage): Promise<StoredToken[]>;
	find(siteId: number, id: number): Promise<StoredToken | undefined>;
	/** Undefined when it is revoked, or another site's. */
	findAccess(token: StoredTokenRef): Promise<SealedAccess | undefined>;
	/**
	 * Destroys the sealed values at once. The version goes up, so that a refresh that is under way finds its
	 * row changed and throws its result away. False when there is no such token that is not revoked yet.
	 */
	revoke(
		siteId: number,
		id: number,
		revocation: { reason: RevokedReason; now: Date },
	): Promise<boolean>;
	saveSmtpUser(token: StoredTokenRef, smtpUser: string | undefined): Promise<void>;
	/**
	 * For practice: puts it into a state as if Microsoft had, with the access token at its end, except that `active`
	 * leaves what still lives. The next refresh may come at once.
	 */
	savePracticeState(token: StoredTokenRef, state: PracticeState, now: Date): Promise<void>;
};

export function createStoredTokenStore(database: Database): StoredTokenStore {
	return { ...rows(database), ...createRefreshStore(database) };
}

function rows(database: Database): Rows {
	return {
		async list(siteId, page) {
			const found = await select(database, VISIBLE)
				.where(and(eq(storedTokens.siteId, siteId), ofPage(page, siteId)))
				.orderBy(...OLDEST_FIRST)
				.limit(page.limit);
			return found.map(parseStoredToken);
		},
		async find(siteId, id) {
			const [row] = await select(database, VISIBLE).where(ofSite(siteId, id));
			return row && parseStoredToken(row);
		},
		async findAccess({ siteId, id }) {
			const columns = { ...VISIBLE, sealedAccessToken: storedTokens.sealedAccessToken };
			const [row] = await select(database, columns).where(
				and(ofSite(siteId, id), ne(storedTokens.state, 'revoked')),
			);
			return row && parseAccess(row);
		},
		async revoke(siteId, id, { reason, now }) {
			const revoked = database
				.update(storedTokens)
				.set({
					state: 'revoked',
					revokedAt: now,
					revokedReason: reason,
					sealedRefreshToken: null,
					sealedAccessToken: null,
					accessTokenExpiresAt: null,
					...NO_LEASE,
					version: sql`${storedTokens.version} + 1`,
				})
				.where(and(ofSite(siteId, id), ne(storedTokens.state, 'revoked')))
				.returning(CHANGED);
			const rows = await database.execute(
				changeWithEvents(revoked, { type: 'mailbox.revoked', at: now, details: { reason } }),
			);
			return rows.length === 1;
		},
		async saveSmtpUser({ siteId, id }, smtpUser) {
			await database
				.update(storedTokens)
				.set({ smtpUser: smtpUser ?? null })
				.where(ofSite(siteId, id));
		},
		async savePracticeState({ siteId, id }, state, now) {
			const failingSince = state === 'degraded' ? now : null;
			const problemCode = PRACTICE_PROBLEMS[state];
			const saved = database
				.update(storedTokens)
				.set({
					state,
					...(state !== 'active' && { accessTokenExpiresAt: now }),
					...{ problemCode, problemReference: null },
					...{ failingSince, degradedReportedAt: failingSince },
					...NO_LEASE,
					refreshStartedAt: null,
					retryAt: null,
					failures: 0,
					refusedAt: null,
					version: sql`${storedTokens.version} + 1`,
				})
				// Asked for here, `before` is read before the row is changed.
				.where(
					and(
						ofSite(siteId, id),
						ne(storedTokens.state, 'revoked'),
						sql`exists (select from before)`,
					),
				)
				.returning({ ...CHANGED, before: sql`(select state from before)`.as('state_before') });
			await database.execute(sql`
				with before as materialized (
					select state from stored_tokens as token
					where token.site_id = ${siteId} and token.id = ${id} for update
				), saved as ${saved}, ${addSiteEvents(sql`saved`, {
					type: PRACTICE_EVENTS[state],
					at: now,
					details: problemCode === null ? {} : { problem: { code: problemCode } },
					where: sql`changed.state_before <> ${state}`,
				})}
				select 1`);
		},
	};
}

const PRACTICE_EVENTS: Record<PracticeState, SiteEventType> = {
	active: 'mailbox.recovered',
	degraded: 'mailbox.degraded',
	sign_in_required: 'mailbox.sign_in_required',
};

const CHANGED = {
	id: storedTokens.id,
	siteId: storedTokens.siteId,
	mailbox: storedTokens.mailbox,
};

const PRACTICE_PROBLEMS: Record<PracticeState, TokenProblemCode | null> = {
	active: null,
	degraded: 'microsoft_unreachable',
	sign_in_required: 'sign_in_required',
};

const NO_LEASE = { leaseOwner: null, leaseUntil: null };

const {
	sealedRefreshToken: _refresh,
	sealedAccessToken: _access,
	...visible
} = getTableColumns(storedTokens);

/** What a list reads: never what is sealed, which is kilobytes a row. */
export const VISIBLE = { ...visible, lastResolvedAt: LAST_RESOLVED_AT };

export const OLDEST_FIRST = [storedTokens.createdAt, storedTokens.id];

/** Goes on after a row by its place in the order, so that a page costs the same wherever it is. */
export function ofPage(
	{ status, after }: Omit<TokenPage, 'limit'>,
	siteId?: number,
): SQL | undefined {
	const ofItsSite = siteId === undefined ? sql`` : sql` and before.site_id = ${siteId}`;
	return and(
		status && eq(storedTokens.state, status),
		after === undefined
			? undefined
			: sql`(${storedTokens.createdAt}, ${storedTokens.id}) > (
				select created_at, id from stored_tokens as before where before.id = ${after}${ofItsSite})`,
	);
}

/** With what its site uses. */
function select<Columns extends typeof VISIBLE>(database: Database, columns: Columns) {
	return database
		.select({ token: columns, protocols: sites.protocols })
		.from(storedTokens)
		.innerJoin(sites, eq(sites.id, storedTokens.siteId));
}

function ofSite(siteId: number, id: number) {
	return and(eq(storedTokens.siteId, siteId), eq(storedTokens.id, id));
}

type Row = typeof storedTokens.$inferSelect;

/** Of rows from before sites could choose: what was asked for then, whatever protocols there are by now. */
const REQUESTED_BEFORE: readonly MailProtocol[] = ['imap', 'pop', 'smtp'];

type OfSite<Columns> = { token: Columns; protocols: readonly MailProtocol[] };

export type VisibleRow = Omit<Row, 'sealedRefreshToken' | 'sealedAccessToken'>;

export function parseStoredToken({ token: row, protocols }: OfSite<VisibleRow>): StoredToken {
	const { id: number, state, signedInAs, scopes, createdAt, lastRefreshedAt } = row;
	return {
		...{ number, state, signedInAs, protocols, scopes, createdAt, lastRefreshedAt },
		mailbox: row.mailbox as MailboxAddress,
		requested: row.requestedProtocols ?? REQUESTED_BEFORE,
		lastResolvedAt: row.lastResolvedAt ?? undefined,
		problem: row.problemCode
			? { code: row.problemCode, reference: row.problemReference ?? {} }
			: undefined,
	};
}

function parseAccess({
	token: row,
	protocols,
}: OfSite<Omit<Row, 'sealedRefreshToken'>>): SealedAccess | undefined {
	const { id, siteId, state, signedInAs, scopes, sealedAccessToken, accessTokenExpiresAt } = row;
	if (sealedAccessToken === null || accessTokenExpiresAt === null) return undefined;
	return {
		...{ id, siteId, state, signedInAs, protocols, scopes },
		...{ sealedAccessToken, accessTokenExpiresAt },
		mailbox: row.mailbox as MailboxAddress,
		requested: row.requestedProtocols ?? REQUESTED_BEFORE,
		smtpUser: row.smtpUser ?? undefined,
	};
}
