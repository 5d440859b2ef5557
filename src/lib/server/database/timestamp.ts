// An instant as a parameter of a statement: Drizzle takes the driver's own way with dates away.

import { sql, type SQL } from 'drizzle-orm';

export function timestamp(at: Date): SQL {
	return sql`${at.toISOString()}::timestamptz`;
}
