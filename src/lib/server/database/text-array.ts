// An array as a parameter of a statement: Drizzle takes the driver's own way with arrays away.

import { sql, type SQL } from 'drizzle-orm';

/** None of the values may hold a blank. */
export function textArray(values: readonly string[]): SQL {
	return sql`string_to_array(${values.join(' ')}, ' ')`;
}

export function numberArray(values: readonly number[]): SQL {
	return sql`${textArray(values.map(String))}::bigint[]`;
}
