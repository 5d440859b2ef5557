// By what each key of `TOKEN_KEYS` is known again. A key itself is never here.

import { pgTable, text } from 'drizzle-orm/pg-core';

export const keyChecks = pgTable('key_checks', {
	keyId: text('key_id').primaryKey(),
	/** An HMAC by the key over a constant: it tells one key from another, and nothing about either. */
	checkValue: text('check_value').notNull(),
});
