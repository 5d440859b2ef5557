// Reads an authorization request as strictly as Entra does, and stricter: it takes what Mailkey's browser half is meant
// to send and nothing else, so that a parameter that is lost, doubled or new is noticed here and not at Microsoft.
// https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow#request-an-authorization-code

import {
	EntraRefusal,
	malformedRequest,
	missingParameter,
	type EntraFault,
} from './entra-refusal.ts';
import { assertExpectedScopes, parseScopes } from './scopes.ts';

export type AuthorizeRequest = {
	redirectUri: string;
	scopes: readonly string[];
	state: string;
	nonce: string;
	codeChallenge: string;
	loginHint: string | undefined;
	wantsClientInfo: boolean;
};

// A request whose client or redirect URI is wrong is answered by a page, and never by a redirect: otherwise anybody
// could use the sign-in page to send people, or codes, elsewhere (RFC 6749 section 4.1.2.1).
export type Reading =
	| { kind: 'request'; request: AuthorizeRequest }
	| { kind: 'page'; fault: EntraFault }
	| { kind: 'redirect'; fault: EntraFault };

export type RegisteredClient = { id: string; redirectUri: string };

const oauthParameters = [
	...['client_id', 'redirect_uri', 'response_type', 'response_mode', 'scope', 'state', 'nonce'],
	...['code_challenge', 'code_challenge_method', 'prompt', 'login_hint'],
];

// What msal-browser 5.30 adds on its own (msal-common 16.17, `protocol/Authorize` and `request/RequestParameterBuilder`).
const msalParameters = [
	...[
		'client-request-id',
		'client_info',
		'clidata',
		'claims',
		'instance_aware',
		'pocd',
		'haschrome',
	],
	...['x-client-SKU', 'x-client-VER', 'x-client-OS', 'x-client-CPU', 'x-app-name', 'x-app-ver'],
	...['x-client-current-telemetry', 'x-client-last-telemetry', 'X-AnchorMailbox'],
];

const knownParameters = new Set([...oauthParameters, ...msalParameters]);

export function readAuthorizeRequest(query: URLSearchParams, client: RegisteredClient): Reading {
	try {
		assertClient(query, client);
	} catch (error) {
		return { kind: 'page', fault: faultOf(error) };
	}
	try {
		return { kind: 'request', request: parseRequest(query, client) };
	} catch (error) {
		return { kind: 'redirect', fault: faultOf(error) };
	}
}

function faultOf(error: unknown): EntraFault {
	if (error instanceof EntraRefusal) return error.fault;
	throw error;
}

function assertClient(query: URLSearchParams, client: RegisteredClient): void {
	const clientId = required(query, 'client_id');
	if (clientId !== client.id) {
		throw new EntraRefusal({
			error: 'unauthorized_client',
			aadsts: 700016,
			description: `Application with identifier '${clientId}' was not found in the directory.`,
		});
	}
	const redirectUri = required(query, 'redirect_uri');
	if (redirectUri !== client.redirectUri) {
		throw new EntraRefusal({
			error: 'invalid_request',
			aadsts: 50011,
			description: `The redirect URI '${redirectUri}' specified in the request does not match the redirect URIs configured for the application '${clientId}'.`,
		});
	}
}

function parseRequest(query: URLSearchParams, client: RegisteredClient): AuthorizeRequest {
	assertKnownOnce(query);
	assertResponse(query);
	assertPkce(query);
	assertPrompt(query);
	assertMsalParameters(query);
	const scopes = parseScopes(required(query, 'scope'));
	assertExpectedScopes(scopes);
	return {
		redirectUri: client.redirectUri,
		scopes,
		state: required(query, 'state'),
		nonce: required(query, 'nonce'),
		codeChallenge: required(query, 'code_challenge'),
		loginHint: query.get('login_hint') || undefined,
		wantsClientInfo: query.has('client_info'),
	};
}

function assertKnownOnce(query: URLSearchParams): void {
	for (const name of query.keys()) {
		if (!knownParameters.has(name)) {
			throw new EntraRefusal(malformedRequest(`The parameter '${name}' is not expected.`));
		}
		if (query.getAll(name).length > 1) throw new EntraRefusal(doubledParameter(name));
	}
}

function assertResponse(query: URLSearchParams): void {
	const type = required(query, 'response_type');
	if (type !== 'code') {
		throw new EntraRefusal({
			error: 'unsupported_response_type',
			aadsts: 700054,
			description: `response_type '${type}' is not enabled for the application.`,
		});
	}
	const mode = required(query, 'response_mode');
	if (mode !== 'fragment') {
		throw new EntraRefusal({
			error: 'invalid_request',
			aadsts: 70007,
			description: `'${mode}' is not a supported value of 'response_mode' when requesting a token.`,
		});
	}
}

function assertPkce(query: URLSearchParams): void {
	const challenge = query.get('code_challenge');
	if (!challenge) {
		throw new EntraRefusal({
			error: 'invalid_request',
			aadsts: 50147,
			description: 'Missing code challenge: the size of the code challenge parameter is not valid.',
		});
	}
	// S256 always gives 32 bytes in base64url (RFC 7636 section 4.2). Without a method Entra takes it as `plain`.
	const isS256 = query.get('code_challenge_method') === 'S256';
	if (!isS256 || !/^[A-Za-z0-9_-]{43}$/.test(challenge)) {
		throw new EntraRefusal({
			error: 'invalid_request',
			aadsts: 501491,
			description: 'Invalid method or size of the Code_Challenge parameter.',
		});
	}
}

function assertPrompt(query: URLSearchParams): void {
	const prompt = query.get('prompt');
	if (prompt === 'none') {
		throw new EntraRefusal({
			error: 'login_required',
			aadsts: 50058,
			description: 'A silent sign-in request was sent but no user is signed in.',
		});
	}
	if (prompt === 'select_account' && query.has('login_hint')) {
		throw new EntraRefusal({
			error: 'invalid_request',
			aadsts: 90005,
			description: `Unable to complete the request. 'login_hint' and 'prompt=select_account' cannot be used together.`,
		});
	}
	if (prompt !== null && prompt !== 'login' && prompt !== 'select_account') {
		throw new EntraRefusal(malformedRequest(`The value '${prompt}' of 'prompt' is not expected.`));
	}
}

function assertMsalParameters(query: URLSearchParams): void {
	for (const name of ['client_info', 'clidata', 'pocd']) {
		if (query.has(name) && query.get(name) !== '1') {
			throw new EntraRefusal(malformedRequest(`The parameter '${name}' can only be '1'.`));
		}
	}
	const claims = query.get('claims');
	if (claims !== null && !asksForIdTokenClaimsOnly(claims)) {
		throw new EntraRefusal(malformedRequest(`'claims' may only ask for claims of the ID token.`));
	}
}

// A client capability (`access_token.xms_cc`) would declare continuous access evaluation, and IMAP, POP and SMTP have no
// way to carry its challenge. https://learn.microsoft.com/entra/identity/conditional-access/concept-continuous-access-evaluation
function asksForIdTokenClaimsOnly(claims: string): boolean {
	try {
		const value: unknown = JSON.parse(claims);
		return typeof value === 'object' && value !== null && Object.keys(value).join() === 'id_token';
	} catch {
		// Not JSON: refused like any other value that is not expected.
		return false;
	}
}

function required(query: URLSearchParams, name: string): string {
	const values = query.getAll(name);
	if (values.length > 1) throw new EntraRefusal(doubledParameter(name));
	if (!values[0]) throw new EntraRefusal(missingParameter(name));
	return values[0];
}

function doubledParameter(name: string): EntraFault {
	return {
		error: 'invalid_request',
		aadsts: 9000411,
		description: `The request is not properly formatted. The parameter '${name}' is duplicated.`,
	};
}
