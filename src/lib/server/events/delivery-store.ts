// The outbox: events that wait for their webhook. Any number of instances take from it by `FOR UPDATE SKIP LOCKED`, each under a
// lease, so that none waits for another; what an instance that died had in hand is taken again when its lease is over.

import { inArray, sql } from 'drizzle-orm';
import type { SiteEvent } from '../../domain/site-event.ts';
import type { Database } from '../database/driver/driver.ts';
import { siteEvents, webhookSecrets } from '../database/schema/events.ts';
import { inBatches } from '../database/in-batches.ts';
import { seeGivenUpWebhooks } from '../database/operator-notices.ts';
import { DELIVERY_DAYS_MS } from '../database/site-events.ts';
import { numberArray } from '../database/text-array.ts';
import { parseEvent } from './event-store.ts';

export type LeasedEvent = SiteEvent & {
	site: string;
	webhookUrl: string;
	leaseOwner: string;
	/** Before this one. */
	tries: number;
	/** After this it is given up. */
	deliverUntil: Date;
};

export type SealedSecret = { id: string; siteId: number; sealed: string };

/** `gone`: the receiver wants no more, so the rest of its site is given up too. */
export type DeliveryOutcome = Pick<LeasedEvent, 'id' | 'siteId' | 'leaseOwner'> & {
	delivery: 'waiting' | 'delivered' | 'given_up';
	nextTryAt: Date | undefined;
	triedAt: Date;
	result: string;
};

export type LeaseTerms = {
	leaseOwner: string;
	now: Date;
	leaseUntil: Date;
	limit: number;
	/** Of one site. */
	limitOfSite: number;
	/** Sites that have enough under way. */
	busy: readonly number[];
	/** Sites whose receiver is in trouble: one event at a time. */
	troubled: readonly number[];
};

export type WaitingFigures = { waiting: number; oldestSeconds: number };

export type DeliveryStore = {
	/** Of each site the longest due first. None of a disabled site, or of one whose receiver is gone. */
	leaseDue(terms: LeaseTerms): Promise<LeasedEvent[]>;
	/** Of these sites, those that have not ended. */
	listSecrets(siteIds: readonly number[], now: Date): Promise<SealedSecret[]>;
	saveOutcomes(outcomes: readonly DeliveryOutcome[]): Promise<void>;
	/** Nothing is posted to this site's receiver until the operator says so. */
	saveGone(siteId: number, now: Date): Promise<void>;
	/** Those whose time is over without a try, as when a receiver was down with many before them. How many. */
	giveUpOld(now: Date): Promise<number>;
	readWaiting(now: Date): Promise<WaitingFigures>;
};

export function createDeliveryStore(database: Database): DeliveryStore {
	return {
		async leaseDue(terms) {
			const leased = await database.execute<{ id: string; site: string; webhook_url: string }>(
				leaseStatement(terms),
			);
			if (leased.length === 0) return [];
			const bySite = new Map(leased.map((row) => [Number(row.id), row]));
			const rows = await database
				.select()
				.from(siteEvents)
				.where(inArray(siteEvents.id, [...bySite.keys()]));
			return rows.flatMap((row) => {
				const receiver = bySite.get(row.id);
				return receiver === undefined || row.leaseOwner !== terms.leaseOwner
					? []
					: [parseLeased(row, receiver.site, receiver.webhook_url, terms.leaseOwner)];
			});
		},
		async listSecrets(siteIds, now) {
			const rows = await database
				.select()
				.from(webhookSecrets)
				.where(
					sql`${inArray(webhookSecrets.siteId, [...siteIds])} and (${webhookSecrets.expiresAt} is null
						or ${webhookSecrets.expiresAt} > ${now.toISOString()}::timestamptz)`,
				)
				.orderBy(webhookSecrets.createdAt);
			return rows.map(({ id, siteId, sealedSecret: sealed }) => ({ id, siteId, sealed }));
		},
		async saveOutcomes(outcomes) {
			const rows = JSON.stringify(
				outcomes.map((outcome) => ({
					id: outcome.id,
					owner: outcome.leaseOwner,
					delivery: outcome.delivery,
					next: outcome.nextTryAt ?? null,
					tried: outcome.triedAt,
					result: outcome.result,
				})),
			);
			const at = outcomes.at(-1)?.triedAt;
			if (at === undefined) return;
			await database.execute(sql`
				with updated as (
				update site_events as event set delivery = said.delivery, next_try_at = said.next,
					tries = event.tries + 1, last_tried_at = said.tried, last_result = said.result, lease_owner = null
				from jsonb_to_recordset(${rows}::jsonb) as said (
					id bigint, owner text, delivery text, next timestamptz, tried timestamptz, result text)
				where event.id = said.id and event.lease_owner = said.owner and event.delivery = 'waiting'
				returning event.site_id, event.delivery
				), given_up as (select site_id from updated where delivery = 'given_up'),
				${seeGivenUpWebhooks(sql`given_up`, at)} select 1`);
		},
		async saveGone(siteId, now) {
			await database.execute(
				sql`update sites set webhook_gone_at = ${now.toISOString()}::timestamptz where id = ${siteId}`,
			);
			await inBatches(async (limit) => {
				const given = await database.execute(sql`
					update site_events set delivery = 'given_up', next_try_at = null, last_result = coalesce(last_result, 'GONE')
					where id in (
						select id from site_events where site_id = ${siteId} and delivery = 'waiting' and lease_owner is null
						limit ${limit} for update
					) returning id`);
				return given.length;
			});
		},
		async giveUpOld(now) {
			return inBatches(async (limit) => {
				const given = await database.execute(sql`
					with given_up as (
						update site_events set delivery = 'given_up', next_try_at = null where id in (
							select id from site_events
							where delivery = 'waiting' and deliver_until < ${now.toISOString()}::timestamptz
								and (lease_owner is null or next_try_at < ${now.toISOString()}::timestamptz)
							limit ${limit} for update skip locked
						) returning id, site_id
					), ${seeGivenUpWebhooks(sql`given_up`, now)}
					select id from given_up`);
				return given.length;
			});
		},
		async readWaiting(now) {
			const [row] = await database.execute<{ waiting: number; oldest: number | null }>(sql`
				select count(*)::int as waiting,
					extract(epoch from ${now.toISOString()}::timestamptz - min(at))::float8 as oldest
				from site_events where delivery = 'waiting'`);
			return { waiting: row?.waiting ?? 0, oldestSeconds: Math.max(0, row?.oldest ?? 0) };
		},
	};
}

function leaseStatement(terms: LeaseTerms) {
	const now = sql`${terms.now.toISOString()}::timestamptz`;
	return sql`
		with receivers as materialized (
			select id, url, webhook_url,
				case when id = any (${numberArray(terms.troubled)}) then 1 else ${terms.limitOfSite}::int end as allowed
			from sites
			where webhook_url is not null and webhook_gone_at is null and disabled_at is null
				and id <> all (${numberArray(terms.busy)})
		), due as (
			select event.id, receivers.url as site, receivers.webhook_url
			from (select * from receivers order by random()) as receivers cross join lateral (
				select id from site_events
				where site_id = receivers.id and delivery = 'waiting' and next_try_at <= ${now}
				order by next_try_at, id limit receivers.allowed
				for update skip locked
			) as event
			limit ${terms.limit}
		)
		update site_events set next_try_at = ${terms.leaseUntil.toISOString()}::timestamptz, lease_owner = ${terms.leaseOwner}
		from due where site_events.id = due.id
		returning site_events.id, due.site, due.webhook_url`;
}

function parseLeased(
	row: typeof siteEvents.$inferSelect,
	site: string,
	webhookUrl: string,
	leaseOwner: string,
): LeasedEvent {
	const { tries, at } = row;
	const deliverUntil = row.deliverUntil ?? new Date(at.getTime() + DELIVERY_DAYS_MS);
	return { ...parseEvent(row), site, webhookUrl, leaseOwner, tries, deliverUntil };
}
