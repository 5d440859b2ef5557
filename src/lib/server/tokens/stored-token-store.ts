// The stored tokens. What goes in and comes out of the `sealed…` columns is sealed; this file never
// sees a token.

import { and, eq, ne, sql } from 'drizzle-orm';
import type { RevokedReason } from '../../domain/stored-token.ts';
import type { Database } from '../database/driver/driver.ts';
import { parseStoredToken, type StoredToken } from './parse-stored-token.ts';
import type { StoredTokenRef } from './refresh-store.ts';
import { storedTokens } from '../database/schema/tables.ts';

export type ResolvedAt = StoredTokenRef & { at: Date };

/** Every query names the site: no caller can reach another site's tokens by accident. */
export type StoredTokenStore = {
	/** The oldest first. */
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
	saveResolved(resolved: readonly ResolvedAt[]): Promise<void>;
};

export function createStoredTokenStore(database: Database): StoredTokenStore {
	return {
		async list(siteId) {
			const rows = await database
				.select()
				.from(storedTokens)
				.where(eq(storedTokens.siteId, siteId))
				.orderBy(storedTokens.createdAt, storedTokens.id);
			return rows.map(parseStoredToken);
		},
		async find(siteId, id) {
			const [row] = await database.select().from(storedTokens).where(ofSite(siteId, id));
			return row && parseStoredToken(row);
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
			const seen = JSON.stringify(
				resolved.map(({ siteId: site_id, id, at }) => ({ site_id, id, at })),
			);
			await database.execute(sql`
				update stored_tokens as token set last_resolved_at = greatest(token.last_resolved_at, seen.at)
				from jsonb_to_recordset(${seen}::jsonb) as seen (site_id bigint, id bigint, at timestamptz)
				where token.site_id = seen.site_id and token.id = seen.id`);
		},
	};
}

function ofSite(siteId: number, id: number) {
	return and(eq(storedTokens.siteId, siteId), eq(storedTokens.id, id));
}
