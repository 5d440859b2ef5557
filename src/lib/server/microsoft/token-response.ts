// A successful answer of the token endpoint (RFC 6749, 5.1). A field that is empty or malformed counts as left out: it is
// never worth more than what is stored already. Without a usable access token the whole answer is none.

import { MicrosoftError } from './microsoft-error.ts';

export type TokenSet = {
	accessToken: string;
	accessTokenLifetimeSeconds: number;
	refreshToken: string | undefined;
	idToken: string | undefined;
	/** What was granted, which may be less than what was asked for. */
	scopes: readonly string[];
};

/** Without `scopes` they are what they were before (RFC 6749, 6). */
export type RefreshedTokenSet = Omit<TokenSet, 'scopes'> & {
	scopes: readonly string[] | undefined;
};

/** Microsoft's longest live 28 hours (continuous access evaluation); refreshing earlier costs one request. */
const MAX_LIFETIME_SECONDS = 2 * 86_400;

/** Throws `MicrosoftError` `unreachable`: an answer like that is a fault on the way, and passes. */
export function parseTokenResponse(body: Readonly<Record<string, unknown>>): RefreshedTokenSet {
	const accessToken = parseToken(body['access_token']);
	const accessTokenLifetimeSeconds = parseLifetime(body['expires_in']);
	const isOurType = isLeftOut(body['token_type']) || isBearer(body['token_type']);
	if (accessToken === undefined || accessTokenLifetimeSeconds === undefined || !isOurType) {
		throw new MicrosoftError('unreachable', { cause: new Error('an answer without access token') });
	}
	return {
		accessToken,
		accessTokenLifetimeSeconds,
		refreshToken: parseToken(body['refresh_token']),
		idToken: parseToken(body['id_token']),
		scopes: parseScopes(body['scope']),
	};
}

/** RFC 6749, appendix A, has no more than printable ASCII in a token; in a mail command anything else would break out. */
function parseToken(value: unknown): string | undefined {
	return typeof value === 'string' && /^[\x21-\x7e]+$/.test(value) ? value : undefined;
}

/** A number of seconds, which older versions of Microsoft's endpoint write as text. */
function parseLifetime(value: unknown): number | undefined {
	const isNumber = typeof value === 'number' || (typeof value === 'string' && value.trim() !== '');
	const seconds = isNumber ? Number(value) : Number.NaN;
	if (!Number.isFinite(seconds) || seconds <= 0) return undefined;
	return Math.min(seconds, MAX_LIFETIME_SECONDS);
}

function parseScopes(value: unknown): string[] | undefined {
	const scopes = typeof value === 'string' ? value.split(' ').filter(Boolean) : [];
	return scopes.length > 0 ? scopes : undefined;
}

function isLeftOut(value: unknown): boolean {
	return value === undefined || value === null || value === '';
}

function isBearer(value: unknown): boolean {
	return typeof value === 'string' && value.toLowerCase() === 'bearer';
}
