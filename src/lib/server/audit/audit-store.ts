// The audit trail. Its rows are added and read, and never changed: the database itself refuses that.

import { and, desc, eq, gte, inArray, sql, type SQL } from 'drizzle-orm';
import type { AuditEvent, AuditEventName } from '../../domain/audit.ts';
import type { SiteUrl } from '../../domain/site-url.ts';
import type { Database } from '../database/driver/driver.ts';
import { sites } from '../database/schema/tables.ts';
import { auditEvents } from '../database/schema/watch.ts';
import { listUses } from './use-history-store.ts';

export type AuditFilter = {
	since?: Date | undefined;
	site?: SiteUrl | undefined;
	mailbox?: string | undefined;
	event?: AuditEventName | undefined;
	limit: number;
};

/** What is looked for in events, and in uses. */
export type SourceFilter = Pick<AuditFilter, 'since' | 'mailbox' | 'event'> & {
	siteIds: readonly number[] | undefined;
	pageSize: number;
};

export type AuditRecord = AuditEvent & { site: string | undefined };

export type AuditStore = {
	add(events: readonly AuditEvent[]): Promise<void>;
	/** The newest first, with how tokens were used; read in pages, however many there are. */
	list(filter: AuditFilter): AsyncGenerator<AuditRecord>;
};

export function createAuditStore(database: Database): AuditStore {
	return {
		async add(events) {
			await database.insert(auditEvents).values(events.map(withSubject));
		},
		async *list({ site, limit, ...filter }) {
			const siteIds = site && (await findSiteIds(database, site));
			if (siteIds?.length === 0) return;
			const source = { ...filter, siteIds, pageSize: Math.min(limit, MAX_PAGE) };
			let left = limit;
			for await (const record of newestFirst(
				listEvents(database, source),
				listUses(database, source),
			)) {
				yield record;
				if (--left === 0) return;
			}
		},
	};
}

/** Rows of events, and as many of uses, that are in memory at a time. */
const MAX_PAGE = 5000;

/** Of two that are in this order themselves. */
async function* newestFirst(
	one: AsyncGenerator<AuditRecord>,
	other: AsyncGenerator<AuditRecord>,
): AsyncGenerator<AuditRecord> {
	let [first, second] = await Promise.all([one.next(), other.next()]);
	for (;;) {
		if (!first.done && (second.done || first.value.at >= second.value.at)) {
			yield first.value;
			first = await one.next();
		} else if (!second.done) {
			yield second.value;
			second = await other.next();
		} else {
			return;
		}
	}
}

/** Also of sites that had this URL and were removed: their audit events say so. */
async function findSiteIds(database: Database, site: SiteUrl): Promise<number[]> {
	const rows = await database.execute<{ id: string | null }>(sql`
		select id from sites where url = ${site}
		union select site_id from audit_events where event = 'site_removed' and detail = ${site}`);
	return rows.flatMap(({ id }) => (id === null ? [] : [Number(id)]));
}

async function* listEvents(
	database: Database,
	{ since, siteIds, mailbox, event, pageSize }: SourceFilter,
): AsyncGenerator<AuditRecord> {
	const condition = and(
		since && gte(auditEvents.at, since),
		siteIds && inArray(auditEvents.siteId, [...siteIds]),
		mailbox === undefined ? undefined : eq(auditEvents.mailbox, mailbox),
		event && eq(auditEvents.event, event),
	);
	let last: { exactAt: string; event: { id: number } } | undefined;
	do {
		const rows = await database
			.select({
				event: auditEvents,
				site: SITE_OF_EVENT,
				// A `Date` has milliseconds, the column microseconds.
				exactAt: sql<string>`${auditEvents.at}::text`,
			})
			.from(auditEvents)
			.leftJoin(sites, eq(sites.id, auditEvents.siteId))
			.where(and(condition, last && olderThan(last.exactAt, last.event.id)))
			.orderBy(desc(auditEvents.at), desc(auditEvents.id))
			.limit(pageSize);
		for (const { event, site } of rows) yield { ...parseEvent(event), site: site ?? undefined };
		last = rows.length < pageSize ? undefined : rows.at(-1);
	} while (last !== undefined);
}

function olderThan(at: string, id: number): SQL {
	return sql`(${auditEvents.at}, ${auditEvents.id}) < (${at}::timestamptz, ${id}::bigint)`;
}

/**
 * Whose sign-in or token it was: support looks for a site and a mailbox, and what is noted knows the one or the other id at
 * times. The rows are there for a day and longer; an event is written within seconds.
 */
function withSubject({ siteId, signInId, storedTokenId, mailbox, ...event }: AuditEvent) {
	const signIn = signInId ?? null;
	const site = sql`coalesce(${siteId ?? null}::bigint, (select site_id from sign_ins where id = ${signIn}))`;
	const ofSignIn = sql`(select mailbox from sign_ins where id = ${signIn})`;
	const ofToken = sql`(select token.mailbox from stored_tokens as token
		where token.site_id = ${siteId ?? null}::bigint and token.id = ${storedTokenId ?? null}::bigint)`;
	return {
		...event,
		...{ signInId, storedTokenId },
		siteId: site,
		mailbox: sql`coalesce(${mailbox ?? null}, ${ofSignIn}, ${ofToken})`,
	};
}

/** Of a site that was removed, its last event says what it was called. */
const SITE_OF_EVENT = sql<string | null>`coalesce(${sites.url}, (
	select removal.detail from audit_events removal
	where removal.event = 'site_removed' and removal.site_id = ${auditEvents.siteId}
	limit 1))`;

function parseEvent(row: typeof auditEvents.$inferSelect): AuditEvent {
	return {
		at: row.at,
		event: row.event,
		actor: row.actor,
		actorName: row.actorName ?? undefined,
		clientAddress: row.clientAddress ?? undefined,
		siteId: row.siteId ?? undefined,
		signInId: row.signInId ?? undefined,
		storedTokenId: row.storedTokenId ?? undefined,
		mailbox: row.mailbox ?? undefined,
		detail: row.detail ?? undefined,
	};
}
