// A column of bytes that survives a statement's being sent again. postgres.js turns a parameter into bytes once more
// when it does that, so it crosses as text.

import { sql } from 'drizzle-orm';
import { customType } from 'drizzle-orm/pg-core';

export const bytea = customType<{ data: Buffer }>({
	dataType: () => 'bytea',
	toDriver: (value) => sql`decode(${value.toString('hex')}, 'hex')`,
});
