// Sealed values across all tables, as the rotation of keys sees them: which key sealed them, and where they are
// kept. A sealed value says its key's id: `v1.<key id>.…`.

import { sql } from 'drizzle-orm';
import type { Database } from '../database/driver/driver.ts';
import type { SealedColumn } from '../database/schema/sealed-columns.ts';

export type SealedValue = {
	id: string;
	siteId: number;
	/** Empty for what belongs to the site as a whole. */
	mailbox: string;
	/** Undefined when there is none, or the key that was asked for sealed it. */
	sealed: string | undefined;
};

export type SealedValueStore = {
	/** How many values each key has sealed, over all columns; the key of what has no mark is `''`. */
	countByKey(): Promise<Map<string, number>>;
	/** Makes one row for each key of the many that changes have added. */
	sumUpCounts(): Promise<void>;
	/** The next rows by id, each with its value unless `keyId` sealed that. Empty at the end. */
	listAfter(
		column: SealedColumn,
		afterId: string | undefined,
		page: { unlessSealedBy: string; limit: number },
	): Promise<SealedValue[]>;
	/** False when the value is another by now: then nothing is written. */
	replace(column: SealedColumn, id: string, before: string, after: string): Promise<boolean>;
};

/** In a fraction of a second, where a statement may take five. */
const SUM_UP_AT_ONCE = 20_000;

export function createSealedValueStore(database: Database): SealedValueStore {
	return {
		async countByKey() {
			const rows = await database.execute<{ key_id: string; values: number }>(sql`
				select key_id, sum(count)::int as values from sealed_value_counts
				group by key_id having sum(count) <> 0`);
			return new Map(rows.map(({ key_id: keyId, values }) => [keyId, values]));
		},
		async sumUpCounts() {
			for (;;) {
				const [row] = await database.execute<{ summed: number }>(sql`
					with summed as (
						delete from sealed_value_counts where id in (
							select id from sealed_value_counts order by id limit ${SUM_UP_AT_ONCE} for update skip locked
						) returning key_id, count
					), kept as (
						insert into sealed_value_counts (key_id, count)
						select key_id, sum(count) from summed group by key_id having sum(count) <> 0
					)
					select count(*)::int as summed from summed`);
				if ((row?.summed ?? 0) < SUM_UP_AT_ONCE) return;
			}
		},
		async listAfter({ table, column, idType, ofMailbox }, afterId, { unlessSealedBy, limit }) {
			const after = afterId === undefined ? sql`true` : sql`id > ${afterId}::${sql.raw(idType)}`;
			const rows = await database.execute<{
				id: string;
				site_id: string;
				mailbox: string;
				sealed: string | null;
			}>(sql`
				select id::text as id, site_id, ${ofMailbox ? sql`mailbox` : sql`''`} as mailbox, case sealing_key_id(${sql.identifier(column)})
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
