// When tokens were used, by day and site key. The row of a token itself is wide and has many indexes, so it is written at the
// first use of a day alone: a version that knows nothing of days still finds there that it is in use, and since when.

import { lt, sql, type SQL } from 'drizzle-orm';
import { deleteInBatches } from '../database/in-batches.ts';
import type { Database } from '../database/driver/driver.ts';
import { storedTokens } from '../database/schema/tables.ts';
import { tokenUses } from '../database/schema/watch.ts';
import type { StoredTokenRef } from './stored-token-store.ts';

export type TokenUse = StoredTokenRef & {
	keyId: number;
	/** By UTC: `2026-11-30`. */
	day: string;
	count: number;
	firstAt: Date;
	lastAt: Date;
};

export type UseStore = {
	/** Adds to what was counted. No two of the same token, key and day. */
	save(uses: readonly TokenUse[]): Promise<void>;
	/** Forgets the days before the one of this instant: so many counts. */
	prune(before: Date): Promise<number>;
};

export function createUseStore(database: Database): UseStore {
	return {
		async save(uses) {
			await database.execute(saveStatement(JSON.stringify(uses.map(toRow))));
		},
		prune(before) {
			const day = before.toISOString().slice(0, 10);
			return deleteInBatches(database, tokenUses, lt(tokenUses.day, day));
		},
	};
}

/** When it was used last: its row says on which day. */
export const LAST_RESOLVED_AT = sql`greatest(${storedTokens.lastResolvedAt}, (
	select max(used.last_at) from token_uses as used
	where used.stored_token_id = ${storedTokens.id}
		and used.day = (${storedTokens.lastResolvedAt} at time zone 'UTC')::date))`
	.mapWith(storedTokens.lastResolvedAt)
	.as('last_use');

function toRow({ siteId, id, keyId, day, count, firstAt, lastAt }: TokenUse) {
	const times = { first_at: firstAt, last_at: lastAt };
	return { site_id: siteId, id, key_id: keyId, day, count, ...times };
}

/** All instances take the rows in the same order, so that none waits for one that waits for it. */
function saveStatement(uses: string): SQL {
	return sql`
		with seen as (
			select * from jsonb_to_recordset(${uses}::jsonb) as seen (site_id bigint, id bigint, key_id bigint,
				day date, count int, first_at timestamptz, last_at timestamptz)
		), latest as (
			select site_id, id, max(last_at) as at, max(day) as day from seen group by site_id, id
		), unmarked as (
			select token.site_id, token.id, seen.at from stored_tokens as token
			join latest as seen on token.site_id = seen.site_id and token.id = seen.id
			where token.last_resolved_at is null or token.last_resolved_at < seen.day at time zone 'UTC'
			order by token.id for no key update of token
		), marked as (
			update stored_tokens as token set last_resolved_at = seen.at from unmarked as seen
			where token.site_id = seen.site_id and token.id = seen.id
		)
		insert into token_uses as used (day, stored_token_id, site_key_id, site_id, count, first_at, last_at)
		select day, id, key_id, site_id, count, first_at, last_at from seen order by day, id, key_id
		on conflict (day, stored_token_id, site_key_id) do update set
			count = used.count + excluded.count,
			first_at = least(used.first_at, excluded.first_at),
			last_at = greatest(used.last_at, excluded.last_at)`;
}
