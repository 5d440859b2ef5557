// The tables of connect links. What opens a link, and the codes that come back with browsers, are here as their SHA-256
// alone: both have 256 random bits, so a copy of these tables opens and completes nothing.

import { bigint, index, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import type { ProblemReference, SignInProblemCode } from '../../../domain/problem.ts';
import { bytea } from '../driver/bytea.ts';
import { instant } from './columns.ts';
import { sites } from './tables.ts';

/** Where a site's users may be sent back to. */
export const siteReturnUrls = pgTable(
	'site_return_urls',
	{
		siteId: bigint('site_id', { mode: 'number' })
			.notNull()
			.references(() => sites.id),
		url: text('url').notNull(),
	},
	(table) => [primaryKey({ columns: [table.siteId, table.url] })],
);

export const connectLinks = pgTable(
	'connect_links',
	{
		id: text('id').primaryKey(),
		siteId: bigint('site_id', { mode: 'number' })
			.notNull()
			.references(() => sites.id),
		opaqueSha256: bytea('opaque_sha256').notNull().unique(),
		/** As the site gave it; absent where the link leaves it to the person. */
		email: text('email'),
		returnUrl: text('return_url'),
		/** The site's own, given back to it as it is. */
		state: text('state'),
		createdAt: instant('created_at').notNull(),
		expiresAt: instant('expires_at').notNull(),
		cancelledAt: instant('cancelled_at'),
		completedAt: instant('completed_at'),
		/** What it was completed with: no reference, as a number never comes back. */
		storedTokenId: bigint('stored_token_id', { mode: 'number' }),
		/** What the last sign-in by it failed for. */
		problemCode: text('problem_code').$type<SignInProblemCode>(),
		problemReference: jsonb('problem_reference').$type<ProblemReference>(),
	},
	(table) => [
		index('connect_links_site').on(table.siteId),
		index('connect_links_expires_at').on(table.expiresAt),
	],
);

/** Kept as long as their link: one that is old or was voided ends nothing, one that never was ends the link. */
export const returnCodes = pgTable(
	'return_codes',
	{
		codeSha256: bytea('code_sha256').primaryKey(),
		linkId: text('link_id')
			.notNull()
			.references(() => connectLinks.id, { onDelete: 'cascade' }),
		signInId: text('sign_in_id').notNull(),
		madeAt: instant('made_at').notNull(),
		/** Set when the browser asked for another. */
		voidedAt: instant('voided_at'),
	},
	(table) => [
		index('return_codes_link').on(table.linkId),
		index('return_codes_sign_in').on(table.signInId),
	],
);
