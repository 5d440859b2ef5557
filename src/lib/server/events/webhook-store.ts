// A site's webhook as the operator handles it: its URL, its secrets, and what became of its events.

import { and, desc, eq, inArray, isNull, or, sql, gt } from 'drizzle-orm';
import type { Database } from '../database/driver/driver.ts';
import { inBatches } from '../database/in-batches.ts';
import { siteEvents, webhookSecrets } from '../database/schema/events.ts';
import type { SealedSecret } from './delivery-store.ts';

export type WebhookState = {
	url: string | undefined;
	goneAt: Date | undefined;
	waiting: number;
	delivered: number;
	givenUp: number;
	/** All that sign now. */
	secrets: { createdAt: Date; expiresAt: Date | undefined }[];
};

export type UndeliveredEvent = {
	id: number;
	type: string;
	mailbox: string | undefined;
	at: Date;
	delivery: 'waiting' | 'given_up';
	tries: number;
	lastTriedAt: Date | undefined;
	nextTryAt: Date | undefined;
	lastResult: string | undefined;
};

export type DeliveredTest = { tries: number; delivery: string; lastResult: string | undefined };

export type WebhookStore = {
	/** With a new secret all others end; without one the URL alone is set. Undefined as URL ends the webhook. */
	saveUrl(
		siteId: number,
		webhook:
			| { url: string; secret: (Omit<SealedSecret, 'siteId'> & { now: Date }) | undefined }
			| undefined,
	): Promise<void>;
	/** The others end at `othersEndAt`. */
	addSecret(secret: SealedSecret, times: { now: Date; othersEndAt: Date }): Promise<void>;
	readState(siteId: number, now: Date): Promise<WebhookState>;
	/** The newest first: those that were tried in vain. */
	listUndelivered(siteId: number, limit: number): Promise<UndeliveredEvent[]>;
	/** What failed is due again until `deliverUntil`. How many. */
	retry(siteId: number, times: { now: Date; deliverUntil: Date }): Promise<number>;
	/** An event of no mailbox; its id. */
	addTest(siteId: number, times: { now: Date; deliverUntil: Date }): Promise<number>;
	findTest(siteId: number, id: number): Promise<DeliveredTest | undefined>;
};

export function createWebhookStore(database: Database): WebhookStore {
	return {
		saveUrl: (siteId, webhook) => saveUrl(database, siteId, webhook),
		async addSecret({ id, siteId, sealed }, { now, othersEndAt }) {
			const endsAt = othersEndAt.toISOString();
			await database.execute(sql`
				with ended as (
					-- One that is ending already gets no longer life.
					update webhook_secrets set expires_at = ${endsAt}::timestamptz
					where site_id = ${siteId} and (expires_at is null or expires_at > ${endsAt}::timestamptz)
				)
				insert into webhook_secrets (id, site_id, sealed_secret, created_at)
				values (${id}, ${siteId}, ${sealed}, ${now.toISOString()}::timestamptz)`);
		},
		readState: (siteId, now) => readState(database, siteId, now),
		async listUndelivered(siteId, limit) {
			const wasTried = and(eq(siteEvents.delivery, 'waiting'), gt(siteEvents.tries, 0));
			const rows = await database
				.select()
				.from(siteEvents)
				.where(
					and(eq(siteEvents.siteId, siteId), or(eq(siteEvents.delivery, 'given_up'), wasTried)),
				)
				.orderBy(desc(siteEvents.id))
				.limit(limit);
			return rows.map(parseUndelivered);
		},
		async retry(siteId, { now, deliverUntil }) {
			return inBatches(async (limit) => {
				const due = await database.execute(sql`
					with site as (
						update sites set webhook_gone_at = null where id = ${siteId} and webhook_url is not null returning id
					)
					update site_events set delivery = 'waiting', tries = 0, next_try_at = ${now.toISOString()}::timestamptz,
						deliver_until = greatest(deliver_until, ${deliverUntil.toISOString()}::timestamptz)
					where id in (
						select id from site_events where site_id = (select id from site) and lease_owner is null
							and (delivery = 'given_up' or (delivery = 'waiting' and tries > 0))
						limit ${limit} for update skip locked
					) returning id`);
				return due.length;
			});
		},
		async addTest(siteId, { now, deliverUntil }) {
			const [row] = await database.execute<{ id: string }>(sql`
				with site as materialized (
					select id from sites where id = ${siteId} for no key update
				)
				insert into site_events (site_id, type, at, details, delivery, next_try_at, deliver_until)
				select site.id, 'webhook.test', ${now.toISOString()}::timestamptz, '{}'::jsonb, 'waiting',
					${now.toISOString()}::timestamptz, ${deliverUntil.toISOString()}::timestamptz
				from site returning id`);
			return Number(row?.id);
		},
		async findTest(siteId, id) {
			const [row] = await database
				.select()
				.from(siteEvents)
				.where(and(eq(siteEvents.siteId, siteId), eq(siteEvents.id, id)));
			if (row?.delivery == null) return undefined;
			return { tries: row.tries, delivery: row.delivery, lastResult: row.lastResult ?? undefined };
		},
	};
}

async function saveUrl(
	database: Database,
	siteId: number,
	webhook: Parameters<WebhookStore['saveUrl']>[1],
): Promise<void> {
	const secret = webhook?.secret;
	const isNew = webhook === undefined || secret !== undefined;
	await database.execute(sql`
		with site as (
			update sites set webhook_url = ${webhook?.url ?? null}, webhook_gone_at = null
			where id = ${siteId} returning id
		), ended as (
			delete from webhook_secrets using site where site_id = site.id and ${isNew}::boolean
		)
		insert into webhook_secrets (id, site_id, sealed_secret, created_at)
		select ${secret?.id ?? ''}, site.id, ${secret?.sealed ?? ''},
			${(secret?.now ?? new Date(0)).toISOString()}::timestamptz
		from site where ${secret !== undefined}::boolean`);
	// From then on none is added that waits.
	if (webhook === undefined) await inBatches((limit) => dropWaiting(database, siteId, limit));
}

async function dropWaiting(database: Database, siteId: number, limit: number): Promise<number> {
	const dropped = await database.execute(sql`
		update site_events set delivery = null, next_try_at = null, lease_owner = null where id in (
			select id from site_events where site_id = ${siteId} and delivery = 'waiting' limit ${limit} for update
		) returning id`);
	return dropped.length;
}

async function readState(database: Database, siteId: number, now: Date): Promise<WebhookState> {
	const [row] = await database.execute<{
		webhook_url: string | null;
		gone_ms: number | null;
		waiting: number;
		delivered: number;
		given_up: number;
	}>(sql`
		select webhook_url, (extract(epoch from webhook_gone_at) * 1000)::float8 as gone_ms,
			(select count(*)::int from site_events where site_id = sites.id and delivery = 'waiting') as waiting,
			(select count(*)::int from site_events where site_id = sites.id and delivery = 'delivered') as delivered,
			(select count(*)::int from site_events where site_id = sites.id and delivery = 'given_up') as given_up
		from sites where id = ${siteId}`);
	const secrets = await database
		.select({ createdAt: webhookSecrets.createdAt, expiresAt: webhookSecrets.expiresAt })
		.from(webhookSecrets)
		.where(
			and(
				inArray(webhookSecrets.siteId, [siteId]),
				or(isNull(webhookSecrets.expiresAt), gt(webhookSecrets.expiresAt, now)),
			),
		)
		.orderBy(webhookSecrets.createdAt);
	return {
		url: row?.webhook_url ?? undefined,
		goneAt: row?.gone_ms == null ? undefined : new Date(row.gone_ms),
		waiting: row?.waiting ?? 0,
		delivered: row?.delivered ?? 0,
		givenUp: row?.given_up ?? 0,
		secrets: secrets.map(({ createdAt, expiresAt }) => ({
			createdAt,
			expiresAt: expiresAt ?? undefined,
		})),
	};
}

function parseUndelivered(row: typeof siteEvents.$inferSelect): UndeliveredEvent {
	const { id, type, at, tries } = row;
	return {
		...{ id, type, at, tries },
		mailbox: row.mailbox ?? undefined,
		delivery: row.delivery === 'given_up' ? 'given_up' : 'waiting',
		lastTriedAt: row.lastTriedAt ?? undefined,
		nextTryAt: row.nextTryAt ?? undefined,
		lastResult: row.lastResult ?? undefined,
	};
}
