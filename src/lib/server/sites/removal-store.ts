// The end of a site: what it would end, and the removal itself, as one statement, so that nothing of it is ever left half.

import { sql } from 'drizzle-orm';
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

export type RemovedSite = {
	siteId: number;
	/** Those that were not revoked before. */
	revoked: { storedTokenId: number; mailbox: MailboxAddress }[];
	/** Events that its webhook had not taken: they went with it. */
	droppedEvents: number;
};

export type RemovalStore = {
	countUse(siteId: number, since: Date): Promise<SiteUse>;
	/** With every row that names it. The numbers of its tokens stay taken. Undefined when no such site is disabled. */
	remove(url: SiteUrl): Promise<RemovedSite | undefined>;
};

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
		async remove(url) {
			const [row] = await database.execute<{
				id: string;
				revoked: { id: number; mailbox: string }[];
				dropped_events: number;
			}>(removal(url));
			if (row === undefined) return undefined;
			const { id, revoked, dropped_events: droppedEvents } = row;
			return { siteId: Number(id), revoked: revoked.map(parseRevoked), droppedEvents };
		},
	};
}

/** Foreign keys are checked at the end of the statement, when all of it is gone. */
function removal(url: SiteUrl) {
	return sql`
		with site as (
			select id from sites where url = ${url} and disabled_at is not null for update
		), tokens as (
			delete from stored_tokens using site where site_id = site.id
			returning stored_tokens.id, mailbox, state
		), numbers as (
			insert into retired_token_numbers (number) select id from tokens
		), links as (
			delete from connect_links using site where site_id = site.id
		), return_urls as (
			delete from site_return_urls using site where site_id = site.id
		), attempts as (
			delete from sign_ins using site where site_id = site.id
		), keys as (
			delete from site_keys using site where site_id = site.id
		), domains as (
			delete from site_mail_domains using site where site_id = site.id
		), tenants as (
			delete from site_tenants using site where site_id = site.id
		), events as (
			delete from site_events using site where site_id = site.id
			returning delivery
		), secrets as (
			delete from webhook_secrets using site where site_id = site.id
		), logos as (
			delete from site_logos using site where site_id = site.id
		), removed as (
			delete from sites using site where sites.id = site.id returning sites.id
		)
		select id, (
			select coalesce(jsonb_agg(jsonb_build_object('id', id, 'mailbox', mailbox)), '[]')
			from tokens where state <> 'revoked'
		) as revoked, (select count(*)::int from events where delivery = 'waiting') as dropped_events
		from removed`;
}

function parseRevoked(row: { id: number; mailbox: string }): RemovedSite['revoked'][number] {
	return { storedTokenId: row.id, mailbox: row.mailbox as MailboxAddress };
}
