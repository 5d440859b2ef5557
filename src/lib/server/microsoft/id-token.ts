// Who signed in, from a verified ID token (learn.microsoft.com, "access-tokens" on validation in
// applications of many tenants; "id-token-claims-reference").

import { createRemoteJWKSet, customFetch, errors, jwtVerify, type JWTPayload } from 'jose';
import { keysEndpoint, type Authority } from './authority.ts';
import type { Fetch } from './http.ts';
import { isGuid } from './metadata.ts';
import { MicrosoftError } from './microsoft-error.ts';

/** `tenantId` and `objectId` name the person forever; the names are for display and comparison only. */
export type MicrosoftAccount = {
	tenantId: string;
	objectId: string;
	/** `preferred_username`, else the tenant's own name for the person. */
	username: string;
	/** Addresses that the tenant's directory vouches for. `email` is none of them: it can be forged. */
	addresses: readonly string[];
};

/** Clocks differ; Microsoft's own libraries allow five minutes. */
const CLOCK_TOLERANCE_SECONDS = 300;

export type IdTokenVerifier = (
	idToken: string,
	expected: { nonce: string },
) => Promise<MicrosoftAccount>;

/**
 * `issuerOf` answers the issuer of the authority's metadata. Verification throws `MicrosoftError`:
 * `untimely_answer` where the clocks differ, `invalid_answer` when anything else does not match, `unreachable` when the keys cannot be fetched.
 */
export function createIdTokenVerifier(options: {
	authority: Authority;
	clientId: string;
	issuerOf: () => Promise<string>;
	now: () => Date;
	fetch: Fetch;
}): IdTokenVerifier {
	const keys = createRemoteJWKSet(new URL(keysEndpoint(options.authority)), {
		timeoutDuration: 10_000,
		[customFetch]: options.fetch,
	});
	return async (idToken, expected) => {
		const issuer = await options.issuerOf();
		const { payload, protectedHeader } = await verified(() =>
			jwtVerify(idToken, keys, {
				algorithms: ['RS256'],
				audience: options.clientId,
				clockTolerance: CLOCK_TOLERANCE_SECONDS,
				currentDate: options.now(),
				requiredClaims: ['iss', 'tid', 'oid', 'exp', 'iat', 'nonce'],
			}),
		);
		checkIssuer(
			payload,
			issuer,
			keys.jwks()?.keys.find(({ kid }) => kid === protectedHeader.kid),
		);
		if (payload['nonce'] !== expected.nonce) throw invalid('nonce');
		return parseAccount(payload);
	};
}

/** Errors of fetching the keys are nobody's fault; every other error means the token is not to be trusted. */
async function verified<Result>(verify: () => Promise<Result>): Promise<Result> {
	try {
		return await verify();
	} catch (cause) {
		if (isOfTime(cause)) throw new MicrosoftError('untimely_answer', { cause });
		const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
		const tokenFault =
			typeof code === 'string' && /^ERR_(JWT|JWS|JWKS_NO_MATCHING|JOSE_ALG)/.test(code);
		throw new MicrosoftError(tokenFault ? 'invalid_answer' : 'unreachable', { cause });
	}
}

/** Microsoft has just made the token, so it is one of the two clocks, and hardly Microsoft's. */
function isOfTime(cause: unknown): boolean {
	if (cause instanceof errors.JWTExpired) return true;
	return cause instanceof errors.JWTClaimValidationFailed && cause.claim === 'nbf';
}

/** The metadata's issuer with the token's own `tid` in it, exactly; and the key must be that issuer's. */
function checkIssuer(payload: JWTPayload, issuer: string, key: object | undefined): void {
	const tenantId = payload['tid'];
	if (typeof tenantId !== 'string' || !isGuid(tenantId)) throw invalid('tid');
	if (payload.iss !== issuer.replace('{tenantid}', tenantId)) throw invalid('iss');
	const keyIssuer = key !== undefined && 'issuer' in key ? key.issuer : undefined;
	if (typeof keyIssuer === 'string' && keyIssuer.replace('{tenantid}', tenantId) !== payload.iss) {
		throw invalid('issuer of the key');
	}
}

function parseAccount(payload: JWTPayload): MicrosoftAccount {
	const { tid, oid, preferred_username: preferred } = payload;
	if (typeof tid !== 'string' || typeof oid !== 'string' || !isGuid(oid)) throw invalid('oid');
	const username = typeof preferred === 'string' && preferred !== '' ? preferred : `${oid}@${tid}`;
	const verifiedAddresses = ['verified_primary_email', 'verified_secondary_email'].flatMap(
		(claim) => parseStrings(payload[claim]),
	);
	return {
		tenantId: tid,
		objectId: oid,
		username,
		addresses: [username, ...verifiedAddresses].map((address) => address.toLowerCase()),
	};
}

function parseStrings(value: unknown): string[] {
	const list: unknown[] = Array.isArray(value) ? value : [value];
	return list.filter((entry) => typeof entry === 'string');
}

function invalid(what: string): MicrosoftError {
	return new MicrosoftError('invalid_answer', {
		cause: new Error(`the ID token's ${what} does not match`),
	});
}
