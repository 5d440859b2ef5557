// What a resolve reads, in one statement and one row: the site of the key, and the token if it is that
// site's. By hand and not by Drizzle, as this is the one statement that is run hundreds of times a second.

import type { Sql } from 'postgres';
import type { Identifier } from '../../domain/identifier.ts';
import type { StoredTokenState } from '../../domain/stored-token.ts';

export type SiteOfKey = {
	siteId: number;
	siteUrl: string;
	keyId: number;
	/** What it uses. */
	protocols: readonly string[];
};

export type ResolvableToken = {
	id: number;
	state: StoredTokenState;
	scopes: readonly string[];
	sealedAccessToken: string;
	accessTokenExpiresAt: Date;
	retryAt: Date | undefined;
	/** When a refresh last began, and until when that process has the lease. */
	refreshStartedAt: Date | undefined;
	leaseUntil: Date | undefined;
	/** Whose name SMTP takes, where it is not the mailbox's. */
	smtpUser: string | undefined;
};

export type ResolveStore = {
	/** Undefined for a key that is none, has expired, or whose site is disabled. */
	findSite(keySha256: Buffer, now: Date): Promise<SiteOfKey | undefined>;
	/**
	 * The same, with the token if it is this site's and not revoked. Without an identifier the same statement
	 * is run and finds none, so that nobody learns by the time whether something was well-formed.
	 */
	find(
		keySha256: Buffer,
		identifier: Identifier | undefined,
		now: Date,
	): Promise<{ site: SiteOfKey; token: ResolvableToken | undefined } | undefined>;
};

type Row = {
	/** The number that was asked for. */
	asked: string;
	site_id: string | null;
	site_url: string | null;
	key_id: string | null;
	/** Separated by blanks, as the scopes below. */
	protocols: string | null;
	id: string | null;
	state: StoredTokenState | null;
	/** Separated by blanks. */
	scopes: string | null;
	sealed_access_token: string | null;
	/** Milliseconds since 1970: Drizzle takes the client's own reading of timestamps away. */
	expires_ms: number | null;
	retry_ms: number | null;
	started_ms: number | null;
	lease_ms: number | null;
	smtp_user: string | null;
};

export function createResolveStore(sql: Sql): ResolveStore {
	const find = async (keySha256: Buffer, number: number, mailbox: string, now: Date) => {
		const [row] = await sql<Row[]>`
			select asked.number as asked, site.id as site_id, site.url as site_url, key.id as key_id,
				array_to_string(site.protocols, ' ') as protocols, token.id, token.state,
				array_to_string(token.scopes, ' ') as scopes, token.sealed_access_token, token.smtp_user,
				(extract(epoch from token.access_token_expires_at) * 1000)::float8 as expires_ms,
				(extract(epoch from token.retry_at) * 1000)::float8 as retry_ms,
				(extract(epoch from token.refresh_started_at) * 1000)::float8 as started_ms,
				(extract(epoch from token.lease_until) * 1000)::float8 as lease_ms
			from (values (${number}::bigint)) as asked (number)
			left join site_keys as key on key.key_sha256 = decode(${keySha256.toString('hex')}, 'hex')
				and (key.expires_at is null or key.expires_at > ${now.toISOString()}::timestamptz)
			left join sites as site on site.id = key.site_id and site.disabled_at is null
			left join stored_tokens as token on token.site_id = site.id and token.id = asked.number
				and token.mailbox = ${mailbox} and token.state <> 'revoked'`;
		// There is a row for whatever was asked. Without it, "no such key" would be a guess.
		if (row?.asked !== String(number)) throw confused();
		return row;
	};
	return {
		async findSite(keySha256, now) {
			const row = await find(keySha256, 0, '', now);
			return parseSite(row);
		},
		async find(keySha256, identifier, now) {
			const row = await find(keySha256, identifier?.number ?? 0, identifier?.mailbox ?? '', now);
			const site = parseSite(row);
			return site && { site, token: parseToken(row) };
		},
	};
}

function confused(): Error {
	return Object.assign(new Error('PostgreSQL answered something else'), {
		code: 'DATABASE_CONFUSED',
	});
}

/** Undefined for a key that is none, has expired, or whose site is disabled. */
function parseSite(row: Row): SiteOfKey | undefined {
	const { site_id: siteId, site_url: siteUrl, key_id: keyId, protocols } = row;
	if (siteId === null || siteUrl === null || keyId === null || protocols === null) return undefined;
	return { siteId: Number(siteId), siteUrl, keyId: Number(keyId), protocols: protocols.split(' ') };
}

function parseToken(row: Row): ResolvableToken | undefined {
	const { state, scopes, sealed_access_token: sealed, expires_ms: expiresMs } = row;
	if (row.id === null || state === null || sealed === null || expiresMs === null) return undefined;
	return {
		id: Number(row.id),
		state,
		scopes: scopes?.split(' ') ?? [],
		sealedAccessToken: sealed,
		accessTokenExpiresAt: new Date(expiresMs),
		retryAt: parseInstant(row.retry_ms),
		refreshStartedAt: parseInstant(row.started_ms),
		leaseUntil: parseInstant(row.lease_ms),
		smtpUser: row.smtp_user ?? undefined,
	};
}

function parseInstant(ms: number | null): Date | undefined {
	return ms === null ? undefined : new Date(ms);
}
