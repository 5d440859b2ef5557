// Authorization codes, refresh tokens and access tokens of the practice Microsoft: what was granted, encrypted for the
// practice Microsoft itself, hence opaque to everybody else, as Microsoft's are to a client. Filled up to the length of
// the real ones, so that columns, headers and addresses meet the sizes that they will meet later.

import { randomBytes, randomUUID } from 'node:crypto';
import { EncryptJWT, errors, jwtDecrypt, type JWTPayload } from 'jose';

export type GrantKind = 'code' | 'refresh_token' | 'access_token';

export type Grant = {
	id: string;
	username: string;
	scopes: readonly string[];
	issuedAt: Date;
	expiresAt: Date;
	// Only in codes: what the authorization request fixed for the token request.
	request?: GrantedRequest;
};

type GrantedRequest = {
	tenant: string;
	redirectUri: string;
	codeChallenge: string;
	nonce: string;
};

export type OpenedGrant =
	{ kind: 'open'; grant: Grant } | { kind: 'expired' } | { kind: 'unknown' };

// About what Entra's weigh, in bytes before sealing.
const filling: Record<GrantKind, number> = { code: 200, refresh_token: 500, access_token: 800 };

export async function sealGrant(
	kind: GrantKind,
	grant: Omit<Grant, 'id' | 'issuedAt'>,
	{ sealingKey, now }: { sealingKey: Uint8Array; now: Date },
): Promise<string> {
	const { request, scopes } = grant;
	return new EncryptJWT({
		scopes,
		...(request && { request }),
		filling: randomBytes(filling[kind]).toString('base64url'),
	})
		.setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
		.setJti(randomUUID())
		.setAudience(kind)
		.setSubject(grant.username)
		.setIssuedAt(now)
		.setExpirationTime(grant.expiresAt)
		.encrypt(sealingKey);
}

export async function openGrant(
	kind: GrantKind,
	sealed: string,
	{ sealingKey, now }: { sealingKey: Uint8Array; now: Date },
): Promise<OpenedGrant> {
	try {
		const { payload } = await jwtDecrypt(sealed, sealingKey, { audience: kind, currentDate: now });
		return { kind: 'open', grant: parseGrant(payload) };
	} catch (error) {
		if (error instanceof errors.JWTExpired) return { kind: 'expired' };
		if (error instanceof errors.JOSEError) return { kind: 'unknown' };
		throw error;
	}
}

// The payload was made by `sealGrant` alone: nobody else has the key.
function parseGrant(payload: JWTPayload): Grant {
	const { scopes, request } = payload as { scopes: string[]; request?: GrantedRequest };
	return {
		id: payload.jti ?? '',
		username: payload.sub ?? '',
		scopes,
		issuedAt: new Date((payload.iat ?? 0) * 1000),
		expiresAt: new Date((payload.exp ?? 0) * 1000),
		...(request && { request }),
	};
}
