// An authorization code as a browser posts it, and what it is told of it: the same for a sign-in and for a visit.

import type { SessionCookie } from '../owners/sessions.ts';

/** `refused` is OAuth-shaped at the wire; the words for people are in the sign-in's status. */
export type RedeemCodeResult =
	| { kind: 'redeemed'; idToken: string; cookie: SessionCookie | undefined }
	| { kind: 'refused'; error: 'invalid_grant' | 'invalid_request'; description: string };

/** Codes are a kilobyte or two of printable characters; a verifier is RFC 7636's (4.1). */
export function parseCodeRequest(input: {
	code: unknown;
	codeVerifier: unknown;
}): { code: string; codeVerifier: string } | undefined {
	const { code, codeVerifier } = input;
	if (typeof code !== 'string' || !/^[\x21-\x7e]{1,8192}$/.test(code)) return undefined;
	if (typeof codeVerifier !== 'string') return undefined;
	if (!/^[A-Za-z0-9._~-]{43,128}$/.test(codeVerifier)) return undefined;
	return { code, codeVerifier };
}

export function refused(
	error: 'invalid_grant' | 'invalid_request',
	description: string,
): RedeemCodeResult {
	return { kind: 'refused', error, description };
}
