// The table of visits: somebody signs in to see the mailboxes that they connected, and to nothing else.

import { index, pgTable, text } from 'drizzle-orm/pg-core';
import { instant } from './columns.ts';

export const visits = pgTable(
	'visits',
	{
		id: text('id').primaryKey(),
		nonce: text('nonce').notNull(),
		/** The browser's session that began it. */
		sessionId: text('session_id').notNull(),
		createdAt: instant('created_at').notNull(),
		/** When its code was posted: once. */
		redeemedAt: instant('redeemed_at'),
	},
	(table) => [index('visits_created_at').on(table.createdAt)],
);
