// The end of a site: what it would end, and the removal. It goes in batches, as one statement for all tokens of a large site would
// be ended before it is done. After each the site is disabled as before and has fewer rows, so that it can be gone on with.

import { sql, type SQL } from 'drizzle-orm';
import type { AuditEvent } from '../../domain/audit.ts';
import type { MailboxAddress } from '../../domain/mailbox-address.ts';
import type { SiteUrl } from '../../domain/site-url.ts';
import type { Database } from '../database/driver/driver.ts';

export type SiteUse = {
	/** Mailboxes. */
	connected: number;
	usedSince: number;
	/** Events that its webhook has not taken. */
	waitingEvents: number;
};

export type RemovedRows = {
	siteId: number;
	/** Those that were not revoked before. */
	revoked: { storedTokenId: number; mailbox: MailboxAddress }[];
	/** Events that its webhook had not taken: they went with it. */
	droppedEvents: number;
	isSiteGone: boolean;
};

/** Who removes it, and now. */
export type RemovedBy = Pick<AuditEvent, 'at' | 'actor' | 'actorName' | 'clientAddress'>;

export type RemovalStore = {
	countUse(siteId: number, since: Date): Promise<SiteUse>;
	/** The removal that was begun since then, though the site is there, and what it has revoked. */
	findBegun(siteId: number, since: Date): Promise<{ revoked: number } | undefined>;
	/**
	 * Every row that names it, a batch at a time, and the site itself with the last. The numbers of its tokens stay taken. Ends
	 * without it where no such site is disabled, or it is enabled meanwhile. The audit trail is written in the same statements,
	 * so that a process that is killed loses nothing of it: what a restore brings back is revoked again by it.
	 */
	remove(url: SiteUrl, by?: () => RemovedBy): AsyncGenerator<RemovedRows>;
};

/** A fraction of a second, where a statement may take five. */
const BATCH = 1_000;

/** Why a token was revoked, in the audit trail. */
const SITE_REMOVED = sql.raw(`'site_removed'`);

/** What a site may have many of; what refers to others comes before them. */
const PARTS: readonly ((by: RemovedBy | undefined) => SQL)[] = [
	() => batchOf(sql`sign_ins`),
	() => batchOf(sql`connect_links`),
	batchOfTokens,
	() =>
		batchOf(sql`site_events`, {
			dropped: sql`(select count(*)::int from gone where delivery = 'waiting')`,
		}),
];

export function createRemovalStore(database: Database): RemovalStore {
	return {
		async countUse(siteId, since) {
			// A token's row is written at the first use of a day.
			const firstDay = `${since.toISOString().slice(0, 10)}T00:00:00Z`;
			const [row] = await database.execute<{
				connected: number;
				used: number;
				waiting: number;
			}>(sql`
				select count(distinct mailbox)::int as connected,
					(count(distinct mailbox) filter (where last_resolved_at >= ${firstDay}::timestamptz))::int as used,
					(select count(*)::int from site_events where site_id = ${siteId} and delivery = 'waiting') as waiting
				from stored_tokens where site_id = ${siteId} and state <> 'revoked'`);
			const { connected = 0, used = 0, waiting = 0 } = row ?? {};
			return { connected, usedSince: used, waitingEvents: waiting };
		},
		async findBegun(siteId, since) {
			const [row] = await database.execute<{ revoked: number }>(sql`
				select (count(*) filter (where event = 'token_revoked'))::int as revoked from audit_events
				where (event = 'site_removal_begun' or (event = 'token_revoked' and detail = ${SITE_REMOVED}))
					and site_id = ${siteId} and at >= ${since.toISOString()}::timestamptz
				having count(*) > 0`);
			return row;
		},
		async *remove(url, by) {
			// A statement of its own: the trail tells of a removal that was broken off, too.
			if (by) await database.execute(auditBeginning(url, by()));
			for (const part of PARTS) {
				for (;;) {
					const [row] = await database.execute<Row>(sql`${siteOf(url)}, ${part(by?.())}`);
					if (row === undefined) return;
					yield { ...parseRow(row), isSiteGone: false };
					if (row.gone < BATCH) break;
				}
			}
			const [row] = await database.execute<{ id: string }>(removal(url, by?.()));
			if (row === undefined) return;
			yield { siteId: Number(row.id), revoked: [], droppedEvents: 0, isSiteGone: true };
		},
	};
}

type Row = {
	id: string;
	gone: number;
	revoked: { id: number; mailbox: string }[];
	dropped_events: number;
};

function parseRow({ id, revoked, dropped_events: droppedEvents }: Row) {
	return {
		siteId: Number(id),
		revoked: revoked.map((token) => ({
			storedTokenId: token.id,
			mailbox: token.mailbox as MailboxAddress,
		})),
		droppedEvents,
	};
}

function siteOf(url: SiteUrl): SQL {
	return sql`with site as (select id from sites where url = ${url} and disabled_at is not null)`;
}

function auditBeginning(url: SiteUrl, by: RemovedBy): SQL {
	return sql`
		${siteOf(url)}
		insert into audit_events (${AUDITED_BY}, event, site_id, detail)
		select ${valuesOf(by)}, 'site_removal_begun', id, ${url}::text from site`;
}

function batchOfTokens(by: RemovedBy | undefined): SQL {
	const numbers = sql`, numbers as (insert into retired_token_numbers (number) select id from gone)`;
	const audited =
		by &&
		sql`, audited as (
			insert into audit_events (${AUDITED_BY}, event, site_id, stored_token_id, mailbox, detail)
			select ${valuesOf(by)}, 'token_revoked', site_id, id, mailbox, ${SITE_REMOVED}
			from gone where state <> 'revoked'
		)`;
	return batchOf(sql`stored_tokens`, {
		also: sql`${numbers}${audited ?? sql``}`,
		revoked: sql`(select coalesce(jsonb_agg(jsonb_build_object('id', id, 'mailbox', mailbox)), '[]')
			from gone where state <> 'revoked')`,
	});
}

const AUDITED_BY = sql`at, actor, actor_name, client_address`;

function valuesOf({ at, actor, actorName, clientAddress }: RemovedBy): SQL {
	return sql`${at.toISOString()}::timestamptz, ${actor}::text, ${actorName ?? null}::text, ${clientAddress ?? null}::text`;
}

/** The rest of a statement that begins with the site. */
function batchOf(
	table: SQL,
	{ also = sql``, revoked = sql`'[]'::jsonb`, dropped = sql`0` }: Record<string, SQL> = {},
): SQL {
	return sql`
		gone as (
			delete from ${table} where id in (
				select id from ${table} where site_id = (select id from site) limit ${BATCH}
			) returning *
		)${also}
		select id, (select count(*)::int from gone) as gone, ${revoked} as revoked, ${dropped} as dropped_events
		from site`;
}

/** What it has few of, and the site. Foreign keys are checked at the end of the statement, when all of it is gone. */
function removal(url: SiteUrl, by: RemovedBy | undefined): SQL {
	const audited =
		by &&
		sql`, audited as (
			insert into audit_events (${AUDITED_BY}, event, site_id, detail)
			select ${valuesOf(by)}, 'site_removed', id, ${url}::text from site
		)`;
	return sql`
		with site as (
			select id from sites where url = ${url} and disabled_at is not null for update
		), return_urls as (
			delete from site_return_urls using site where site_id = site.id
		), keys as (
			delete from site_keys using site where site_id = site.id
		), domains as (
			delete from site_mail_domains using site where site_id = site.id
		), tenants as (
			delete from site_tenants using site where site_id = site.id
		), secrets as (
			delete from webhook_secrets using site where site_id = site.id
		), logos as (
			delete from site_logos using site where site_id = site.id
		)${audited ?? sql``}
		delete from sites using site where sites.id = site.id returning sites.id`;
}
