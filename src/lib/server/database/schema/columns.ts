// The kinds of columns that the tables share.

import { bigint, timestamp } from 'drizzle-orm/pg-core';

export const instant = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' });

export const rowId = () =>
	bigint('id', { mode: 'number' }).generatedAlwaysAsIdentity().primaryKey();
