// The kinds of columns that the tables share.

import { sql } from 'drizzle-orm';
import { bigint, customType, timestamp } from 'drizzle-orm/pg-core';

export const bytea = customType<{ data: Buffer }>({
	dataType: () => 'bytea',
	// As text: postgres.js turns a parameter into bytes once more when it sends a statement a second time.
	toDriver: (value) => sql`decode(${value.toString('hex')}, 'hex')`,
});

export const instant = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' });

export const rowId = () =>
	bigint('id', { mode: 'number' }).generatedAlwaysAsIdentity().primaryKey();
