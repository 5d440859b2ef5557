// Sealed values across all tables, as the rotation of keys sees them: which key sealed them, and where they are
// kept. A sealed value says its key's id: `v1.<key id>.…`.

import { sql, type SQL } from 'drizzle-orm';
import type { Database } from '../database/driver/driver.ts';
import { SEALED_COLUMNS, type SealedColumn } from '../database/schema/sealed-columns.ts';

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
	/** The next rows by id, each with its value unless `keyId` sealed that. Empty at the end. */
	listAfter(
		column: SealedColumn,
		afterId: string | undefined,
		page: { unlessSealedBy: string; limit: number },
	): Promise<SealedValue[]>;
	/** False when the value is another by now: then nothing is written. */
	replace(column: SealedColumn, id: string, before: string, after: string): Promise<boolean>;
};

/** Counting reads whole tables, so it goes in pages: no statement here may take long. */
const COUNT_PAGE = 20_000;

/** Longer than `v1.` and the longest key id, so that a long value need not be read as a whole. */
const MARK_LENGTH = 40;

export function createSealedValueStore(database: Database): SealedValueStore {
	return {
		async countByKey() {
			const counts = new Map<string, number>();
			for (const column of SEALED_COLUMNS) {
				for await (const { key_id: keyId, count } of countsOf(database, column)) {
					counts.set(keyId, (counts.get(keyId) ?? 0) + count);
				}
			}
			return counts;
		},
		async listAfter({ table, column, idType, ofMailbox }, afterId, { unlessSealedBy, limit }) {
			const after = afterId === undefined ? sql`true` : sql`id > ${afterId}::${sql.raw(idType)}`;
			const rows = await database.execute<{
				id: string;
				site_id: string;
				mailbox: string;
				sealed: string | null;
			}>(sql`
				select id::text as id, site_id, ${ofMailbox ? sql`mailbox` : sql`''`} as mailbox, case ${keyIdOf(column)}
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

type KeyCount = { key_id: string; count: number };

async function* countsOf(
	database: Database,
	{ table, column, idType }: SealedColumn,
): AsyncGenerator<KeyCount> {
	for (let after: string | undefined; ;) {
		const rows = await database.execute<KeyCount & { last_id: string; looked: number }>(sql`
			with page as (
				select id, ${sql.identifier(column)} as sealed, ${keyIdOf(column)} as key_id
				from ${sql.identifier(table)}
				where ${after === undefined ? sql`true` : sql`id > ${after}::${sql.raw(idType)}`}
				order by ${sql.identifier(table)}.id limit ${COUNT_PAGE}
			)
			select key_id, count(sealed)::int as count,
				max(max(id)) over ()::text as last_id, (sum(count(*)) over ())::int as looked
			from page group by key_id`);
		yield* rows.filter(({ count }) => count > 0);
		if ((rows[0]?.looked ?? 0) < COUNT_PAGE) return;
		after = rows[0]?.last_id;
	}
}
