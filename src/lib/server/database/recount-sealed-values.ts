// Counts anew how many values each key seals: by what triggers counted, and by what is there. One statement sees both as they
// were at the same moment, so the helper may serve meanwhile. It reads all values, and may take as long as that takes.

import { SEALED_COLUMNS } from './schema/sealed-columns.ts';
import { withClient } from './driver/open-client.ts';

export type MendedCount = { key: string; counted: number; values: number };

/** The counts that were wrong. */
export async function recountSealedValues(url: string): Promise<MendedCount[]> {
	return withClient(url, (client) =>
		client.begin(async (transaction) => {
			await transaction.unsafe('set local statement_timeout = 0');
			return [...(await transaction.unsafe<MendedCount[]>(statement()))];
		}),
	);
}

function statement(): string {
	const perColumn = SEALED_COLUMNS.map(
		({ table, column }) => `select sealing_key_id(${column}) as key, count(*) as values
			from ${table} where ${column} is not null group by 1`,
	);
	return `
		with found as (
			select key, sum(values)::int as values from (${perColumn.join(' union all ')}) as by_column group by key
		), counted as (
			select key_id as key, sum(count)::int as counted from sealed_value_counts group by key_id
		), wrong as (
			select key, coalesce(counted, 0) as counted, coalesce(values, 0) as values
			from found full join counted using (key) where coalesce(counted, 0) <> coalesce(values, 0)
		), mended as (
			insert into sealed_value_counts (key_id, count) select key, values - counted from wrong
		)
		select key, counted, values from wrong order by key`;
}
