// The figures of all stored tokens. Counting reads the whole table: where that takes long, one instance does it now and then
// for all of them.

import { sql, type SQL } from 'drizzle-orm';
import {
	LAPSING_DAYS,
	REFRESH_TOKEN_IDLE_DAYS,
	type TokenFigures,
} from '../../domain/stored-token.ts';
import type { Database } from '../database/driver/driver.ts';
import { tokenFigures } from '../database/schema/watch.ts';
import { timestamp } from '../database/timestamp.ts';

export type FiguresStore = {
	/** At most a minute old, and no older than a hundred times what counting takes; a little older while another instance counts. */
	read(now: Date): Promise<TokenFigures>;
};

/** No more than one percent of the time is spent on counting. */
const AGE_PER_COST = 100;
const MAX_AGE_MS = 60_000;

/** Any constant will do; this one is ours. */
const COUNTING_LOCK = 4_812_577_303;

export function createFiguresStore(
	database: Database,
	elapsedMs = () => performance.now(),
): FiguresStore {
	let costMs = 0;
	const findKept = async () => (await database.select().from(tokenFigures))[0];
	return {
		async read(now) {
			const kept = await findKept();
			if (kept && isFresh(kept, now, Math.min(costMs * AGE_PER_COST, MAX_AGE_MS))) {
				return figuresOf(kept, now);
			}
			const begun = elapsedMs();
			const counted = await database.execute(countStatement(now));
			if (counted.length > 0) costMs = elapsedMs() - begun;
			const latest = await findKept();
			if (latest === undefined) throw new Error('the stored tokens were not counted');
			return figuresOf(latest, now);
		},
	};
}

type Kept = typeof tokenFigures.$inferSelect;

function isFresh({ countedAt }: Kept, now: Date, maxAgeMs: number): boolean {
	const ageMs = now.getTime() - countedAt.getTime();
	return ageMs >= 0 && ageMs < maxAgeMs;
}

/** Does nothing where another instance counts; where nothing was ever counted, nobody waits for another. */
function countStatement(now: Date): SQL {
	const at = timestamp(now);
	return sql`
		with turn as materialized (
			select not exists (select from token_figures) or pg_try_advisory_xact_lock(${COUNTING_LOCK}) as is_mine
		), counted as (
			select state, jsonb_build_object(
				'count', count(*),
				'leased', count(*) filter (where lease_until > ${at}),
				'oldestRefresh', extract(epoch from min(last_refreshed_at)),
				'lapsing', jsonb_build_object(${sql.join(
					LAPSING_DAYS.map((days) => lapsingWithin(days, at)),
					sql`, `,
				)})
			) as figures
			from stored_tokens where (select is_mine from turn) group by state
		)
		insert into token_figures (counted_at, by_state)
		select ${at}, coalesce((select jsonb_object_agg(state, figures) from counted), '{}')
		from turn where is_mine
		on conflict (is_only) do update set counted_at = excluded.counted_at, by_state = excluded.by_state
		returning is_only`;
}

function lapsingWithin(days: number, at: SQL): SQL {
	const rested = REFRESH_TOKEN_IDLE_DAYS - days;
	return sql`${String(days)}::text,
		count(*) filter (where last_refreshed_at <= ${at} - ${rested}::int * interval '1 day')`;
}

function figuresOf({ byState }: Kept, now: Date): TokenFigures {
	const all = Object.entries(byState);
	const keptAlive = all
		.filter(([state]) => state === 'active' || state === 'degraded')
		.map(([, figures]) => figures);
	const oldest = Math.min(...keptAlive.map(({ oldestRefresh }) => oldestRefresh));
	return {
		byState: new Map(all.map(([state, { count }]) => [state, count])),
		oldestRefreshAgeSeconds: keptAlive.length === 0 ? undefined : now.getTime() / 1000 - oldest,
		lapsing: new Map(
			LAPSING_DAYS.map((days) => [
				days,
				keptAlive.reduce((sum, { lapsing }) => sum + (lapsing[days] ?? 0), 0),
			]),
		),
		leased: all.reduce((sum, [, { leased }]) => sum + leased, 0),
	};
}
