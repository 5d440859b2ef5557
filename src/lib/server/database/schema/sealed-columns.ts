// Every column that holds what the vault sealed: those named `sealed_…`, in whatever table. Taken from the
// schema, so that none is forgotten when keys are rotated.

import { is } from 'drizzle-orm';
import { getTableConfig, PgTable } from 'drizzle-orm/pg-core';
import * as schema from './tables.ts';

export type SealedColumn = {
	table: string;
	column: string;
	/** The SQL type of the table's `id`. */
	idType: string;
};

export const SEALED_COLUMNS: readonly SealedColumn[] = Object.values(schema)
	.filter((value) => is(value, PgTable))
	.flatMap((table) => {
		const { name, columns } = getTableConfig(table);
		const idType = columns.find((column) => column.name === 'id')?.getSQLType() ?? '';
		return columns
			.filter((column) => column.name.startsWith('sealed_'))
			.map((column) => ({ table: name, column: column.name, idType }));
	});
