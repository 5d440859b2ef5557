// Stored tokens across all sites: for the operator's command line alone.

import { and, eq } from 'drizzle-orm';
import type { Identifier } from '../../domain/identifier.ts';
import type { SiteUrl } from '../../domain/site-url.ts';
import type { Database } from '../database/driver/driver.ts';
import { sites, storedTokens } from '../database/schema/tables.ts';
import { parseStoredToken, type StoredToken } from './parse-stored-token.ts';

export type OperatorToken = StoredToken & { siteId: number; site: SiteUrl };

export type OperatorTokenStore = {
	/** The oldest first. */
	list(site: SiteUrl | undefined): Promise<OperatorToken[]>;
	find(identifier: Identifier): Promise<OperatorToken | undefined>;
};

export function createOperatorTokenStore(database: Database): OperatorTokenStore {
	const select = () =>
		database
			.select({ token: storedTokens, site: sites.url })
			.from(storedTokens)
			.innerJoin(sites, eq(sites.id, storedTokens.siteId));
	return {
		async list(site) {
			const rows = await select()
				.where(site === undefined ? undefined : eq(sites.url, site))
				.orderBy(storedTokens.createdAt, storedTokens.id);
			return rows.map(parseOperatorRow);
		},
		async find({ number, mailbox }) {
			const [row] = await select().where(
				and(eq(storedTokens.id, number), eq(storedTokens.mailbox, mailbox)),
			);
			return row && parseOperatorRow(row);
		},
	};
}

function parseOperatorRow({
	token,
	site,
}: {
	token: typeof storedTokens.$inferSelect;
	site: string;
}): OperatorToken {
	return { ...parseStoredToken(token), siteId: token.siteId, site: site as SiteUrl };
}
