// Stored tokens as their owner sees them: those of one Microsoft account, at whatever site. The account is that of
// the visitor, never one that a request names.

import { and, eq, ne } from 'drizzle-orm';
import type { SiteUrl } from '../../domain/site-url.ts';
import type { Database } from '../database/driver/driver.ts';
import { sites, storedTokens, visitors } from '../database/schema/tables.ts';
import { parseStoredToken, type StoredToken } from '../tokens/parse-stored-token.ts';

export type OwnedToken = StoredToken & { siteId: number; site: SiteUrl; siteName: string };

export type OwnerTokenStore = {
	/** Whether the visitor is known by a Microsoft account. */
	isKnown(visitorId: string): Promise<boolean>;
	/** Not those that are revoked; the oldest first. */
	list(visitorId: string): Promise<OwnedToken[]>;
	find(visitorId: string, number: number): Promise<OwnedToken | undefined>;
};

export function createOwnerTokenStore(database: Database): OwnerTokenStore {
	const select = () =>
		database
			.select({ token: storedTokens, site: sites.url, siteName: sites.name })
			.from(visitors)
			.innerJoin(
				storedTokens,
				and(
					eq(storedTokens.tenantId, visitors.tenantId),
					eq(storedTokens.objectId, visitors.objectId),
				),
			)
			.innerJoin(sites, eq(sites.id, storedTokens.siteId));
	const ofVisitor = (visitorId: string) =>
		and(eq(visitors.id, visitorId), ne(storedTokens.state, 'revoked'));
	return {
		async isKnown(visitorId) {
			const [row] = await database
				.select({ tenantId: visitors.tenantId })
				.from(visitors)
				.where(eq(visitors.id, visitorId));
			return row?.tenantId != null;
		},
		async list(visitorId) {
			const rows = await select()
				.where(ofVisitor(visitorId))
				.orderBy(storedTokens.createdAt, storedTokens.id);
			return rows.map(parseOwned);
		},
		async find(visitorId, number) {
			const [row] = await select().where(and(ofVisitor(visitorId), eq(storedTokens.id, number)));
			return row && parseOwned(row);
		},
	};
}

function parseOwned(row: {
	token: typeof storedTokens.$inferSelect;
	site: string;
	siteName: string;
}): OwnedToken {
	const { token, site, siteName } = row;
	return { ...parseStoredToken(token), siteId: token.siteId, site: site as SiteUrl, siteName };
}
