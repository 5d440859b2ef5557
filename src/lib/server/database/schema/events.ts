// The tables of what sites are told: events, which are an outbox for webhooks too, and the secrets that sign these.

import { sql } from 'drizzle-orm';
import { bigint, index, integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core';
import type { SiteEventDetails, SiteEventType } from '../../../domain/site-event.ts';
import { instant, rowId } from './columns.ts';
import { sites } from './tables.ts';

/** Written in the same statement as the change that it tells of. Within a site the ids are in the order of the commits. */
export const siteEvents = pgTable(
	'site_events',
	{
		id: rowId(),
		siteId: bigint('site_id', { mode: 'number' })
			.notNull()
			.references(() => sites.id),
		type: text('type').$type<SiteEventType>().notNull(),
		at: instant('at').notNull(),
		/** Of no mailbox: a test of the webhook. */
		storedTokenId: bigint('stored_token_id', { mode: 'number' }),
		mailbox: text('mailbox'),
		/** Codes; words are chosen when somebody reads them. */
		details: jsonb('details').$type<SiteEventDetails>().notNull(),
		/** Null where the site had no webhook. */
		delivery: text('delivery', { enum: ['waiting', 'delivered', 'given_up'] }),
		/** While it waits. In the future too while an instance delivers it: should that die, another tries it then. */
		nextTryAt: instant('next_try_at'),
		/** After that it is given up; the operator may set it anew. */
		deliverUntil: instant('deliver_until'),
		leaseOwner: text('lease_owner'),
		tries: integer('tries').notNull().default(0),
		lastTriedAt: instant('last_tried_at'),
		/** What came of the last try: `204`, or a code of ours. */
		lastResult: text('last_result'),
	},
	(table) => [
		index('site_events_of_site').on(table.siteId, table.id),
		index('site_events_at').on(table.at),
		index('site_events_waiting')
			.on(table.siteId, table.nextTryAt)
			.where(sql`${table.delivery} = 'waiting'`),
	],
);

/** Several while a new one is brought in: all that have not ended sign. */
export const webhookSecrets = pgTable(
	'webhook_secrets',
	{
		/** Drawn before it is sealed, as a sealed value is bound to its row. */
		id: text('id').primaryKey(),
		siteId: bigint('site_id', { mode: 'number' })
			.notNull()
			.references(() => sites.id),
		sealedSecret: text('sealed_secret').notNull(),
		createdAt: instant('created_at').notNull(),
		expiresAt: instant('expires_at'),
	},
	(table) => [index('webhook_secrets_site').on(table.siteId)],
);
