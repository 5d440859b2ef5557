// A client of the practice Microsoft that says what msal-browser and a confidential client say, each parameter of which a
// test can change, and that reads whatever comes back into one shape.

import { createHash } from 'node:crypto';
import type { PracticeMicrosoft } from '../../src/practice/microsoft/practice-microsoft.ts';
import { chooseAtSignInPage } from '../../src/practice/microsoft/visitor.ts';

export const REDIRECT_URI = 'http://localhost:3000/microsoft365_oauth.html';
export const CLIENT_ID = 'c0ffee00-0000-4000-8000-000000000001';
export const CLIENT_SECRET = 'practice secret+with/odd=characters:%&';
export const MY_COMPANY = '6f1c3a52-0d5e-4b7a-9a43-2f6c1e8b9d10';
export const OTHER_COMPANY = 'b27d94e8-51c6-4f0b-8e2d-7a90c4f3156e';
export const MAIL_SCOPES = [
	'https://outlook.office.com/IMAP.AccessAsUser.All',
	'https://outlook.office.com/POP.AccessAsUser.All',
	'https://outlook.office.com/SMTP.Send',
].join(' ');
export const SCOPE = `openid profile email offline_access ${MAIL_SCOPES}`;
export const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
export const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url');
export const STATE = 'eyJpZCI6IjEifQ==|sign-in-1';
export const BOX = 'info@mycompany.com';

/** In place of the usual parameters; undefined leaves one out. */
export type Changes = Record<string, string | undefined>;

export type Tokens = { access_token: string; refresh_token: string; id_token: string };

export type PracticeAnswer = {
	status: number;
	headers: Headers;
	text: string;
	/** Where it leads, without the fragment, and what stands in that. */
	to: string | undefined;
	returned: Record<string, string>;
	/** The JSON object, or an empty one. */
	body: Record<string, unknown>;
	error: unknown;
	aadsts: number | undefined;
};

type At = { tenant?: string; headers?: HeadersInit };

export function createPracticeClient(practice: () => PracticeMicrosoft) {
	const at = (tenant: string, path: string) => `${practice().authority}/${tenant}/${path}`;
	const authorizeUrl = (changes: Changes = {}, tenant = 'organizations') =>
		new URL(`${at(tenant, 'oauth2/v2.0/authorize')}?${withChanges(AUTHORIZE, changes)}`);
	const obtainCode = async (choice = BOX, changes: Changes = {}, tenant?: string) => {
		const landed = await chooseAtSignInPage(authorizeUrl(changes, tenant), choice);
		return fragmentOf(landed.href)['code'] ?? '';
	};
	const postToken = async (form: URLSearchParams | string, { tenant, headers }: At = {}) =>
		readAnswer(
			await fetch(at(tenant ?? 'organizations', 'oauth2/v2.0/token'), {
				method: 'POST',
				body: form,
				...(headers && { headers }),
			}),
		);
	const redeem = (code: string, changes: Changes = {}, where?: At) =>
		postToken(withChanges({ ...REDEEM, code }, changes), where);
	return {
		at,
		authorizeUrl,
		obtainCode,
		postToken,
		redeem,
		get: async (tenant: string, path: string) => readAnswer(await fetch(at(tenant, path))),
		authorize: async (changes: Changes = {}, tenant?: string, more = '') =>
			readAnswer(await fetch(authorizeUrl(changes, tenant).href + more, { redirect: 'manual' })),
		refresh: (refreshToken: string, changes: Changes = {}, where?: At) =>
			postToken(withChanges({ ...REFRESH, refresh_token: refreshToken }, changes), where),
		async signIn(choice = BOX): Promise<Tokens> {
			const { status, text, body } = await redeem(await obtainCode(choice));
			if (status !== 200) throw new Error(text);
			return body as Tokens;
		},
	};
}

async function readAnswer(response: Response): Promise<PracticeAnswer> {
	const { status, headers } = response;
	const text = await response.text();
	const location = headers.get('location') ?? undefined;
	const isJson = headers.get('content-type')?.includes('json') ?? false;
	const body = isJson ? (JSON.parse(text) as Record<string, unknown>) : {};
	const returned = location === undefined ? {} : fragmentOf(location);
	// It comes first in the description, wherever that stands.
	const [, number] = /AADSTS(\d+)/.exec(returned['error_description'] ?? text) ?? [];
	return {
		...{ status, headers, text, returned, body },
		to: location?.split('#')[0],
		error: returned['error'] ?? body['error'],
		aadsts: number === undefined ? undefined : Number(number),
	};
}

export function fragmentOf(href: string): Record<string, string> {
	return Object.fromEntries(new URLSearchParams(new URL(href).hash.slice(1)));
}

export function withChanges(parameters: Record<string, string>, changes: Changes): URLSearchParams {
	const result = new URLSearchParams(parameters);
	for (const [name, value] of Object.entries(changes)) {
		if (value === undefined) result.delete(name);
		else result.set(name, value);
	}
	return result;
}

/** What msal-browser 5.30 sends for `loginRedirect`. */
const AUTHORIZE = {
	client_id: CLIENT_ID,
	scope: SCOPE,
	redirect_uri: REDIRECT_URI,
	'client-request-id': '0197a1b2-0000-7000-8000-0000000000aa',
	response_mode: 'fragment',
	client_info: '1',
	clidata: '1',
	login_hint: BOX,
	'X-AnchorMailbox': `UPN:${BOX}`,
	nonce: 'nonce-1',
	state: STATE,
	claims: '{"id_token":{"signin_state":{"essential":false}}}',
	pocd: '1',
	'x-client-SKU': 'msal.js.browser',
	'x-client-VER': '5.30.0',
	response_type: 'code',
	code_challenge: CHALLENGE,
	code_challenge_method: 'S256',
};

const REDEEM = {
	client_id: CLIENT_ID,
	client_secret: CLIENT_SECRET,
	grant_type: 'authorization_code',
	redirect_uri: REDIRECT_URI,
	code_verifier: VERIFIER,
	scope: SCOPE,
};

const REFRESH = {
	client_id: CLIENT_ID,
	client_secret: CLIENT_SECRET,
	grant_type: 'refresh_token',
	scope: `openid offline_access ${MAIL_SCOPES}`,
};
