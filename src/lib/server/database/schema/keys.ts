// By what each key of `TOKEN_KEYS` is known again, and how many values it seals. A key itself is never here.

import { integer, pgTable, text } from 'drizzle-orm/pg-core';
import { rowId } from './columns.ts';

export const keyChecks = pgTable('key_checks', {
	keyId: text('key_id').primaryKey(),
	/** An HMAC by the key over a constant: it tells one key from another, and nothing about either. */
	checkValue: text('check_value').notNull(),
});

/**
 * How many values are sealed by a key is the sum of its counts. Triggers on the tables with sealed columns only add rows here,
 * so that no change waits for another; a job sums them up.
 */
export const sealedValueCounts = pgTable('sealed_value_counts', {
	id: rowId(),
	keyId: text('key_id').notNull(),
	count: integer('count').notNull(),
});
