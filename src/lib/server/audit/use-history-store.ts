// How tokens were used, told as events of the audit trail: one for each token, site key and day, at the last use of the day.

import { sql, type SQL } from 'drizzle-orm';
import type { Database } from '../database/driver/driver.ts';
import type { AuditRecord, SourceFilter } from './audit-store.ts';

type Row = {
	site_id: string;
	stored_token_id: string;
	site_key_id: string;
	count: number;
	day: string;
	/** A `Date` has milliseconds, the column microseconds. */
	exact_last_at: string;
	first_ms: number;
	last_ms: number;
	site: string | null;
	mailbox: string | null;
};

/**
 * The newest first, read in pages. A use of today that is counted again meanwhile moves to the front, past which the pages may
 * be: then it is missing, as docs/operator.md says. Days that are over do not change.
 */
export async function* listUses(
	database: Database,
	filter: SourceFilter,
): AsyncGenerator<AuditRecord> {
	if (filter.event !== undefined && filter.event !== 'resolve') return;
	let last: Row | undefined;
	do {
		const rows = await database.execute<Row>(sql`
			select used.site_id, used.stored_token_id, used.site_key_id, used.count, token.mailbox,
				used.day::text, used.last_at::text as exact_last_at,
				(extract(epoch from used.first_at) * 1000)::float8 as first_ms,
				(extract(epoch from used.last_at) * 1000)::float8 as last_ms,
				coalesce(sites.url, (
					select removal.detail from audit_events removal
					where removal.event = 'site_removed' and removal.site_id = used.site_id limit 1)) as site
			from ${usesOf(filter)} left join sites on sites.id = used.site_id
			where ${conditionOf(filter)} and ${last ? olderThan(last) : sql`true`}
			order by used.day desc, used.last_at desc, used.stored_token_id desc, used.site_key_id desc
			limit ${filter.pageSize}`);
		yield* rows.map(parseUse);
		last = rows.length < filter.pageSize ? undefined : rows.at(-1);
	} while (last !== undefined);
}

function olderThan({ day, exact_last_at, stored_token_id, site_key_id }: Row): SQL {
	return sql`used.day <= ${day}::date
		and (used.day, used.last_at, used.stored_token_id, used.site_key_id)
			< (${day}::date, ${exact_last_at}::timestamptz, ${stored_token_id}::bigint, ${site_key_id}::bigint)`;
}

/** Of a mailbox, its row of each day is looked up: an index of its own would be written as often as the uses. */
function usesOf({ mailbox }: SourceFilter): SQL {
	if (mailbox === undefined) {
		return sql`token_uses as used left join stored_tokens as token
			on token.site_id = used.site_id and token.id = used.stored_token_id`;
	}
	return sql`(
			select generate_series(min(day), max(day), interval '1 day')::date as day from token_uses
		) as days
		cross join (select id, site_id, mailbox from stored_tokens where mailbox = ${mailbox}) as token
		join lateral (
			select * from token_uses where day = days.day and stored_token_id = token.id
			and site_id = token.site_id offset 0
		) as used on true`;
}

function conditionOf({ since, siteIds }: SourceFilter): SQL {
	const at = since?.toISOString();
	const ofSince =
		at === undefined
			? sql`true`
			: sql`used.last_at >= ${at}::timestamptz
				and used.day >= (${at}::timestamptz at time zone 'UTC')::date`;
	if (siteIds === undefined) return ofSince;
	return sql`${ofSince} and used.site_id in ${siteIds}`;
}

function parseUse(row: Row): AuditRecord {
	return {
		at: new Date(row.last_ms),
		event: 'resolve',
		actor: 'site',
		actorName: `key ${row.site_key_id}`,
		siteId: Number(row.site_id),
		storedTokenId: Number(row.stored_token_id),
		mailbox: row.mailbox ?? undefined,
		detail: `${row.count} since ${new Date(row.first_ms).toISOString().slice(0, 16)}Z`,
		site: row.site ?? undefined,
	};
}
