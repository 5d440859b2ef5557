// What sites are told of their tokens because time has passed: each is marked and its event written in one statement. Any
// number of instances may do it: what another one has in hand is left to it.

import { sql, type SQL } from 'drizzle-orm';
import { REFRESH_TOKEN_IDLE_DAYS } from '../../domain/stored-token.ts';
import type { Database } from '../database/driver/driver.ts';
import { addSiteEvents } from '../database/site-events.ts';

export type ReportStore = {
	/** Of tokens whose refreshes fail since `failingSince` or longer, each once. How many there were, at most `limit`. */
	reportDegraded(now: Date, failingSince: Date, limit: number): Promise<number>;
	/** Of tokens that end in 30, 7 or 1 days because nothing could refresh them. How many there were, at most `limit`. */
	reportLapses(now: Date, limit: number): Promise<number>;
	/** Of tokens that no site resolved since somebody signed in for them, 7 and 1 days before `neverUsedDays` are over. */
	reportNeverUsed(now: Date, neverUsedDays: number, limit: number): Promise<number>;
};

const IDLE_NOTICE_DAYS = [1, 7, 30];
const NEVER_USED_NOTICE_DAYS = [1, 7];

/** What counts as told so far where nothing was. */
const NOTHING_REPORTED = 1_000;

export function createReportStore(database: Database): ReportStore {
	async function reportEnding(now: Date, ending: Ending, limit: number): Promise<number> {
		const [row] = await database.execute<{ count: number }>(endingStatement(now, ending, limit));
		return row?.count ?? 0;
	}
	return {
		async reportDegraded(now, failingSince, limit) {
			const [row] = await database.execute<{ count: number }>(sql`
				with due as (
					select id from stored_tokens
					where failing_since <= ${failingSince.toISOString()}::timestamptz
						and state = 'degraded' and degraded_reported_at is null
					limit ${limit} for update skip locked
				), reported as (
					update stored_tokens set degraded_reported_at = ${now.toISOString()}::timestamptz
					from due where stored_tokens.id = due.id
					returning stored_tokens.id, site_id, mailbox, problem_code, problem_reference
				), ${addSiteEvents(sql`reported`, {
					type: 'mailbox.degraded',
					at: now,
					details: sql`jsonb_build_object('problem', jsonb_strip_nulls(jsonb_build_object(
						'code', changed.problem_code, 'reference', changed.problem_reference)))`,
				})}
				select count(*)::int as count from reported`);
			return row?.count ?? 0;
		},
		reportLapses: (now, limit) =>
			reportEnding(
				now,
				{
					condition: sql`state in ('active', 'degraded') and last_resolved_at is not null`,
					counted: sql`last_refreshed_at`,
					days: REFRESH_TOKEN_IDLE_DAYS,
					noticeDays: IDLE_NOTICE_DAYS,
					reason: undefined,
				},
				limit,
			),
		reportNeverUsed: (now, neverUsedDays, limit) =>
			reportEnding(
				now,
				{
					condition: sql`state in ('active', 'degraded') and last_resolved_at is null`,
					counted: sql`signed_in_at`,
					days: neverUsedDays,
					// Nobody is warned on the day on which they signed in.
					noticeDays: NEVER_USED_NOTICE_DAYS.filter((days) => days < neverUsedDays),
					reason: 'never_used',
				},
				limit,
			),
	};
}

type Ending = {
	condition: SQL;
	/** The column from which the days are counted. */
	counted: SQL;
	days: number;
	noticeDays: readonly number[];
	reason: 'never_used' | undefined;
};

function endingStatement(now: Date, ending: Ending, limit: number): SQL {
	const { condition, counted, days, noticeDays, reason } = ending;
	const at = sql`${now.toISOString()}::timestamptz`;
	const leftDays = (column: SQL) =>
		sql`extract(epoch from ${column} + ${days}::int * interval '1 day' - ${at}) / 86400`;
	const notices = sql.join(
		noticeDays.map(
			(notice) => sql`when ${leftDays(counted)} <= ${notice}::int then ${notice}::int`,
		),
		sql` `,
	);
	const first = Math.max(0, ...noticeDays);
	const reported = sql`coalesce(lapse_reported_days, ${NOTHING_REPORTED}::int)`;
	const notice = noticeDays.length === 0 ? sql`null::int` : sql`case ${notices} end`;
	return sql`
		with due as (
			select id, ${notice} as notice from stored_tokens
			where ${condition}
				and ${counted} <= ${at} - ${days - first}::int * interval '1 day'
				and ${notice} < ${reported}
			limit ${limit} for update skip locked
		), reported as (
			update stored_tokens set lapse_reported_days = due.notice
			from due where stored_tokens.id = due.id
			returning stored_tokens.id, site_id, mailbox, ${counted} + ${days}::int * interval '1 day' as lapses_at
		), ${addSiteEvents(sql`reported`, {
			type: 'mailbox.lapse_scheduled',
			at: now,
			details: sql`jsonb_strip_nulls(jsonb_build_object(
				'lapses_at', to_char(changed.lapses_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
				'reason', ${reason ?? null}::text))`,
		})}
		select count(*)::int as count from reported`;
}
