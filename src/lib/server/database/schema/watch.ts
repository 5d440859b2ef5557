// The tables that guard the others: what is counted against limits, the audit trail, how tokens are used, and their figures.

import { sql } from 'drizzle-orm';
import {
	bigint,
	boolean,
	check,
	date,
	index,
	integer,
	jsonb,
	pgTable,
	primaryKey,
	text,
} from 'drizzle-orm/pg-core';
import type { AuditActor, AuditEventName } from '../../../domain/audit.ts';
import type { StateFigures } from '../../../domain/stored-token.ts';
import { instant } from './columns.ts';

/** How often something was begun lately, by client address or mailbox. Kept for minutes. */
export const requestCounts = pgTable(
	'request_counts',
	{
		key: text('key').primaryKey(),
		count: integer('count').notNull(),
		windowEndsAt: instant('window_ends_at').notNull(),
	},
	(table) => [index('request_counts_window_ends_at').on(table.windowEndsAt)],
);

/**
 * What was done, by whom, when. Only ever added to: a trigger refuses everything else. Refers to nothing, so
 * that it outlives what it tells of. In partitions of a month, which the migration made and `add_audit_partitions` goes on
 * with: what is too old is dropped with its table.
 */
export const auditEvents = pgTable(
	'audit_events',
	{
		id: bigint('id', { mode: 'number' }).generatedAlwaysAsIdentity(),
		at: instant('at').notNull(),
		event: text('event').$type<AuditEventName>().notNull(),
		actor: text('actor').$type<AuditActor>().notNull(),
		/** The Microsoft account, the site key's number, or the operator's user name. */
		actorName: text('actor_name'),
		clientAddress: text('client_address'),
		siteId: bigint('site_id', { mode: 'number' }),
		signInId: text('sign_in_id'),
		storedTokenId: bigint('stored_token_id', { mode: 'number' }),
		mailbox: text('mailbox'),
		/** A code of ours: the outcome, or why. */
		detail: text('detail'),
	},
	(table) => [
		index('audit_events_at').on(table.at),
		index('audit_events_mailbox').on(table.mailbox, table.at),
		index('audit_events_site').on(table.siteId, table.at),
		index('audit_events_event').on(table.event, table.at),
		// What a site was called that is not there any more.
		index('audit_events_site_removed')
			.on(table.siteId)
			.where(sql`${table.event} = 'site_removed'`),
	],
);

/**
 * How often a site asked for a token on a day, by UTC, and with which key. Narrow, as it is written all the time, and refers to
 * nothing, as the audit trail. `stored_tokens.last_resolved_at` is written at the first use of a day; the exact one is here.
 */
export const tokenUses = pgTable(
	'token_uses',
	{
		day: date('day', { mode: 'string' }).notNull(),
		storedTokenId: bigint('stored_token_id', { mode: 'number' }).notNull(),
		siteKeyId: bigint('site_key_id', { mode: 'number' }).notNull(),
		siteId: bigint('site_id', { mode: 'number' }).notNull(),
		count: integer('count').notNull(),
		firstAt: instant('first_at').notNull(),
		lastAt: instant('last_at').notNull(),
	},
	(table) => [
		// The day comes first: all that is written stays in the few pages of today.
		primaryKey({ columns: [table.day, table.storedTokenId, table.siteKeyId] }),
		index('token_uses_site').on(table.siteId, table.day),
	],
);

/** The figures of all stored tokens as one instance counted them, for all of them: a single row. */
export const tokenFigures = pgTable(
	'token_figures',
	{
		isOnly: boolean('is_only').primaryKey().default(true),
		countedAt: instant('counted_at').notNull(),
		byState: jsonb('by_state').$type<Record<string, StateFigures>>().notNull(),
	},
	(table) => [check('token_figures_one_row', sql`${table.isOnly}`)],
);
