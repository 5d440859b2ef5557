// Connect links. What opens one, and the codes that come back with browsers, are looked up by their SHA-256.

import { and, eq, inArray, isNull, lt, sql } from 'drizzle-orm';
import type { MailboxAddress } from '../../domain/mailbox-address.ts';
import type { SignInProblem } from '../../domain/sign-in.ts';
import type { SiteUrl } from '../../domain/site-url.ts';
import type { Database } from '../database/driver/driver.ts';
import { deleteInBatches } from '../database/in-batches.ts';
import { connectLinks } from '../database/schema/connect-links.ts';
import { signIns, sites, storedTokens } from '../database/schema/tables.ts';

export type ConnectLink = {
	id: string;
	siteId: number;
	/** As the site gave it; undefined where the link leaves it to the person. */
	email: string | undefined;
	/** Undefined where a sign-in by it ends on the helper's page. */
	returnUrl: string | undefined;
	/** The site's own. */
	state: string | undefined;
	expiresAt: Date;
	/** Undefined as long as it was neither; it may have expired all the same. */
	ended: 'completed' | 'cancelled' | undefined;
};

export type NewConnectLink = Omit<ConnectLink, 'ended'> & { opaqueSha256: Buffer; createdAt: Date };

/** With what became of it. */
export type ConnectLinkReport = ConnectLink & {
	site: SiteUrl;
	isReturning: boolean;
	token: { number: number; mailbox: MailboxAddress } | undefined;
	/** What the last sign-in by it failed for. */
	problem: SignInProblem | undefined;
};

export type CancelReason = 'by_site' | 'wrong_code' | 'return_url_removed';

export type ConnectLinkStore = {
	add(link: NewConnectLink): Promise<void>;
	findByOpaque(opaqueSha256: Buffer): Promise<ConnectLink | undefined>;
	findById(id: string): Promise<ConnectLink | undefined>;
	/** Of this site; a sign-in is returning that became so after `returningAfter`. */
	findOfSite(
		siteId: number,
		id: string,
		returningAfter: Date,
	): Promise<ConnectLinkReport | undefined>;
	/** Neither completed nor cancelled. */
	listByReturnUrls(siteId: number, returnUrls: readonly string[]): Promise<string[]>;
	/** False when it is another site's, completed, or cancelled already. */
	cancel(siteId: number, id: string, end: { now: Date; reason: CancelReason }): Promise<boolean>;
	/** Removes those that expired before `before`, with their codes. */
	prune(before: Date): Promise<void>;
};

export function createConnectLinkStore(database: Database): ConnectLinkStore {
	return {
		async add(link) {
			await database.insert(connectLinks).values(link);
		},
		async findByOpaque(opaqueSha256) {
			const [row] = await database
				.select()
				.from(connectLinks)
				.where(eq(connectLinks.opaqueSha256, opaqueSha256));
			return row && parseConnectLink(row);
		},
		async findById(id) {
			const [row] = await database.select().from(connectLinks).where(eq(connectLinks.id, id));
			return row && parseConnectLink(row);
		},
		async findOfSite(siteId, id, returningAfter) {
			const [row] = await database
				.select({
					link: connectLinks,
					site: sites.url,
					mailbox: storedTokens.mailbox,
					isReturning: anyReturning(returningAfter),
				})
				.from(connectLinks)
				.innerJoin(sites, eq(sites.id, connectLinks.siteId))
				.leftJoin(
					storedTokens,
					and(
						eq(storedTokens.siteId, connectLinks.siteId),
						eq(storedTokens.id, connectLinks.storedTokenId),
					),
				)
				.where(and(eq(connectLinks.id, id), eq(connectLinks.siteId, siteId)));
			return row && { ...parseConnectLink(row.link), ...parseOutcome(row) };
		},
		async listByReturnUrls(siteId, returnUrls) {
			const rows = await database
				.select({ id: connectLinks.id })
				.from(connectLinks)
				.where(
					and(
						eq(connectLinks.siteId, siteId),
						inArray(connectLinks.returnUrl, [...returnUrls]),
						IS_UNENDED,
					),
				);
			return rows.map(({ id }) => id);
		},
		async cancel(siteId, id, { now }) {
			const rows = await database
				.update(connectLinks)
				.set({ cancelledAt: now })
				.where(and(eq(connectLinks.id, id), eq(connectLinks.siteId, siteId), IS_UNENDED))
				.returning({ id: connectLinks.id });
			return rows.length === 1;
		},
		async prune(before) {
			await deleteInBatches(database, connectLinks, lt(connectLinks.expiresAt, before));
		},
	};
}

const IS_UNENDED = and(isNull(connectLinks.completedAt), isNull(connectLinks.cancelledAt));

function anyReturning(after: Date) {
	return sql<boolean>`exists (
		select from ${signIns}
		where ${signIns.connectLinkId} = ${connectLinks.id} and ${signIns.state} = 'returning'
			and ${signIns.returningSince} > ${after.toISOString()}::timestamptz)`;
}

type Row = typeof connectLinks.$inferSelect;

function parseConnectLink(row: Row): ConnectLink {
	return {
		id: row.id,
		siteId: row.siteId,
		email: row.email ?? undefined,
		returnUrl: row.returnUrl ?? undefined,
		state: row.state ?? undefined,
		expiresAt: row.expiresAt,
		ended: row.completedAt ? 'completed' : row.cancelledAt ? 'cancelled' : undefined,
	};
}

function parseOutcome({
	link: { storedTokenId: number, problemCode: code, problemReference },
	site,
	mailbox,
	isReturning,
}: {
	link: Row;
	site: string;
	mailbox: string | null;
	isReturning: boolean;
}): Omit<ConnectLinkReport, keyof ConnectLink> {
	const token =
		number === null || mailbox === null
			? undefined
			: { number, mailbox: mailbox as MailboxAddress };
	const reference = problemReference ?? undefined;
	const parsed = { site: site as SiteUrl, isReturning, token };
	return { ...parsed, problem: code === null ? undefined : { code, reference } };
}
