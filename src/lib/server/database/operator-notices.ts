// Writes down what only the operator can mend, as a part of a statement. The same trouble is told once for as long as it lasts.

import { sql, type SQL } from 'drizzle-orm';
import type { OperatorNoticeKind } from '../../domain/notice.ts';

/** After so long without it, it is another trouble. */
const OVER_AFTER = sql`interval '1 day'`;

export type SeenTrouble = {
	key: string;
	kind: OperatorNoticeKind;
	details: Readonly<Record<string, string | number>>;
};

/** From rows of `key`, `kind` and `details` (`jsonb`), one for each key. */
export function seeTroubles(from: SQL, at: Date, waitMs = 0): SQL {
	const now = sql`${at.toISOString()}::timestamptz`;
	const due = sql`${new Date(at.getTime() + waitMs).toISOString()}::timestamptz`;
	return sql`
		insert into operator_notices as seen (key, kind, details, first_seen_at, last_seen_at, due_at)
		select key, kind, details, ${now}, ${now}, ${due} from ${from}
		on conflict (key) do update set
			details = excluded.details, last_seen_at = excluded.last_seen_at,
			first_seen_at = case when seen.last_seen_at < ${now} - ${OVER_AFTER} then excluded.first_seen_at else seen.first_seen_at end,
			due_at = case when seen.last_seen_at < ${now} - ${OVER_AFTER} then excluded.due_at else seen.due_at end,
			told_at = case when seen.last_seen_at < ${now} - ${OVER_AFTER} then null else seen.told_at end`;
}

/** A part of a `with`: of each site in `from` (`site_id`) a webhook was given up. */
export function seeGivenUpWebhooks(from: SQL, at: Date): SQL {
	return sql`troubles as (
		select 'webhook ' || sites.id as key, 'webhook_given_up' as kind,
			jsonb_build_object('site', sites.url) as details
		from sites where id in (select site_id from ${from})
	), seen_troubles as (${seeTroubles(sql`troubles`, at)})`;
}
