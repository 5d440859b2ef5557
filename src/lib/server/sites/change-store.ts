// What is changed of a site, as one statement: either all of it or nothing, and never so that nothing is left to say
// whose mailboxes the site may use.

import { sql, type SQL } from 'drizzle-orm';
import type { MailDomain } from '../../domain/mailbox-address.ts';
import { MAIL_PROTOCOLS, type MailProtocol } from '../../domain/mail-protocol.ts';
import type { SiteUrl } from '../../domain/site-url.ts';
import type { Database } from '../database/driver/driver.ts';
import { sites } from '../database/schema/tables.ts';
import { textArray } from '../database/text-array.ts';
import type { SiteDetails, SiteLogo } from './site-store.ts';

/** What is left out stays as it is. */
export type SiteChange = {
	name: string | undefined;
	anyMailbox: boolean | undefined;
	addMailDomains: readonly MailDomain[];
	removeMailDomains: readonly MailDomain[];
	addTenants: readonly string[];
	removeTenants: readonly string[];
	details: Partial<SiteDetails>;
};

export type ChangedSite = { siteId: number; isBound: boolean };

/**
 * `isBound` is false where nothing was changed. Undefined where there is no such site. Of two changes at once the second
 * would not see what the first did to domains and tenants, and both could take the last bound: it is begun again.
 */
export async function changeSiteRow(
	database: Database,
	url: SiteUrl,
	change: SiteChange,
): Promise<ChangedSite | undefined> {
	for (;;) {
		const [seen] = await database.execute<{ version: string }>(
			sql`select xmin::text as version from sites where url = ${url}`,
		);
		if (seen === undefined) return undefined;
		const [row] = await database.execute<{ id: string; is_bound: boolean }>(
			changeStatement(url, seen.version, change),
		);
		if (row !== undefined) return { siteId: Number(row.id), isBound: row.is_bound };
	}
}

/** A row for a site that is as it was seen: each change writes it. */
function changeStatement(url: SiteUrl, version: string, change: SiteChange): SQL {
	const addedDomains = textArray(change.addMailDomains);
	const removedDomains = textArray(change.removeMailDomains);
	const addedTenants = textArray(change.addTenants);
	const removedTenants = textArray(change.removeTenants);
	return sql`
		with site as (
			select id, any_mailbox from sites where url = ${url} and xmin::text = ${version} for update
		), domains as (
			select domain from site_mail_domains join site on site.id = site_id
			where domain <> all (${removedDomains})
			union select unnest(${addedDomains})
		), tenants as (
			select tenant_id from site_tenants join site on site.id = site_id
			where tenant_id <> all (${removedTenants})
			union select unnest(${addedTenants})
		), bound as (
			select id from site
			where coalesce(${change.anyMailbox ?? null}::boolean, any_mailbox)
				or exists (select from domains) or exists (select from tenants)
		), changed as (
			update sites set ${assignments(change)} from bound where sites.id = bound.id
		), dropped_domains as (
			delete from site_mail_domains using bound
			where site_id = bound.id and domain = any (${removedDomains})
		), added_domains as (
			insert into site_mail_domains (site_id, domain)
			select bound.id, domain from bound, unnest(${addedDomains}) as domain
			on conflict do nothing
		), dropped_tenants as (
			delete from site_tenants using bound
			where site_id = bound.id and tenant_id = any (${removedTenants})
		), added_tenants as (
			insert into site_tenants (site_id, tenant_id)
			select bound.id, tenant from bound, unnest(${addedTenants}) as tenant
			on conflict do nothing
		)${returnUrlChange(change.details)}${logoChange(change.details.logo)}
		select id, exists (select from bound) as is_bound from site`;
}

function assignments({ name, anyMailbox, details }: SiteChange): SQL {
	const { protocols, supportUrl, advice, requiresLink } = details;
	const { ownerMail, noticesTo } = details;
	const set = [
		sql`name = coalesce(${name ?? null}, name)`,
		sql`any_mailbox = coalesce(${anyMailbox ?? null}::boolean, any_mailbox)`,
		...(protocols === undefined ? [] : [sql`protocols = ${textArray(protocols)}`]),
		...MAIL_PROTOCOLS.flatMap((protocol) => {
			const server = details[`${protocol}Server`];
			return server === undefined ? [] : [sql`${serverColumn(protocol)} = ${server}`];
		}),
		...(supportUrl === undefined ? [] : [sql`support_url = ${supportUrl}`]),
		...(advice === undefined ? [] : [sql`advice = ${advice}`]),
		...(requiresLink === undefined ? [] : [sql`requires_link = ${requiresLink}`]),
		...(ownerMail === undefined ? [] : [sql`owner_mail = ${ownerMail}`]),
		...(noticesTo === undefined ? [] : [sql`notices_to = ${noticesTo}`]),
	];
	return sql.join(set, sql`, `);
}

function returnUrlChange({
	addReturnUrls = [],
	removeReturnUrls = [],
}: SiteChange['details']): SQL {
	return sql`, dropped_return_urls as (
		delete from site_return_urls using bound
		where site_id = bound.id and url = any (${textArray(removeReturnUrls)})
	), added_return_urls as (
		insert into site_return_urls (site_id, url)
		select bound.id, url from bound, unnest(${textArray(addReturnUrls)}) as url
		on conflict do nothing
	)`;
}

function logoChange(logo: SiteLogo | null | undefined): SQL {
	if (logo === undefined) return sql``;
	if (logo !== null) return sql`, ${addLogo(logo, sql`bound`)}`;
	return sql`, dropped_logo as (delete from site_logos using bound where site_id = bound.id)`;
}

/** Of the server that its owners enter for a protocol. */
export function serverColumn(protocol: MailProtocol): SQL {
	return sql`${sql.identifier(sites[`${protocol}Server`].name)}`;
}

/** A part of a statement, for the site in `from`. */
export function addLogo({ contentType, bytes, digest }: SiteLogo, from: SQL): SQL {
	return sql`logo as (
		insert into site_logos (site_id, content_type, bytes, digest)
		select id, ${contentType}, decode(${bytes.toString('hex')}, 'hex'), ${digest} from ${from}
		on conflict (site_id) do update set
			content_type = excluded.content_type, bytes = excluded.bytes, digest = excluded.digest
	)`;
}
