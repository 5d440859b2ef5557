// Microsoft's token endpoint, as confidential client: redeems an authorization code, and refreshes. Neither
// is sent twice: once a code may be spent, a second try can only fail and would hide the first answer.

import * as oauth from 'oauth4webapi';
import { aadstsNumber } from '../../domain/aadsts-number.ts';
import type { MailProtocol } from '../../domain/mail-protocol.ts';
import { referenceOfRefusal } from '../../domain/refusal.ts';
import { isPlainHttp, tokenEndpoint, type Authority } from './authority.ts';
import { clientAuthentication, type ClientCredential } from './client-credential.ts';
import { readJson, sent, type Fetch } from './http.ts';
import { kindOfTokenError, MicrosoftError } from './microsoft-error.ts';
import { parseTokenResponse, type RefreshedTokenSet, type TokenSet } from './token-response.ts';

export type TokenEndpoint = {
	/** Throws `MicrosoftError`. */
	redeemCode(request: CodeRequest): Promise<TokenSet>;
	/** Throws `MicrosoftError`. Is never aborted: Microsoft may have answered already. */
	refresh(refreshToken: string, protocols: readonly MailProtocol[]): Promise<RefreshedTokenSet>;
};

/** With the protocols that were asked for when the code was made: no other may be asked for now. */
export type CodeRequest = {
	code: string;
	codeVerifier: string;
	protocols: readonly MailProtocol[];
};

/** An aborted request would lose a code that Microsoft may just have spent, so the limit is generous. */
const REDEEM_TIMEOUT_MS = 30_000;

export function createTokenEndpoint(options: {
	authority: Authority;
	clientId: string;
	credential: ClientCredential;
	redirectUri: string;
	/** OpenID scopes and those of one resource (learn.microsoft.com, "v2-oauth2-auth-code-flow"). */
	scopesOf: (protocols: readonly MailProtocol[]) => readonly string[];
	/** What a certificate signs is dated by it. */
	now: () => Date;
	fetch: Fetch;
}): TokenEndpoint {
	const { authority, clientId, credential, redirectUri, scopesOf, now, fetch } = options;
	return {
		async redeemCode({ code, codeVerifier, protocols }) {
			const scopes = scopesOf(protocols);
			const tokens = await requestTokens(
				'authorization_code',
				{
					code,
					code_verifier: codeVerifier,
					redirect_uri: redirectUri,
					scope: scopes.join(' '),
				},
				AbortSignal.timeout(REDEEM_TIMEOUT_MS),
			);
			// RFC 6749, 5.1: left out when it is what was asked for.
			return { ...tokens, scopes: tokens.scopes ?? scopes };
		},
		refresh: (refreshToken, protocols) =>
			requestTokens('refresh_token', {
				refresh_token: refreshToken,
				scope: scopesOf(protocols).join(' '),
			}),
	};

	async function requestTokens(
		grantType: string,
		parameters: Record<string, string>,
		signal?: AbortSignal,
	): Promise<RefreshedTokenSet> {
		const url = tokenEndpoint(authority);
		const authentication = await authenticate(credential, url, now());
		const response = await sent(() =>
			oauth.genericTokenEndpointRequest(
				{ issuer: authority.base, token_endpoint: url },
				{ client_id: clientId },
				authentication,
				grantType,
				parameters,
				{
					...(signal && { signal }),
					[oauth.customFetch]: (input, init) => fetch(input, { ...init, redirect: 'error' }),
					// eslint-disable-next-line @typescript-eslint/no-deprecated -- for a test provider on loopback
					[oauth.allowInsecureRequests]: isPlainHttp(authority),
				},
			),
		);
		return processTokenResponse(response);
	}
}

/** A certificate file that is gone or damaged is as good as a credential that Microsoft refuses. */
async function authenticate(
	credential: ClientCredential,
	tokenEndpoint: string,
	now: Date,
): Promise<oauth.ClientAuth> {
	try {
		return await clientAuthentication(credential, tokenEndpoint, now);
	} catch (cause) {
		throw new MicrosoftError('invalid_client', { cause });
	}
}

async function processTokenResponse(response: Response): Promise<RefreshedTokenSet> {
	if (response.status !== 200) throw await tokenError(response);
	return parseTokenResponse(await readJson(response));
}

/** An error page in HTML is as good as no answer, but its status and `Retry-After` count. */
async function tokenError(response: Response): Promise<MicrosoftError> {
	const { status, headers } = response;
	const body = await readJson(response).catch((): Record<string, unknown> => ({}));
	const error = typeof body['error'] === 'string' ? body['error'] : '';
	const description = descriptionIn(body);
	const number = aadstsNumber(description);
	return new MicrosoftError(
		kindOfTokenError({ error, status, number: number === undefined ? undefined : Number(number) }),
		{
			reference: referenceOfRefusal(error, description),
			answer: { error, description },
			retryAfterMs: parseRetryAfter(headers.get('retry-after'), headers.get('date')),
		},
	);
}

/** What it says; where no number stands in it, with the one that Microsoft gives beside it. */
function descriptionIn({ error_description: text, error_codes: codes }: Record<string, unknown>) {
	const description = typeof text === 'string' ? text : '';
	if (aadstsNumber(description) !== undefined || !Array.isArray(codes)) return description;
	const numbers = codes.filter((code) => Number.isSafeInteger(code) && code > 0);
	return [...numbers.map((number) => `AADSTS${number}`), description].join(' ').trim();
}

/** An hour: callers that need more time are asked again. */
const MAX_RETRY_AFTER_MS = 3_600_000;

/** RFC 9110, 10.2.3: seconds, or a date, which is read against the server's own clock. */
function parseRetryAfter(value: string | null, date: string | null): number | undefined {
	if (value === null) return undefined;
	const ms = /^[0-9]{1,9}$/.test(value.trim())
		? Number(value) * 1000
		: Date.parse(value) - Date.parse(date ?? new Date().toUTCString());
	return ms > 0 ? Math.min(ms, MAX_RETRY_AFTER_MS) : undefined;
}
