// Every column that holds what the vault sealed: those named `sealed_…`, in whatever table. Taken from the
// schema, so that none is forgotten when keys are rotated.

import { is } from 'drizzle-orm';
import { getTableConfig, PgTable } from 'drizzle-orm/pg-core';
import * as events from './events.ts';
import * as tables from './tables.ts';

export type SealedColumn = {
	table: string;
	column: string;
	/** The SQL type of the table's `id`. */
	idType: string;
	/** Whether its rows belong to a mailbox, and not to the site as a whole. */
	ofMailbox: boolean;
};

export const SEALED_COLUMNS: readonly SealedColumn[] = Object.values({ ...tables, ...events })
	.filter((value) => is(value, PgTable))
	.flatMap((table) => {
		const { name, columns } = getTableConfig(table);
		const idType = columns.find((column) => column.name === 'id')?.getSQLType() ?? '';
		const ofMailbox = columns.some((column) => column.name === 'mailbox');
		return columns
			.filter((column) => column.name.startsWith('sealed_'))
			.map((column) => ({ table: name, column: column.name, idType, ofMailbox }));
	});
