// The stored tokens. What goes in and comes out of the `sealed…` columns is sealed; this file never
// sees a token.

import { and, eq, ne, sql } from 'drizzle-orm';
import type { MailboxAddress } from '../../domain/mailbox-address.ts';
import type { ProblemReference, TokenProblemCode } from '../../domain/problem.ts';
import type { RevokedReason, StoredTokenState } from '../../domain/stored-token.ts';
import type { Database } from './connection.ts';
import { storedTokens } from './schema.ts';

/** Whose token it is. Signing in again with the same four keeps the row, and with it the identifier. */
export type StoredTokenOwner = {
	siteId: number;
	mailbox: MailboxAddress;
	tenantId: string;
	objectId: string;
};

export type SealedTokenSet = {
	signedInAs: string;
	scopes: readonly string[];
	sealedRefreshToken: string;
	sealedAccessToken: string;
	accessTokenExpiresAt: Date;
	lastRefreshedAt: Date;
};

export type StoredToken = {
	number: number;
	mailbox: MailboxAddress;
	state: StoredTokenState;
	signedInAs: string;
	scopes: readonly string[];
	createdAt: Date;
	lastRefreshedAt: Date;
	lastResolvedAt: Date | undefined;
	problem: { code: TokenProblemCode; reference: ProblemReference } | undefined;
};

/** Every query names the site: no caller can reach another site's tokens by accident. */
export type StoredTokenStore = {
	list(siteId: number): Promise<StoredToken[]>;
	find(siteId: number, id: number): Promise<StoredToken | undefined>;
	/** Until when somebody refreshes it; undefined when nobody does. */
	findLease(siteId: number, id: number): Promise<{ until: Date } | undefined>;
	/**
	 * Destroys the sealed values at once. The version goes up, so that a refresh that is under way finds its
	 * row changed and throws its result away. False when there is no such token that is not revoked yet.
	 */
	revoke(
		siteId: number,
		id: number,
		revocation: { reason: RevokedReason; now: Date },
	): Promise<boolean>;
	/** Notes when tokens were last handed out; gathered by the caller, so that a resolve itself only reads. */
	saveResolved(resolved: ReadonlyMap<number, Date>): Promise<void>;
	/**
	 * The row's id for this owner, with the row locked until the transaction ends: that of the row that is
	 * there, or a fresh one. The id must be known before sealing, as the sealed values are bound to it.
	 */
	reserve(owner: StoredTokenOwner): Promise<{ id: number; exists: boolean }>;
	save(
		reserved: { id: number; exists: boolean },
		owner: StoredTokenOwner,
		tokenSet: SealedTokenSet,
	): Promise<void>;
};

/** `reserve` and `save` want a transaction for `database`. */
export function createStoredTokenStore(database: Database): StoredTokenStore {
	return {
		async list(siteId) {
			const rows = await database
				.select()
				.from(storedTokens)
				.where(eq(storedTokens.siteId, siteId))
				.orderBy(storedTokens.id);
			return rows.map(parseRow);
		},
		async find(siteId, id) {
			const [row] = await database.select().from(storedTokens).where(ofSite(siteId, id));
			return row && parseRow(row);
		},
		async findLease(siteId, id) {
			const [row] = await database
				.select({ until: storedTokens.leaseUntil })
				.from(storedTokens)
				.where(ofSite(siteId, id));
			return row?.until ? { until: row.until } : undefined;
		},
		async revoke(siteId, id, { reason, now }) {
			const rows = await database
				.update(storedTokens)
				.set({
					state: 'revoked',
					revokedAt: now,
					revokedReason: reason,
					sealedRefreshToken: null,
					sealedAccessToken: null,
					accessTokenExpiresAt: null,
					leaseOwner: null,
					leaseUntil: null,
					version: sql`${storedTokens.version} + 1`,
				})
				.where(and(ofSite(siteId, id), ne(storedTokens.state, 'revoked')))
				.returning({ id: storedTokens.id });
			return rows.length === 1;
		},
		async saveResolved(resolved) {
			const seen = JSON.stringify([...resolved].map(([id, at]) => ({ id, at })));
			await database.execute(sql`
				update stored_tokens as token set last_resolved_at = greatest(token.last_resolved_at, seen.at)
				from jsonb_to_recordset(${seen}::jsonb) as seen (id bigint, at timestamptz)
				where token.id = seen.id`);
		},
		async reserve(owner) {
			// Two sign-ins of the same owner at the same time: the second waits here and finds the first's row.
			const lock = JSON.stringify([owner.siteId, owner.mailbox, owner.tenantId, owner.objectId]);
			await database.execute(sql`select pg_advisory_xact_lock(hashtextextended(${lock}, 0))`);
			const [row] = await database
				.select({ id: storedTokens.id })
				.from(storedTokens)
				.where(ownedAndNotRevoked(owner))
				.for('update');
			if (row !== undefined) return { id: row.id, exists: true };
			const [next] = await database.execute<{ id: string }>(
				sql`select nextval(pg_get_serial_sequence('stored_tokens', 'id')) as id`,
			);
			return { id: Number(next?.id), exists: false };
		},
		async save({ id, exists }, owner, { scopes, ...tokenSet }) {
			const values = { ...tokenSet, scopes: [...scopes], state: 'active' as const };
			if (exists) {
				await database
					.update(storedTokens)
					.set({ ...values, ...NO_TROUBLE, version: sql`${storedTokens.version} + 1` })
					.where(eq(storedTokens.id, id));
				return;
			}
			await database
				.insert(storedTokens)
				.overridingSystemValue()
				.values({ id, ...owner, ...values, version: 1, createdAt: tokenSet.lastRefreshedAt });
		},
	};
}

/** What a fresh token set ends: failures, the lease of whoever was refreshing, and the minute's wait. */
const NO_TROUBLE = {
	refreshStartedAt: null,
	leaseOwner: null,
	leaseUntil: null,
	retryAt: null,
	failures: 0,
	refusedAt: null,
	problemCode: null,
	problemReference: null,
};

function ofSite(siteId: number, id: number) {
	return and(eq(storedTokens.siteId, siteId), eq(storedTokens.id, id));
}

export function parseRow(row: typeof storedTokens.$inferSelect): StoredToken {
	return {
		number: row.id,
		mailbox: row.mailbox as MailboxAddress,
		state: row.state,
		signedInAs: row.signedInAs,
		scopes: row.scopes,
		createdAt: row.createdAt,
		lastRefreshedAt: row.lastRefreshedAt,
		lastResolvedAt: row.lastResolvedAt ?? undefined,
		problem: row.problemCode
			? { code: row.problemCode, reference: row.problemReference ?? {} }
			: undefined,
	};
}

function ownedAndNotRevoked(owner: StoredTokenOwner) {
	return and(
		eq(storedTokens.siteId, owner.siteId),
		eq(storedTokens.mailbox, owner.mailbox),
		eq(storedTokens.tenantId, owner.tenantId),
		eq(storedTokens.objectId, owner.objectId),
		ne(storedTokens.state, 'revoked'),
	);
}
