// Writes events of sites as parts of the statement that makes the change, so that none is lost or made up by a crash.

import { sql, type SQL, type SQLWrapper } from 'drizzle-orm';
import type { NoticeKind } from '../../domain/notice.ts';
import type { SiteEventDetails, SiteEventType } from '../../domain/site-event.ts';

/** A webhook is tried for so long. */
export const DELIVERY_DAYS_MS = 3 * 86_400_000;

export type NewSiteEvents = {
	type: SiteEventType | SQL;
	at: Date;
	details?: SiteEventDetails | SQL;
	/** Of the changed rows, as `changed`; without it all have an event. */
	where?: SQL;
};

/**
 * Two parts of a `with`: an event for each row of `from`, an earlier part with `id`, `site_id` and `mailbox` of stored tokens.
 * The site's row is locked until the commit, before an event gets its id, so that events of a site become visible in the order
 * of their ids: who reads on after an id misses none. In the order of the sites, so that two statements never wait for each other.
 */
export function addSiteEvents(from: SQL, { type, at, details, where }: NewSiteEvents): SQL {
	const isoAt = at.toISOString();
	const deliverUntil = new Date(at.getTime() + DELIVERY_DAYS_MS);
	const condition = where ?? sql`true`;
	return sql`
		event_sites as materialized (
			select id, case when webhook_url is null then null when webhook_gone_at is null then 'waiting' else 'given_up' end as delivery
			from sites
			where id in (select changed.site_id from ${from} as changed where ${condition})
			order by id for no key update
		), added_events as (
			insert into site_events (site_id, type, at, stored_token_id, mailbox, details, delivery, next_try_at, deliver_until, last_result)
			select event_sites.id, ${type}, ${isoAt}::timestamptz, changed.id, changed.mailbox,
				${detailsOf(details)}, event_sites.delivery,
				case when event_sites.delivery = 'waiting' then ${isoAt}::timestamptz end,
				case when event_sites.delivery is not null then ${deliverUntil.toISOString()}::timestamptz end,
				case when event_sites.delivery = 'given_up' then 'GONE' end
			from ${from} as changed join event_sites on event_sites.id = changed.site_id
			where ${condition}
			returning id
		)${addNotices({ from, type, at, condition, details: detailsOf(details) })}`;
}

/** After how many days somebody is told again that a sign-in is needed; then no more. */
const REMINDER_DAYS = [0, 3, 14];

const NOTICE_KINDS: Partial<Record<SiteEventType, NoticeKind>> = {
	'mailbox.sign_in_required': 'sign_in',
	'mailbox.check_failed': 'check',
	'mailbox.lapse_scheduled': 'never_used',
};

/** What the people of a mailbox are told by mail, in the same statement. `event_sites` is there, and locked. */
function addNotices(told: {
	from: SQL;
	type: SiteEventType | SQL;
	at: Date;
	condition: SQL;
	details: SQL;
}): SQL {
	const { type, condition, details } = told;
	const kind = typeof type === 'string' ? NOTICE_KINDS[type] : 'check';
	if (kind === undefined) return sql``;
	const at = sql`${told.at.toISOString()}::timestamptz`;
	const isMeant =
		kind === 'never_used'
			? sql`${details} ->> 'reason' = 'never_used'`
			: sql`${type} <> 'mailbox.recovered'`;
	const days = kind === 'sign_in' ? REMINDER_DAYS : [0];
	const reminders = sql.join(
		days.map((after, index) => sql`(${index}::int, ${after}::int)`),
		sql`, `,
	);
	return sql`, added_notices as (
			insert into notices (site_id, stored_token_id, kind, reminder, details, created_at, planned_at, due_at)
			select changed.site_id, changed.id, ${kind}, reminders.number, ${details}, ${at},
				${at} + reminders.days * interval '1 day', ${at} + reminders.days * interval '1 day'
			from ${told.from} as changed join event_sites on event_sites.id = changed.site_id
				cross join (values ${reminders}) as reminders (number, days)
			where ${condition} and ${isMeant}
		)`;
}

/** A whole statement: a change that returns what `addSiteEvents` reads, with its events. Answers with the ids that it changed. */
export function changeWithEvents(change: SQLWrapper, events: NewSiteEvents): SQL {
	return sql`with done as ${change}, ${addSiteEvents(sql`done`, events)} select id from done`;
}

function detailsOf(details: NewSiteEvents['details'] = {}): SQL {
	return 'getSQL' in details ? details : sql`${JSON.stringify(details)}::jsonb`;
}
