// Sealed values across all tables, as the rotation of keys sees them: which key sealed them, and where they
// stand. A sealed value says its key's id: `v1.<key id>.…`.

import { sql, type SQL } from 'drizzle-orm';
import type { Database } from './connection.ts';
import { SEALED_COLUMNS, type SealedColumn } from './sealed-columns.ts';

export type SealedValue = {
	id: string;
	siteId: number;
	mailbox: string;
	/** Undefined when there is none, or the key that was asked for sealed it. */
	sealed: string | undefined;
};

export type SealedValueStore = {
	/** How many values each key has sealed, over all columns; the key of what has no mark is `''`. */
	countByKey(): Promise<Map<string, number>>;
	/** The next rows by id, each with its value unless `keyId` sealed that. Empty at the end. */
	listAfter(
		column: SealedColumn,
		afterId: string | undefined,
		page: { unlessSealedBy: string; limit: number },
	): Promise<SealedValue[]>;
	/** False when the value is another by now: then nothing is written. */
	replace(column: SealedColumn, id: string, before: string, after: string): Promise<boolean>;
};

/** Counting reads whole tables, and is never waited for by a request. */
const COUNT_TIMEOUT_MS = 120_000;

/** Longer than `v1.` and the longest key id, so that a long value need not be read as a whole. */
const MARK_LENGTH = 40;

export function createSealedValueStore(database: Database): SealedValueStore {
	return {
		async countByKey() {
			const perColumn = SEALED_COLUMNS.map(
				({ table, column }) => sql`
					select ${keyIdOf(column)} as key_id, count(*)::float8 as count
					from ${sql.identifier(table)}
					where ${sql.identifier(column)} is not null group by 1`,
			);
			const rows = await database.transaction(async (transaction) => {
				await transaction.execute(
					sql`select set_config('statement_timeout', ${String(COUNT_TIMEOUT_MS)}, true)`,
				);
				return transaction.execute<{ key_id: string; count: number }>(
					sql`select key_id, sum(count)::float8 as count
						from (${sql.join(perColumn, sql` union all `)}) as counted group by 1 order by 1`,
				);
			});
			return new Map(rows.map((row) => [row.key_id, row.count]));
		},
		async listAfter({ table, column, idType }, afterId, { unlessSealedBy, limit }) {
			const after = afterId === undefined ? sql`true` : sql`id > ${afterId}::${sql.raw(idType)}`;
			const rows = await database.execute<{
				id: string;
				site_id: string;
				mailbox: string;
				sealed: string | null;
			}>(sql`
				select id::text as id, site_id, mailbox, case ${keyIdOf(column)}
					when ${unlessSealedBy} then null else ${sql.identifier(column)} end as sealed
				from ${sql.identifier(table)} where ${after}
				order by ${sql.identifier(table)}.id limit ${limit}`);
			return rows.map(({ id, site_id: siteId, mailbox, sealed }) => ({
				id,
				siteId: Number(siteId),
				mailbox,
				sealed: sealed ?? undefined,
			}));
		},
		async replace({ table, column, idType }, id, before, after) {
			const rows = await database.execute(sql`
				update ${sql.identifier(table)} set ${sql.identifier(column)} = ${after}
				where id = ${id}::${sql.raw(idType)} and ${sql.identifier(column)} = ${before}
				returning id`);
			return rows.length === 1;
		},
	};
}

function keyIdOf(column: string): SQL {
	return sql`split_part(substr(${sql.identifier(column)}, 1, ${sql.raw(String(MARK_LENGTH))}), '.', 2)`;
}
