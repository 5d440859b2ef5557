// The table of what the last logins to mailboxes came to: it outlives the sign-ins, so that it is known at any time whether a
// mailbox works.

import { sql } from 'drizzle-orm';
import { bigint, index, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import type { MailProblem } from '../../../domain/mail-check.ts';
import { MAIL_PROTOCOLS } from '../../../domain/mail-protocol.ts';
import { instant } from './columns.ts';
import { storedTokens } from './tables.ts';

export const mailboxChecks = pgTable(
	'mailbox_checks',
	{
		storedTokenId: bigint('stored_token_id', { mode: 'number' })
			.notNull()
			.references(() => storedTokens.id, { onDelete: 'cascade' }),
		protocol: text('protocol', { enum: MAIL_PROTOCOLS }).notNull(),
		status: text('status', { enum: ['passed', 'failed', 'skipped'] }).notNull(),
		problem: jsonb('problem').$type<MailProblem>(),
		checkedAt: instant('checked_at').notNull(),
		/** Since when it fails by what somebody can mend, in a row. */
		failingSince: instant('failing_since'),
		/** When it failed once more, long enough after: from then on it counts as failed. */
		failedAt: instant('failed_at'),
	},
	(table) => [
		primaryKey({ columns: [table.storedTokenId, table.protocol] }),
		index('mailbox_checks_failed')
			.on(table.protocol)
			.where(sql`${table.failedAt} is not null`),
	],
);
