// The tables of what people are told by mail. A notice to the people of a mailbox is written in the same statement as the event
// that it tells of; whether it is still true is looked at when it is sent.

import { sql } from 'drizzle-orm';
import { bigint, index, integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core';
import type { NoticeDetails, NoticeKind, OperatorNoticeKind } from '../../../domain/notice.ts';
import { instant, rowId } from './columns.ts';
import { sites, storedTokens } from './tables.ts';

export const notices = pgTable(
	'notices',
	{
		id: rowId(),
		siteId: bigint('site_id', { mode: 'number' })
			.notNull()
			.references(() => sites.id, { onDelete: 'cascade' }),
		storedTokenId: bigint('stored_token_id', { mode: 'number' })
			.notNull()
			.references(() => storedTokens.id, { onDelete: 'cascade' }),
		kind: text('kind').$type<NoticeKind>().notNull(),
		/** 0 at first, then of each reminder. */
		reminder: integer('reminder').notNull(),
		/** Codes; words are chosen when it is sent. */
		details: jsonb('details').$type<NoticeDetails>().notNull(),
		createdAt: instant('created_at').notNull(),
		/** When it was first due. */
		plannedAt: instant('planned_at').notNull(),
		/** In the future too while an instance sends it: should that die, another tries it then. */
		dueAt: instant('due_at').notNull(),
		state: text('state', { enum: ['waiting', 'sent', 'dropped'] })
			.notNull()
			.default('waiting'),
		leaseOwner: text('lease_owner'),
		tries: integer('tries').notNull().default(0),
		/** When it was sent, or why it was dropped. */
		endedAt: instant('ended_at'),
		result: text('result'),
	},
	(table) => [
		index('notices_waiting')
			.on(table.dueAt)
			.where(sql`${table.state} = 'waiting'`),
		index('notices_token').on(table.storedTokenId),
		index('notices_planned').on(table.plannedAt),
		index('notices_site').on(table.siteId),
	],
);

/** Who has been written to. The number is in the link that ends it, encrypted. */
export const noticeRecipients = pgTable('notice_recipients', {
	id: rowId(),
	address: text('address').notNull().unique(),
	mailedAt: instant('mailed_at'),
	/** While an instance writes to it. */
	claimedUntil: instant('claimed_until'),
	unsubscribedAt: instant('unsubscribed_at'),
});

/** What only the operator can mend: told once for as long as it lasts. */
export const operatorNotices = pgTable('operator_notices', {
	/** What it is about: the same trouble has the same one. */
	key: text('key').primaryKey(),
	kind: text('kind').$type<OperatorNoticeKind>().notNull(),
	details: jsonb('details').$type<Record<string, string | number>>().notNull(),
	firstSeenAt: instant('first_seen_at').notNull(),
	lastSeenAt: instant('last_seen_at').notNull(),
	/** In the future too while an instance sends it. Null once it is told. */
	dueAt: instant('due_at'),
	leaseOwner: text('lease_owner'),
	tries: integer('tries').notNull().default(0),
	toldAt: instant('told_at'),
});
