// The registered sites: who may start a sign-in, and for which mailboxes.

import { and, eq, isNull, sql } from 'drizzle-orm';
import type { MailDomain } from '../../domain/mailbox-address.ts';
import type { SiteUrl } from '../../domain/site-url.ts';
import type { Database } from '../database/driver/driver.ts';
import { siteKeys, siteMailDomains, sites, siteTenants } from '../database/schema/tables.ts';

export type Site = {
	id: number;
	url: SiteUrl;
	name: string;
	anyMailbox: boolean;
	mailDomains: readonly string[];
	tenants: readonly string[];
};

export type NewSite = {
	url: SiteUrl;
	name: string;
	anyMailbox: boolean;
	mailDomains: readonly MailDomain[];
	tenants: readonly string[];
	keySha256: Buffer;
	createdAt: Date;
};

export type SiteStore = {
	/** The new site's id, or undefined when a site with this URL is registered already. */
	add(site: NewSite): Promise<number | undefined>;
	/** A disabled site is not found. */
	findByUrl(url: SiteUrl): Promise<Site | undefined>;
	findById(id: number): Promise<Site | undefined>;
	/** With the disabled ones. */
	list(): Promise<RegisteredSite[]>;
	/** False when there is no such site, or it is disabled already. */
	disable(url: SiteUrl, now: Date): Promise<boolean>;
	/** Adds a key and lets the others end. False when there is no such site. */
	addKey(url: SiteUrl, key: { keySha256: Buffer; now: Date; othersEndAt: Date }): Promise<boolean>;
	saveKeysUsed(used: ReadonlyMap<number, Date>): Promise<void>;
};

export type RegisteredSite = Site & {
	createdAt: Date;
	disabledAt: Date | undefined;
	keys: { createdAt: Date; expiresAt: Date | undefined; lastUsedAt: Date | undefined }[];
};

export function createSiteStore(database: Database): SiteStore {
	return {
		add: (site) => addSite(database, site),
		findByUrl: (url) => findSite(database, eq(sites.url, url)),
		findById: (id) => findSite(database, eq(sites.id, id)),
		list: () => listSites(database),
		async disable(url, now) {
			const rows = await database
				.update(sites)
				.set({ disabledAt: now })
				.where(and(eq(sites.url, url), isNull(sites.disabledAt)))
				.returning({ id: sites.id });
			return rows.length === 1;
		},
		addKey: (url, key) => addKey(database, url, key),
		async saveKeysUsed(used) {
			const seen = JSON.stringify([...used].map(([id, at]) => ({ id, at })));
			await database.execute(sql`
				update site_keys as key set last_used_at = greatest(key.last_used_at, seen.at)
				from jsonb_to_recordset(${seen}::jsonb) as seen (id bigint, at timestamptz)
				where key.id = seen.id`);
		},
	};
}

async function addSite(database: Database, site: NewSite): Promise<number | undefined> {
	const createdAt = site.createdAt.toISOString();
	const [row] = await database.execute<{ id: string }>(sql`
		with site as (
			insert into sites (url, name, any_mailbox, created_at)
			values (${site.url}, ${site.name}, ${site.anyMailbox}::boolean, ${createdAt}::timestamptz)
			on conflict do nothing
			returning id
		), domains as (
			insert into site_mail_domains (site_id, domain)
			select site.id, domain
			from site, jsonb_array_elements_text(${JSON.stringify([...new Set(site.mailDomains)])}::jsonb) as domain
		), tenants as (
			insert into site_tenants (site_id, tenant_id)
			select site.id, tenant
			from site, jsonb_array_elements_text(${JSON.stringify([...new Set(site.tenants)])}::jsonb) as tenant
		), key as (
			insert into site_keys (site_id, key_sha256, created_at)
			select site.id, decode(${site.keySha256.toString('hex')}, 'hex'), ${createdAt}::timestamptz from site
		)
		select id from site`);
	return row && Number(row.id);
}

async function addKey(
	database: Database,
	url: SiteUrl,
	{ keySha256, now, othersEndAt }: { keySha256: Buffer; now: Date; othersEndAt: Date },
): Promise<boolean> {
	const endsAt = othersEndAt.toISOString();
	const rows = await database.execute(sql`
		with site as (
			select id from sites where url = ${url} and disabled_at is null for update
		), ended as (
			-- A key that is ending already gets no longer life.
			update site_keys set expires_at = ${endsAt}::timestamptz
			from site
			where site_keys.site_id = site.id
				and (expires_at is null or expires_at > ${endsAt}::timestamptz)
		)
		insert into site_keys (site_id, key_sha256, created_at)
		select site.id, decode(${keySha256.toString('hex')}, 'hex'), ${now.toISOString()}::timestamptz from site
		returning id`);
	return rows.length === 1;
}

async function findSite(
	database: Database,
	condition: ReturnType<typeof eq>,
): Promise<Site | undefined> {
	const [row] = await database
		.select()
		.from(sites)
		.where(and(condition, isNull(sites.disabledAt)));
	return row && parseWithBounds(database, row);
}

async function listSites(database: Database): Promise<RegisteredSite[]> {
	const rows = await database.select().from(sites).orderBy(sites.url);
	return Promise.all(
		rows.map(async (row) => ({
			...(await parseWithBounds(database, row)),
			createdAt: row.createdAt,
			disabledAt: row.disabledAt ?? undefined,
			keys: await listKeys(database, row.id),
		})),
	);
}

async function listKeys(database: Database, siteId: number): Promise<RegisteredSite['keys']> {
	const rows = await database
		.select()
		.from(siteKeys)
		.where(eq(siteKeys.siteId, siteId))
		.orderBy(siteKeys.id);
	return rows.map(({ createdAt, expiresAt, lastUsedAt }) => ({
		createdAt,
		expiresAt: expiresAt ?? undefined,
		lastUsedAt: lastUsedAt ?? undefined,
	}));
}

async function parseWithBounds(database: Database, row: typeof sites.$inferSelect): Promise<Site> {
	const [mailDomains, tenants] = await Promise.all([
		database.select().from(siteMailDomains).where(eq(siteMailDomains.siteId, row.id)),
		database.select().from(siteTenants).where(eq(siteTenants.siteId, row.id)),
	]);
	return {
		id: row.id,
		url: row.url as SiteUrl,
		name: row.name,
		anyMailbox: row.anyMailbox,
		mailDomains: mailDomains.map(({ domain }) => domain),
		tenants: tenants.map(({ tenantId }) => tenantId),
	};
}
