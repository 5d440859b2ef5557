// The ID token of the practice Microsoft: Entra's v2.0 claims, signed with RS256 under the published `kid`.
// https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference

import { createHash } from 'node:crypto';
import { generateKeyPair, SignJWT, type JWTPayload } from 'jose';
import type { PracticeAccount } from './account.ts';
import type { PracticeContext } from './context.ts';
import type { TokenFault } from './token-fault.ts';

const lifeSeconds = 3600;

// Entra dates its ID tokens five minutes back, for clients whose clock is behind.
const backdatedSeconds = 300;

export type IdTokenRequest = {
	account: PracticeAccount;
	scopes: readonly string[];
	// Absent after a refresh: OpenID Connect Core section 12.2.
	nonce: string | undefined;
	fault: TokenFault | undefined;
};

export async function issueIdToken(
	{ account, scopes, nonce, fault }: IdTokenRequest,
	context: PracticeContext,
): Promise<string> {
	const claims = idTokenClaims({ account, scopes, nonce }, context);
	const { signingKey } = context.keys;
	const key =
		fault?.kind === 'wrong_signature' ? (await generateKeyPair('RS256')).privateKey : signingKey;
	return new SignJWT(fault?.kind === 'claims' ? fault.change(claims) : claims)
		.setProtectedHeader({ typ: 'JWT', alg: 'RS256', kid: signingKey.kid ?? '' })
		.sign(key);
}

function idTokenClaims(
	{ account, scopes, nonce }: Omit<IdTokenRequest, 'fault'>,
	{ authority, client, now }: PracticeContext,
): JWTPayload {
	const seconds = Math.floor(now().getTime() / 1000);
	return {
		ver: '2.0',
		iss: `${authority}/${account.tenantId}/v2.0`,
		sub: pairwiseSubject(client.id, account),
		aud: client.id,
		iat: seconds - backdatedSeconds,
		nbf: seconds - backdatedSeconds,
		exp: seconds + lifeSeconds,
		tid: account.tenantId,
		...(nonce !== undefined && { nonce }),
		...(scopes.includes('profile') && {
			name: account.name,
			preferred_username: account.username,
			oid: account.objectId,
		}),
		...(scopes.includes('email') && { email: account.username }),
		verified_primary_email: [account.username],
		login_hint: opaqueLoginHint(account),
	};
}

// Another value for each application: nobody can join people across applications by it.
function pairwiseSubject(clientId: string, account: PracticeAccount): string {
	return createHash('sha256').update(`${clientId} ${account.objectId}`).digest('base64url');
}

// Opaque to the client, which sends it back as `login_hint` at a later sign-in.
function opaqueLoginHint(account: PracticeAccount): string {
	return `O.${Buffer.from(account.username).toString('base64url')}`;
}

// The address that a hint means, be it an address or an opaque one.
export function usernameOfHint(hint: string): string {
	return hint.startsWith('O.') ? Buffer.from(hint.slice(2), 'base64url').toString() : hint;
}

// Entra's own extension that MSAL asks for by `client_info=1`; unsigned.
export function clientInfo(account: PracticeAccount): string {
	const value = { uid: account.objectId, utid: account.tenantId };
	return Buffer.from(JSON.stringify(value)).toString('base64url');
}
