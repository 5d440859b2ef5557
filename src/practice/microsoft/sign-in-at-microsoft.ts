// The browser's half of a sign-in without a browser: the authorization request as msal-browser 5.30 sends it, a person
// who presses one button, and what the fragment of the redirect URI then holds.

import { createHash, randomBytes } from 'node:crypto';
import { chooseAtSignInPage } from './visitor.ts';

export type AuthorizationRequest = {
	authorizationEndpoint: string;
	clientId: string;
	redirectUri: string;
	scopes: readonly string[];
	sign_in: string;
	nonce: string;
	email: string;
	/** An address, or `cancel`. */
	choice: string;
};

export type AtMicrosoft = {
	/** Without the sharp. */
	fragment: URLSearchParams;
	/** Empty when Microsoft refused. */
	code: string;
	codeVerifier: string;
};

export async function returnOf(request: AuthorizationRequest): Promise<AtMicrosoft> {
	const codeVerifier = randomBytes(32).toString('base64url');
	const state = `eyJpZCI6IjEiLCJtZXRhIjp7fX0=|${request.sign_in}`;
	const url = new URL(request.authorizationEndpoint);
	url.search = new URLSearchParams({
		client_id: request.clientId,
		scope: request.scopes.join(' '),
		redirect_uri: request.redirectUri,
		response_type: 'code',
		response_mode: 'fragment',
		code_challenge: createHash('sha256').update(codeVerifier).digest('base64url'),
		code_challenge_method: 'S256',
		nonce: request.nonce,
		state,
		login_hint: request.email,
		client_info: '1',
	}).toString();
	const returned = await chooseAtSignInPage(url, request.choice);
	const fragment = new URLSearchParams(returned.hash.slice(1));
	if (fragment.get('state') !== state) throw new Error('Microsoft sent another state back.');
	return { fragment, code: fragment.get('code') ?? '', codeVerifier };
}
