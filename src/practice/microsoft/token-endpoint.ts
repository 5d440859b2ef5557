// POST /{tenant}/oauth2/v2.0/token: turns an authorization code or a refresh token into tokens, after it has checked
// each parameter as Entra does. https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow

import { createHash, randomInt } from 'node:crypto';
import { assertClientCredential } from './client-credential.ts';
import { EntraRefusal, malformedRequest, missingParameter } from './entra-refusal.ts';
import { clientInfo, issueIdToken } from './id-token.ts';
import { outage } from './outages.ts';
import { isRevoked, revokedGrant } from './revocation.ts';
import type { PracticeAccount } from './account.ts';
import { jsonAnswer, type Answer, type PracticeContext, type PracticeRequest } from './context.ts';
import { grantedTo, narrowScopes, scopesInAnswer } from './scopes.ts';
import { openGrant, sealGrant, type Grant, type GrantKind } from './sealed-grant.ts';
import type { TokenFault } from './token-fault.ts';

// Seconds. Entra draws the life of an access token from 60 to 90 minutes.
const accessTokenLife = { shortest: 3600, longest: 5400 };

// A refresh token that is not used for 90 days is dead; each use gives one that lives 90 days again.
const refreshTokenLifeMs = 90 * 24 * 60 * 60 * 1000;

const knownParameters = new Set([
	...['client_id', 'client_secret', 'client_assertion', 'client_assertion_type', 'grant_type'],
	...['code', 'redirect_uri', 'code_verifier', 'refresh_token', 'scope'],
	...['client_info', 'claims', 'client-request-id', 'x-client-SKU', 'x-client-VER'],
]);

// Throws EntraRefusal.
export async function answerTokenRequest(
	request: PracticeRequest,
	context: PracticeContext,
	fault: TokenFault | undefined,
): Promise<Answer> {
	assertForm(request);
	await assertClientCredential(request, context);
	const { account, granted, nonce } = await redeemGrant(request, context);
	const asked = grantedTo(account, narrowScopes(request.form.get('scope'), granted));
	const scopes = fault?.kind === 'scopes' ? fault.granted : asked;
	const lifeSeconds = randomInt(accessTokenLife.shortest, accessTokenLife.longest);
	const body = {
		token_type: 'Bearer',
		scope: scopesInAnswer(scopes),
		expires_in: lifeSeconds,
		ext_expires_in: lifeSeconds,
		access_token: await issue(
			'access_token',
			{ account, scopes, lifeMs: lifeSeconds * 1000 },
			context,
		),
		...(scopes.includes('offline_access') && {
			refresh_token: await issue(
				'refresh_token',
				{ account, scopes: granted, lifeMs: refreshTokenLifeMs },
				context,
			),
		}),
		...(scopes.includes('openid') && {
			id_token: await issueIdToken({ account, scopes, nonce, fault }, context),
		}),
		...(request.form.get('client_info') === '1' && { client_info: clientInfo(account) }),
	};
	if (body.id_token) context.noteSecret({ kind: 'id_token', value: body.id_token });
	return jsonAnswer(200, body, 'issued');
}

function assertForm({ form, header }: PracticeRequest): void {
	// A `web` redirect URI: only servers may redeem, and browsers give themselves away by this header.
	if (header('origin') !== undefined) {
		throw new EntraRefusal({
			error: 'invalid_request',
			aadsts: 9002326,
			description: `Cross-origin token redemption is permitted only for the 'Single-Page Application' client-type.`,
		});
	}
	if (!/^application\/x-www-form-urlencoded\b/i.test(header('content-type') ?? '')) {
		throw new EntraRefusal(malformedRequest('The body must be form-encoded.'));
	}
	for (const name of form.keys()) {
		if (!knownParameters.has(name)) {
			throw new EntraRefusal(malformedRequest(`The parameter '${name}' is not expected.`));
		}
		if (form.getAll(name).length > 1) {
			throw new EntraRefusal({
				error: 'invalid_request',
				aadsts: 9000411,
				description: `The request is not properly formatted. The parameter '${name}' is duplicated.`,
			});
		}
	}
}

type Redeemed = { account: PracticeAccount; granted: readonly string[]; nonce: string | undefined };

async function redeemGrant(request: PracticeRequest, context: PracticeContext): Promise<Redeemed> {
	const grantType = required(request.form, 'grant_type');
	if (grantType === 'authorization_code') return redeemCode(request, context);
	if (grantType === 'refresh_token') return redeemRefreshToken(request, context);
	throw new EntraRefusal({
		error: 'unsupported_grant_type',
		aadsts: 70003,
		description: `The app requested an unsupported grant type '${grantType}'.`,
	});
}

async function redeemCode(request: PracticeRequest, context: PracticeContext): Promise<Redeemed> {
	const { form } = request;
	const sealed = required(form, 'code');
	const verifier = form.get('code_verifier') ?? '';
	const grant = await open('code', sealed, context);
	assertSameRequest(request, grant, verifier);
	narrowScopes(request.form.get('scope'), grant.scopes);
	if (!(await context.keys.spendOnce(`code ${grant.id}`, grant.expiresAt, context.now()))) {
		throw new EntraRefusal({
			error: 'invalid_grant',
			aadsts: 54005,
			description:
				'OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token.',
		});
	}
	return {
		account: accountOf(grant, request, context),
		granted: grant.scopes,
		nonce: grant.request?.nonce,
	};
}

// The token request must continue the very authorization request that the code came from.
function assertSameRequest(
	{ tenant, tenantId, form }: PracticeRequest,
	{ request }: Grant,
	verifier: string,
): void {
	if (request?.tenant !== (tenantId ?? tenant)) {
		throw new EntraRefusal({
			error: 'invalid_grant',
			aadsts: 700005,
			description:
				'Provided Authorization Code is intended to use against other tenant, thus rejected.',
		});
	}
	const redirectUri = required(form, 'redirect_uri');
	if (redirectUri !== request.redirectUri) {
		throw new EntraRefusal({
			error: 'invalid_client',
			aadsts: 500112,
			description: `The reply address '${redirectUri}' does not match the reply address '${request.redirectUri}' provided when requesting Authorization code.`,
		});
	}
	// RFC 7636 section 4.6.
	const challenge = createHash('sha256').update(verifier).digest('base64url');
	if (!/^[A-Za-z0-9._~-]{43,128}$/.test(verifier) || challenge !== request.codeChallenge) {
		throw new EntraRefusal({
			error: 'invalid_grant',
			aadsts: 501481,
			description:
				'The Code_Verifier does not match the code_challenge supplied in the authorization request.',
		});
	}
}

// An old refresh token is as good as a newer one: Microsoft does not revoke it when it is used.
// https://learn.microsoft.com/entra/identity-platform/refresh-tokens#token-lifetime
async function redeemRefreshToken(
	request: PracticeRequest,
	context: PracticeContext,
): Promise<Redeemed> {
	const grant = await open('refresh_token', required(request.form, 'refresh_token'), context);
	if (isRevoked(grant, context)) throw new EntraRefusal(revokedGrant);
	if (await context.hasOutage(grant.username)) throw new EntraRefusal(outage);
	return {
		account: accountOf(grant, request, context),
		granted: grant.scopes,
		nonce: undefined,
	};
}

async function open(kind: GrantKind, sealed: string, context: PracticeContext): Promise<Grant> {
	const opened = await openGrant(kind, sealed, {
		sealingKey: context.keys.sealingKey,
		now: context.now(),
	});
	if (opened.kind === 'open') return opened.grant;
	if (opened.kind === 'unknown') {
		throw new EntraRefusal({
			error: 'invalid_grant',
			aadsts: 70000,
			description: `Provided grant is invalid or malformed.`,
		});
	}
	throw new EntraRefusal({
		error: 'invalid_grant',
		aadsts: kind === 'code' ? 70008 : 700082,
		description: 'The provided authorization code or refresh token has expired due to inactivity.',
	});
}

function accountOf(
	grant: Grant,
	{ tenantId }: PracticeRequest,
	{ directory }: PracticeContext,
): PracticeAccount {
	const account = directory.findAccount(grant.username);
	if (account && (tenantId === undefined || tenantId === account.tenantId)) return account;
	throw new EntraRefusal({
		error: 'invalid_grant',
		aadsts: account ? 50020 : 50034,
		description: `The user account '${grant.username}' does not exist in this directory.`,
	});
}

async function issue(
	kind: 'access_token' | 'refresh_token',
	{
		account,
		scopes,
		lifeMs,
	}: { account: PracticeAccount; scopes: readonly string[]; lifeMs: number },
	context: PracticeContext,
): Promise<string> {
	const now = context.now();
	const value = await sealGrant(
		kind,
		{ username: account.username, scopes, expiresAt: new Date(now.getTime() + lifeMs) },
		{ sealingKey: context.keys.sealingKey, now },
	);
	context.noteSecret({ kind, value });
	return value;
}

function required(form: URLSearchParams, name: string): string {
	const value = form.get(name);
	if (!value) throw new EntraRefusal(missingParameter(name));
	return value;
}
