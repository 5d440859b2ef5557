// The registered sites: who may start a sign-in, for which mailboxes, by which protocols, and what the page shows of them.

import { and, eq, isNull, sql, type SQL } from 'drizzle-orm';
import type { MailDomain } from '../../domain/mailbox-address.ts';
import type { Logo } from '../../domain/logo.ts';
import { MAIL_PROTOCOLS, type MailProtocol } from '../../domain/mail-protocol.ts';
import type { SiteFace } from '../../domain/site-face.ts';
import { ownServers } from '../../domain/owner-server.ts';
import type { SiteUrl } from '../../domain/site-url.ts';
import type { Database } from '../database/driver/driver.ts';
import { siteReturnUrls } from '../database/schema/connect-links.ts';
import {
	siteKeys,
	siteLogos,
	siteMailDomains,
	sites,
	siteTenants,
} from '../database/schema/tables.ts';
import { textArray } from '../database/text-array.ts';
import { addLogo, changeSiteRow, serverColumn, type SiteChange } from './change-store.ts';

export type Site = {
	id: number;
	url: SiteUrl;
	name: string;
	anyMailbox: boolean;
	mailDomains: readonly string[];
	tenants: readonly string[];
	/** What it uses. */
	protocols: readonly MailProtocol[];
	/** URLs of the servers that its owners enter, where they are not Microsoft's. */
	ownerServers: Partial<Record<MailProtocol, string>>;
	supportUrl: string | undefined;
	advice: string | undefined;
	/** Sign-ins begin by its own links alone. */
	requiresLink: boolean;
	/** Where its events are posted to. */
	webhookUrl: string | undefined;
	/** Whether those who signed in are written to, and who is in their place. */
	ownerMail: boolean;
	noticesTo: string | undefined;
	/** By which its logo is asked for. */
	logoDigest: string | undefined;
};

export type SiteLogo = { contentType: string; bytes: Buffer; digest: string };

/** What a site may go without; null clears it. */
export type SiteDetails = Record<`${MailProtocol}Server`, string | null> & {
	protocols: readonly MailProtocol[];
	supportUrl: string | null;
	advice: string | null;
	requiresLink: boolean;
	ownerMail: boolean;
	noticesTo: string | null;
	/** Where its users may be sent back to. */
	addReturnUrls: readonly string[];
	removeReturnUrls: readonly string[];
	logo: SiteLogo | null;
};

export type NewSite = {
	url: SiteUrl;
	name: string;
	anyMailbox: boolean;
	mailDomains: readonly MailDomain[];
	tenants: readonly string[];
	details: Partial<SiteDetails>;
	keySha256: Buffer;
	createdAt: Date;
};

export type SiteStore = {
	/** The new site's id, or undefined when a site with this URL is registered already. */
	add(site: NewSite): Promise<number | undefined>;
	/** A disabled site is not found. */
	findByUrl(url: SiteUrl): Promise<Site | undefined>;
	findById(id: number): Promise<Site | undefined>;
	/** Compared character by character. */
	hasReturnUrl(siteId: number, url: string): Promise<boolean>;
	/** What the page shows of it. A disabled site has none. */
	findFace(url: SiteUrl): Promise<SiteFace | undefined>;
	findLogo(digest: string): Promise<Logo | undefined>;
	/** At whatever port and path; two at most, without the disabled ones. */
	listByHost(hostname: string): Promise<{ url: SiteUrl; name: string }[]>;
	/** With the disabled ones; all, or the one with this URL. */
	list(url?: SiteUrl): Promise<RegisteredSite[]>;
	/** Changes the disabled ones too. `unbound`: it would leave nothing that says whose mailboxes; then nothing is changed. */
	change(
		url: SiteUrl,
		change: SiteChange,
	): Promise<{ outcome: 'changed' | 'unbound' | 'unknown'; siteId: number | undefined }>;
	/** The site's id; undefined when there is no such site, or it is disabled already. */
	disable(url: SiteUrl, now: Date): Promise<number | undefined>;
	/** Undefined when there is no such site, or it is not disabled. */
	enable(url: SiteUrl): Promise<number | undefined>;
	/** Adds a key and lets the others end. Undefined when there is no such site, or it is disabled. */
	addKey(
		url: SiteUrl,
		key: { keySha256: Buffer; now: Date; othersEndAt: Date },
	): Promise<number | undefined>;
	saveKeysUsed(used: ReadonlyMap<number, Date>): Promise<void>;
};

export type RegisteredSite = Site & {
	returnUrls: string[];
	createdAt: Date;
	disabledAt: Date | undefined;
	keys: { createdAt: Date; expiresAt: Date | undefined; lastUsedAt: Date | undefined }[];
};

export function createSiteStore(database: Database): SiteStore {
	return {
		add: (site) => addSite(database, site),
		findByUrl: (url) => findSite(database, eq(sites.url, url)),
		findById: (id) => findSite(database, eq(sites.id, id)),
		async hasReturnUrl(siteId, url) {
			const rows = await database
				.select({ url: siteReturnUrls.url })
				.from(siteReturnUrls)
				.where(and(eq(siteReturnUrls.siteId, siteId), eq(siteReturnUrls.url, url)));
			return rows.length === 1;
		},
		async findFace(url) {
			const [row] = await selectSites(database).where(
				and(eq(sites.url, url), isNull(sites.disabledAt)),
			);
			return row && parseFace(row);
		},
		async findLogo(digest) {
			const [row] = await database
				.select({ contentType: siteLogos.contentType, bytes: siteLogos.bytes })
				.from(siteLogos)
				.innerJoin(sites, eq(sites.id, siteLogos.siteId))
				.where(and(eq(siteLogos.digest, digest), isNull(sites.disabledAt)))
				.limit(1);
			return row && { contentType: row.contentType, bytes: Uint8Array.from(row.bytes) };
		},
		listByHost: (hostname) => listByHost(database, hostname),
		list: (url) => listSites(database, url === undefined ? undefined : eq(sites.url, url)),
		async change(url, change) {
			const changed = await changeSiteRow(database, url, change);
			if (changed === undefined) return { outcome: 'unknown', siteId: undefined };
			return { outcome: changed.isBound ? 'changed' : 'unbound', siteId: changed.siteId };
		},
		disable: (url, now) => setDisabled(database, url, { from: isNull(sites.disabledAt), to: now }),
		enable: (url) =>
			setDisabled(database, url, { from: sql`${sites.disabledAt} is not null`, to: null }),
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

async function setDisabled(
	database: Database,
	url: SiteUrl,
	{ from, to }: { from: SQL; to: Date | null },
): Promise<number | undefined> {
	const [row] = await database
		.update(sites)
		.set({ disabledAt: to })
		.where(and(eq(sites.url, url), from))
		.returning({ id: sites.id });
	return row?.id;
}

async function addSite(database: Database, site: NewSite): Promise<number | undefined> {
	const createdAt = site.createdAt.toISOString();
	const { protocols, supportUrl, advice, logo } = site.details;
	const { requiresLink = false, ownerMail = true, noticesTo, addReturnUrls = [] } = site.details;
	const ownServers = MAIL_PROTOCOLS.map(
		(protocol) => sql`${site.details[`${protocol}Server`] ?? null}`,
	);
	const [row] = await database.execute<{ id: string }>(sql`
		with site as (
			insert into sites (
				url, name, any_mailbox, created_at,
				protocols, ${sql.join(MAIL_PROTOCOLS.map(serverColumn), sql`, `)}, support_url, advice, requires_link, owner_mail, notices_to
			)
			values (
				${site.url}, ${site.name}, ${site.anyMailbox}::boolean, ${createdAt}::timestamptz,
				${textArray(protocols ?? MAIL_PROTOCOLS)}, ${sql.join(ownServers, sql`, `)},
				${supportUrl ?? null}, ${advice ?? null},
				${requiresLink}::boolean, ${ownerMail}::boolean, ${noticesTo ?? null}
			)
			on conflict (url) do nothing
			returning id
		), domains as (
			insert into site_mail_domains (site_id, domain)
			select site.id, domain
			from site, jsonb_array_elements_text(${JSON.stringify([...new Set(site.mailDomains)])}::jsonb) as domain
		), return_urls as (
			insert into site_return_urls (site_id, url)
			select site.id, url from site, unnest(${textArray([...new Set(addReturnUrls)])}) as url
		), tenants as (
			insert into site_tenants (site_id, tenant_id)
			select site.id, tenant
			from site, jsonb_array_elements_text(${JSON.stringify([...new Set(site.tenants)])}::jsonb) as tenant
		), ${logo ? sql`${addLogo(logo, sql`site`)}, ` : sql``}key as (
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
): Promise<number | undefined> {
	const endsAt = othersEndAt.toISOString();
	const [row] = await database.execute<{ site_id: string }>(sql`
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
		returning site_id`);
	return row && Number(row.site_id);
}

async function findSite(database: Database, condition: SQL): Promise<Site | undefined> {
	const [row] = await selectSites(database).where(and(condition, isNull(sites.disabledAt)));
	return row && parseWithBounds(database, row);
}

function selectSites(database: Database) {
	return database
		.select({ site: sites, logoDigest: siteLogos.digest })
		.from(sites)
		.leftJoin(siteLogos, eq(siteLogos.siteId, sites.id));
}

type SiteRow = { site: typeof sites.$inferSelect; logoDigest: string | null };

/** URLs are kept in one form, `https://host:port/path`, and no host is an IP address. */
async function listByHost(
	database: Database,
	hostname: string,
): Promise<{ url: SiteUrl; name: string }[]> {
	const host = sql`split_part(split_part(${sites.url}, '/', 3), ':', 1)`;
	const rows = await database
		.select({ url: sites.url, name: sites.name })
		.from(sites)
		.where(and(sql`${host} = ${hostname}`, isNull(sites.disabledAt)))
		.limit(2);
	return rows.map(parseNamed);
}

function parseNamed({ url, name }: { url: string; name: string }): { url: SiteUrl; name: string } {
	return { url: url as SiteUrl, name };
}

async function listSites(
	database: Database,
	condition: SQL | undefined,
): Promise<RegisteredSite[]> {
	const rows = await selectSites(database).where(condition).orderBy(sites.url);
	return Promise.all(
		rows.map(async (row) => ({
			...(await parseWithBounds(database, row)),
			createdAt: row.site.createdAt,
			disabledAt: row.site.disabledAt ?? undefined,
			returnUrls: await listReturnUrls(database, row.site.id),
			keys: await listKeys(database, row.site.id),
		})),
	);
}

async function listReturnUrls(database: Database, siteId: number): Promise<string[]> {
	const rows = await database
		.select({ url: siteReturnUrls.url })
		.from(siteReturnUrls)
		.where(eq(siteReturnUrls.siteId, siteId))
		.orderBy(siteReturnUrls.url);
	return rows.map(({ url }) => url);
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

const LOGO_PATH = '/logo';

function parseFace({ site, logoDigest }: SiteRow): SiteFace {
	return {
		url: site.url as SiteUrl,
		name: site.name,
		protocols: site.protocols,
		supportUrl: site.supportUrl ?? undefined,
		advice: site.advice ?? undefined,
		logoPath: logoDigest === null ? undefined : `${LOGO_PATH}/${logoDigest}`,
	};
}

async function parseWithBounds(database: Database, { site, logoDigest }: SiteRow): Promise<Site> {
	const [mailDomains, tenants] = await Promise.all([
		database.select().from(siteMailDomains).where(eq(siteMailDomains.siteId, site.id)),
		database.select().from(siteTenants).where(eq(siteTenants.siteId, site.id)),
	]);
	return {
		id: site.id,
		url: site.url as SiteUrl,
		name: site.name,
		anyMailbox: site.anyMailbox,
		mailDomains: mailDomains.map(({ domain }) => domain),
		tenants: tenants.map(({ tenantId }) => tenantId),
		protocols: site.protocols,
		ownerServers: ownServers(site),
		supportUrl: site.supportUrl ?? undefined,
		advice: site.advice ?? undefined,
		requiresLink: site.requiresLink,
		webhookUrl: site.webhookUrl ?? undefined,
		ownerMail: site.ownerMail,
		noticesTo: site.noticesTo ?? undefined,
		logoDigest: logoDigest ?? undefined,
	};
}
