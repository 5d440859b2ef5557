// Sequences that are behind the ids of their tables, as after a restore of some tables alone: the next rows are refused as if
// they existed (docs/backup.md).

import { getTableColumns, getTableName } from 'drizzle-orm';
import type { Sql } from 'postgres';
import { ALL_TABLES } from './all-tables.ts';

/** Those whose ids are drawn from a sequence and may not be there twice. */
const NUMBERED = ALL_TABLES.filter((table) => {
	const { id } = getTableColumns(table);
	return id?.primary === true && id.generatedIdentity !== undefined;
}).map(getTableName);

/** The names of the tables. A sequence that this user may not read is passed over. */
export async function findLaggingSequences(sql: Sql): Promise<string[]> {
	// Rows are read as of the statement's start, sequences as of now: a row that is added meanwhile raises no alarm. A sequence
	// that was never used has no last value.
	const selects = NUMBERED.map(
		(table) => `select '${table}' as name, (select max(id) from ${table}) as last_id,
			pg_get_serial_sequence('${table}', 'id') as sequence`,
	);
	const rows = await sql.unsafe<{ name: string }[]>(`
		select name from (${selects.join(' union all ')}) as numbered
		where case when has_sequence_privilege(sequence, 'usage, select')
			then last_id > coalesce(pg_sequence_last_value(sequence::regclass), 0) end`);
	return rows.map(({ name }) => name);
}

/** For the owner of the schema. */
export function setSequenceStatement(table: string): string {
	return `SELECT setval('public.${table}_id_seq', (SELECT max(id) FROM public.${table}))`;
}
