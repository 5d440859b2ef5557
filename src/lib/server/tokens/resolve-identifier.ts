// Identifier and site key to a fresh access token: what a site's mail engine asks for before each login.

import { grantedProtocols } from '../../domain/cloud.ts';
import { parseIdentifier, type Identifier } from '../../domain/identifier.ts';
import { Problem, type TokenProblem } from '../../domain/problem.ts';
import type { MailProtocol, MailServer } from '../../domain/mail-protocol.ts';
import type { RefreshOutcome } from '../../domain/stored-token.ts';
import type { ResolvableToken, SiteOfKey } from './resolve-store.ts';
import { xoauth2 } from '../mail/mail-login.ts';
import { isOpenError, storedTokenPlace } from '../vault/vault.ts';
import type { Services } from '../app/services.ts';

export type ResolveContext = Pick<
	Services,
	| 'now'
	| 'log'
	| 'vault'
	| 'resolves'
	| 'storedTokens'
	| 'refreshAndWait'
	| 'uses'
	| 'mailServers'
	| 'durations'
	| 'signInUrl'
>;

export type MailLogin = Pick<MailServer, 'host' | 'port' | 'security'> & {
	user: string;
	xoauth2: string;
};

export type Resolved = {
	access_token: string;
	token_type: 'Bearer';
	expires_at: string;
	mailbox: string;
} & Partial<Record<MailProtocol, MailLogin>>;

/** Enough for any mail session to begin; the access tokens live for an hour and more. */
const DEFAULT_MIN_TTL_SECONDS = 300;
const MAX_MIN_TTL_SECONDS = 3000;

/**
 * Throws `Problem`: `invalid_site_key`, `invalid_input`, `unknown_identifier` (one answer for unknown,
 * malformed, revoked and another site's), `sign_in_required`, `temporarily_unavailable`.
 */
export async function resolveIdentifier(
	context: ResolveContext,
	keySha256: Buffer | undefined,
	input: { identifier: unknown; minTtl: unknown },
): Promise<Resolved> {
	const { resolves, now } = context;
	if (keySha256 === undefined) throw new Problem('invalid_site_key');
	// What cannot be an identifier of ours takes the same way to the same answer as one that is unknown.
	const identifier = parseIdentifier(input.identifier);
	const found = await resolves.find(keySha256, identifier, now());
	if (found === undefined) throw new Problem('invalid_site_key');
	const minTtlMs = parseMinTtl(input.minTtl) * 1000;
	if (identifier === undefined || found.token === undefined) {
		throw new Problem('unknown_identifier');
	}
	context.uses.ofKey(found.site.keyId, now());
	if (usable(found.site, found.token).length === 0) {
		throw signInRequired(context, identifier);
	}
	const token = await freshEnough(
		context,
		keySha256,
		identifier,
		found.site,
		found.token,
		minTtlMs,
	);
	const { siteId, keyId } = found.site;
	context.uses.ofToken({ siteId, id: token.id }, keyId, now());
	return answer(context, found.site, identifier, token);
}

function parseMinTtl(value: unknown): number {
	if (value === undefined) return DEFAULT_MIN_TTL_SECONDS;
	if (typeof value === 'number' && value >= 0 && value <= MAX_MIN_TTL_SECONDS) return value;
	throw new Problem('invalid_input', {
		fields: { min_ttl: `Give a number of seconds from 0 to ${MAX_MIN_TTL_SECONDS}.` },
	});
}

async function freshEnough(
	context: ResolveContext,
	keySha256: Buffer,
	identifier: Identifier,
	site: SiteOfKey,
	token: ResolvableToken,
	minTtlMs: number,
): Promise<ResolvableToken> {
	if (livesFor(context, token) >= Math.max(minTtlMs, 1)) return token;
	const outcome: RefreshOutcome =
		token.state === 'sign_in_required'
			? { kind: 'sign_in_required' }
			: await context.refreshAndWait({ siteId: site.siteId, id: token.id });
	const after = await context.resolves.find(keySha256, identifier, context.now());
	if (after?.token === undefined) throw new Problem('unknown_identifier');
	// Just refreshed, or Microsoft does not answer: what still lives is served, even if it lives shorter than asked.
	if (livesFor(context, after.token) > 0) return after.token;
	// Read here and not by the statement above, which each resolve pays for.
	const tokenProblem = (await context.storedTokens.find(site.siteId, after.token.id))?.problem;
	if (after.token.state === 'sign_in_required' || outcome.kind === 'sign_in_required') {
		throw signInRequired(context, identifier, tokenProblem);
	}
	throw new Problem('temporarily_unavailable', {
		tokenProblem,
		retryAfterSeconds: retryAfterSeconds(context, after.token, outcome),
	});
}

/** A site that has changed to other protocols than the owner agreed to has none until the owner signs in again. */
function usable({ protocols }: SiteOfKey, { scopes }: ResolvableToken): MailProtocol[] {
	return grantedProtocols(scopes).filter((protocol) => protocols.includes(protocol));
}

function signInRequired(
	{ signInUrl }: ResolveContext,
	{ number }: Identifier,
	tokenProblem?: TokenProblem,
): Problem {
	return new Problem('sign_in_required', { signInUrl: signInUrl(number), tokenProblem });
}

function livesFor({ now }: ResolveContext, token: ResolvableToken): number {
	return token.accessTokenExpiresAt.getTime() - now().getTime();
}

/** Not before a refresh may be tried again; while somebody refreshes it, the token may be there any moment. */
function retryAfterSeconds(
	{ now, durations }: ResolveContext,
	{ retryAt, refreshStartedAt, leaseUntil }: ResolvableToken,
	outcome: RefreshOutcome,
): number {
	const at = now().getTime();
	const isLeased = leaseUntil !== undefined && leaseUntil.getTime() > at;
	const nextTry = isLeased ? 0 : (refreshStartedAt?.getTime() ?? 0) + durations.betweenRefreshesMs;
	const byRow = Math.max(retryAt?.getTime() ?? 0, nextTry) - at;
	const byOutcome = outcome.kind === 'try_later' ? outcome.retryAfterMs : 0;
	return Math.max(1, Math.ceil(Math.max(byRow, byOutcome) / 1000));
}

function answer(
	context: ResolveContext,
	site: SiteOfKey,
	{ mailbox }: Identifier,
	token: ResolvableToken,
): Resolved {
	const accessToken = open(context, site, mailbox, token);
	const resolved: Resolved = {
		access_token: accessToken,
		token_type: 'Bearer',
		expires_at: token.accessTokenExpiresAt.toISOString(),
		mailbox,
	};
	const login = loginAs(mailbox, accessToken);
	const { smtpUser = mailbox } = token;
	const smtpLogin = smtpUser === mailbox ? login : loginAs(smtpUser, accessToken);
	for (const protocol of usable(site, token)) {
		const { host, port, security } = context.mailServers[protocol];
		resolved[protocol] = { host, port, security, ...(protocol === 'smtp' ? smtpLogin : login) };
	}
	return resolved;
}

/** A key that is missing or wrong is the operator's to put back: the mail engine comes again. */
function open(
	{ vault, log }: ResolveContext,
	{ siteId }: SiteOfKey,
	mailbox: string,
	{ id, sealedAccessToken }: ResolvableToken,
): string {
	try {
		return vault.open(
			sealedAccessToken,
			storedTokenPlace('sealed_access_token', { id, siteId, mailbox }),
		);
	} catch (cause) {
		if (!isOpenError(cause)) throw cause;
		log.error({ token: id, site: siteId, err: cause }, 'a sealed token does not open');
		throw new Problem('temporarily_unavailable', { cause, retryAfterSeconds: 60 });
	}
}

function loginAs(user: string, accessToken: string): Pick<MailLogin, 'user' | 'xoauth2'> {
	return { user, xoauth2: xoauth2(user, accessToken) };
}
