// The practice Microsoft against clients that know nothing of it: openid-client signs in, jose verifies, and requests
// with one fault each meet the AADSTS number that Entra would answer with.

import { createHash, createPrivateKey, randomUUID, X509Certificate } from 'node:crypto';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
	createRemoteJWKSet,
	decodeJwt,
	importPKCS8,
	jwtVerify,
	SignJWT,
	type JWTPayload,
} from 'jose';
import * as openid from 'openid-client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readyAccounts } from '../../src/practice/microsoft/accounts.ts';
import { makePracticeCertificate } from '../../src/practice/certificate.ts';
import {
	startPracticeMicrosoft,
	type PracticeMicrosoft,
	type PracticeMicrosoftOptions,
} from '../../src/practice/microsoft/practice-microsoft.ts';
import { chooseAtSignInPage } from '../../src/practice/microsoft/visitor.ts';

const redirectUri = 'http://localhost:3000/microsoft365_oauth.html';
const clientId = 'c0ffee00-0000-4000-8000-000000000001';
const secret = 'practice secret+with/odd=characters:%&';
const myCompany = '6f1c3a52-0d5e-4b7a-9a43-2f6c1e8b9d10';
const otherCompany = 'b27d94e8-51c6-4f0b-8e2d-7a90c4f3156e';
const mailScopes = [
	'https://outlook.office.com/IMAP.AccessAsUser.All',
	'https://outlook.office.com/POP.AccessAsUser.All',
	'https://outlook.office.com/SMTP.Send',
].join(' ');
const scope = `openid profile email offline_access ${mailScopes}`;
const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const challenge = createHash('sha256').update(verifier).digest('base64url');

const { privateKey, certificate } = makePracticeCertificate(new Date());
const thumbprint = createHash('sha256')
	.update(new X509Certificate(certificate).raw)
	.digest('base64url');

let now: Date;
let practice: PracticeMicrosoft;

// One for all, because an RSA key is slow to make.
let sharedKeys: string;
beforeAll(async () => {
	sharedKeys = await mkdtemp(join(tmpdir(), 'practice-microsoft-'));
});
afterAll(() => rm(sharedKeys, { recursive: true }));

beforeEach(async () => {
	now = new Date();
	practice = await start();
});

afterEach(() => practice.stop());

function start(options: Partial<PracticeMicrosoftOptions> = {}): Promise<PracticeMicrosoft> {
	return startPracticeMicrosoft({
		directory: sharedKeys,
		port: 0,
		client: { id: clientId, secret, certificate, redirectUri },
		now: () => now,
		...options,
	});
}

type Changes = Record<string, string | undefined>;

function withChanges(parameters: Record<string, string>, changes: Changes): URLSearchParams {
	const result = new URLSearchParams(parameters);
	for (const [name, value] of Object.entries(changes)) {
		if (value === undefined) result.delete(name);
		else result.set(name, value);
	}
	return result;
}

// What msal-browser 5.30 sends for `loginRedirect`.
function authorizeUrl(changes: Changes = {}, tenant = 'organizations'): URL {
	const url = new URL(`${practice.authority}/${tenant}/oauth2/v2.0/authorize`);
	const parameters = {
		client_id: clientId,
		scope,
		redirect_uri: redirectUri,
		'client-request-id': '0197a1b2-0000-7000-8000-0000000000aa',
		response_mode: 'fragment',
		client_info: '1',
		clidata: '1',
		login_hint: 'info@mycompany.com',
		'X-AnchorMailbox': 'UPN:info@mycompany.com',
		nonce: 'nonce-1',
		state: 'eyJpZCI6IjEifQ==|sign-in-1',
		claims: '{"id_token":{"signin_state":{"essential":false}}}',
		pocd: '1',
		'x-client-SKU': 'msal.js.browser',
		'x-client-VER': '5.30.0',
		response_type: 'code',
		code_challenge: challenge,
		code_challenge_method: 'S256',
	};
	url.search = withChanges(parameters, changes).toString();
	return url;
}

function fragmentOf(url: URL): URLSearchParams {
	return new URLSearchParams(url.hash.slice(1));
}

async function obtainCode(choice = 'info@mycompany.com', changes: Changes = {}): Promise<string> {
	return fragmentOf(await chooseAtSignInPage(authorizeUrl(changes), choice)).get('code')!;
}

type Json = Record<string, unknown>;

async function jsonOf(answer: Response): Promise<Json> {
	return (await answer.json()) as Json;
}

type TokenBody = Json & {
	access_token: string;
	refresh_token: string;
	id_token: string;
};
type Answered = { status: number; headers: Headers; body: TokenBody };

async function postToken(
	parameters: Record<string, string>,
	{ tenant = 'organizations', headers = {} }: { tenant?: string; headers?: HeadersInit } = {},
): Promise<Answered> {
	const answer = await fetch(`${practice.authority}/${tenant}/oauth2/v2.0/token`, {
		method: 'POST',
		body: new URLSearchParams(parameters),
		headers,
	});
	return {
		status: answer.status,
		headers: answer.headers,
		body: (await answer.json()) as TokenBody,
	};
}

function codeRequest(code: string): Record<string, string> {
	return {
		client_id: clientId,
		client_secret: secret,
		grant_type: 'authorization_code',
		code,
		redirect_uri: redirectUri,
		code_verifier: verifier,
		scope,
	};
}

function refreshRequest(refreshToken: string): Record<string, string> {
	return {
		client_id: clientId,
		client_secret: secret,
		grant_type: 'refresh_token',
		refresh_token: refreshToken,
		scope: `openid offline_access ${mailScopes}`,
	};
}

async function signIn(choice = 'info@mycompany.com'): Promise<TokenBody> {
	const answer = await postToken(codeRequest(await obtainCode(choice)));
	expect(answer.status).toBe(200);
	return answer.body;
}

describe('an independent client', () => {
	const assertionKey = importPKCS8(privateKey, 'PS256');
	const credentials: [string, () => Promise<openid.ClientAuth>][] = [
		['client_secret_post', () => Promise.resolve(openid.ClientSecretPost(secret))],
		['client_secret_basic', () => Promise.resolve(openid.ClientSecretBasic(secret))],
		[
			'a certificate',
			async () =>
				openid.PrivateKeyJwt(await assertionKey, {
					[openid.modifyAssertion]: (header, payload) => {
						header.typ = 'JWT';
						header['x5t#S256'] = thumbprint;
						payload.aud = `${practice.authority}/${myCompany}/oauth2/v2.0/token`;
					},
				}),
		],
	];

	test.each(credentials)('discovers, signs in and refreshes with %s', async (_, credential) => {
		const issuer = new URL(`${practice.authority}/${myCompany}/v2.0`);
		const configuration = await openid.discovery(issuer, clientId, {}, await credential(), {
			// eslint-disable-next-line @typescript-eslint/no-deprecated -- plain http, on loopback
			execute: [openid.allowInsecureRequests],
		});
		const url = openid.buildAuthorizationUrl(configuration, {
			redirect_uri: redirectUri,
			response_mode: 'fragment',
			scope,
			state: 'state-1',
			nonce: 'nonce-1',
			code_challenge: challenge,
			code_challenge_method: 'S256',
			login_hint: 'info@mycompany.com',
		});
		const landed = await chooseAtSignInPage(url, 'info@mycompany.com');
		const asQuery = new URL(landed.href.replace('#', '?'));
		const tokens = await openid.authorizationCodeGrant(configuration, asQuery, {
			pkceCodeVerifier: verifier,
			expectedNonce: 'nonce-1',
			expectedState: 'state-1',
			idTokenExpected: true,
		});
		expect(tokens.claims()?.preferred_username).toBe('info@mycompany.com');

		const first = await openid.refreshTokenGrant(configuration, tokens.refresh_token!);
		const second = await openid.refreshTokenGrant(configuration, tokens.refresh_token!);
		const third = await openid.refreshTokenGrant(configuration, first.refresh_token!);
		const all = [tokens, first, second, third];
		expect(new Set(all.map(({ access_token }) => access_token)).size).toBe(4);
		expect(new Set(all.map(({ refresh_token }) => refresh_token)).size).toBe(4);
	});
});

describe('discovery', () => {
	const discover = (tenant: string) =>
		fetch(`${practice.authority}/${tenant}/v2.0/.well-known/openid-configuration`);

	test.each([
		['organizations', '{tenantid}', 'organizations'],
		['common', '{tenantid}', 'common'],
		[myCompany, myCompany, myCompany],
		['mycompany.com', myCompany, myCompany],
		['OtherCompany.com', otherCompany, otherCompany],
	])('of %s names the issuer of %s', async (tenant, issuer, inEndpoints) => {
		const document = await jsonOf(await discover(tenant));
		expect(document).toMatchObject({
			issuer: `${practice.authority}/${issuer}/v2.0`,
			token_endpoint: `${practice.authority}/${inEndpoints}/oauth2/v2.0/token`,
			jwks_uri: `${practice.authority}/${inEndpoints}/discovery/v2.0/keys`,
		});
	});

	test('knows the domain of every account that is ready', async () => {
		for (const { username, tenantId } of readyAccounts) {
			const document = await jsonOf(await discover(username.split('@')[1]!));
			expect(document.issuer).toBe(`${practice.authority}/${tenantId}/v2.0`);
		}
	});

	test.each([
		['nowhere.example', 90002, 'invalid_tenant'],
		['00000000-0000-4000-8000-000000000000', 90002, 'invalid_tenant'],
		['nonsense', 900023, 'invalid_request'],
		['%00', 900023, 'invalid_request'],
	])('of the unknown tenant %s is AADSTS%i', async (tenant, aadsts, error) => {
		const answer = await discover(tenant);
		expect(answer.status).toBe(400);
		const body = (await answer.json()) as Record<string, string>;
		expect(body).toMatchObject({ error, error_codes: [aadsts] });
		expect(body.error_description).toMatch(
			new RegExp(
				`^AADSTS${aadsts}: .* Trace ID: ${body.trace_id} ` +
					`Correlation ID: ${body.correlation_id} Timestamp: ${body.timestamp}$`,
			),
		);
		expect(body.timestamp).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$/);
		expect(body.error_uri).toBe(`${practice.authority}/error?code=${aadsts}`);
	});

	test('names, with each key, the issuer that it signs for', async () => {
		const keyOf = async (tenant: string) => {
			const answer = await fetch(`${practice.authority}/${tenant}/discovery/v2.0/keys`);
			return ((await answer.json()) as { keys: [Json] }).keys[0];
		};
		const shared = await keyOf('organizations');
		expect(shared).toMatchObject({ kty: 'RSA', use: 'sig', alg: 'RS256' });
		expect(shared.issuer).toBe(`${practice.authority}/{tenantid}/v2.0`);
		const names = ['alg', 'e', 'issuer', 'kid', 'kty', 'n', 'use'];
		expect(Object.keys(shared).sort()).toEqual(names);
		const own = await keyOf('mycompany.com');
		expect(own.issuer).toBe(`${practice.authority}/${myCompany}/v2.0`);
	});
});

describe('a sign-in', () => {
	test('returns code, state and client info in the fragment of the redirect URI', async () => {
		const landed = await chooseAtSignInPage(authorizeUrl(), 'info@mycompany.com');
		expect(landed.href.split('#')[0]).toBe(redirectUri);
		const answer = fragmentOf(landed);
		expect([...answer.keys()]).toEqual(['code', 'client_info', 'state', 'session_state']);
		expect(answer.get('state')).toBe('eyJpZCI6IjEifQ==|sign-in-1');
		const info = Buffer.from(answer.get('client_info')!, 'base64url').toString();
		expect(info).toMatch(new RegExp(`^{"uid":"[0-9a-f-]{36}","utid":"${myCompany}"}$`));
	});

	test('gives tokens of the shape and size that Entra gives', async () => {
		const code = await obtainCode();
		const { status, headers, body } = await postToken({ ...codeRequest(code), client_info: '1' });
		expect(status).toBe(200);
		expect(headers.get('cache-control')).toBe('no-store');
		expect(headers.get('access-control-allow-origin')).toBeNull();
		expect(body).toMatchObject({ token_type: 'Bearer', scope: mailScopes });
		expect(body.expires_in).toBe(body.ext_expires_in);
		expect(body.expires_in).toBeGreaterThanOrEqual(3600);
		expect(body.expires_in).toBeLessThan(5400);
		expect(body.access_token.length).toBeGreaterThan(1500);
		expect(body.access_token.length).toBeLessThan(2048);
		expect(body.client_info).toEqual(expect.any(String));
		// Opaque: nobody can look into it who is not the practice Microsoft.
		expect(() => decodeJwt(body.access_token)).toThrow();
	});

	test('gives an ID token that the published key verifies', async () => {
		const { id_token } = await signIn();
		const keys = createRemoteJWKSet(new URL(`${practice.authority}/common/discovery/v2.0/keys`));
		const { payload, protectedHeader } = await jwtVerify(id_token, keys, {
			algorithms: ['RS256'],
			issuer: `${practice.authority}/${myCompany}/v2.0`,
			audience: clientId,
		});
		expect(protectedHeader.kid).toEqual(expect.any(String));
		expect(payload).toMatchObject({
			ver: '2.0',
			tid: myCompany,
			nonce: 'nonce-1',
			preferred_username: 'info@mycompany.com',
			email: 'info@mycompany.com',
			verified_primary_email: ['info@mycompany.com'],
			name: 'info',
		});
		for (const claim of ['sub', 'oid', 'login_hint', 'iat', 'nbf', 'exp']) {
			expect(payload).toHaveProperty(claim);
		}
	});

	test('names the same person by the same ids each time, whatever the case of the address', async () => {
		const first = decodeJwt((await signIn('info@mycompany.com')).id_token);
		const second = decodeJwt((await signIn('Info@MyCompany.com')).id_token);
		expect(second).toMatchObject({ sub: first.sub, oid: first.oid, tid: first.tid });
		const other = decodeJwt((await signIn('other@mycompany.com')).id_token);
		expect(other.sub).not.toBe(first.sub);
		expect(other.oid).not.toBe(first.oid);
	});

	test('can be made by someone else, of the same organisation or of another one', async () => {
		const pat = decodeJwt((await signIn('pat@mycompany.com')).id_token);
		expect(pat).toMatchObject({ preferred_username: 'pat@mycompany.com', tid: myCompany });
		const sam = decodeJwt((await signIn('sam@othercompany.com')).id_token);
		expect(sam).toMatchObject({
			preferred_username: 'sam@othercompany.com',
			tid: otherCompany,
			iss: `${practice.authority}/${otherCompany}/v2.0`,
		});
	});

	test('that is cancelled comes back as access_denied with AADSTS65004 and the state', async () => {
		const answer = fragmentOf(await chooseAtSignInPage(authorizeUrl(), 'cancel'));
		expect(answer.get('error')).toBe('access_denied');
		expect(answer.get('state')).toBe('eyJpZCI6IjEifQ==|sign-in-1');
		expect(answer.get('error_description')).toMatch(
			/^AADSTS65004: .* Correlation ID: 0197a1b2-0000-7000-8000-0000000000aa Timestamp: /,
		);
		expect(answer.has('code')).toBe(false);
		expect(practice.issuedSecrets()).toEqual([]);
	});

	test('of an account that is refused comes back with its error', async () => {
		await practice.stop();
		const outcome = {
			kind: 'refused',
			error: 'access_denied',
			aadsts: 90094,
			description: 'Administrator consent is required.',
		} as const;
		practice = await start({ accounts: [{ ...readyAccounts[0]!, outcome }] });
		const landed = await chooseAtSignInPage(authorizeUrl(), readyAccounts[0]!.username);
		expect(fragmentOf(landed).get('error_description')).toMatch(/^AADSTS90094: /);
	});

	test('takes its own opaque login_hint as the account that it was issued for', async () => {
		const { login_hint } = decodeJwt((await signIn()).id_token);
		const url = authorizeUrl({ login_hint: String(login_hint), 'X-AnchorMailbox': undefined });
		expect(await (await fetch(url)).text()).toContain('Sign in as info@mycompany.com');
	});
});

describe('the sign-in page', () => {
	const page = async (changes: Changes, tenant?: string) => {
		const answer = await fetch(authorizeUrl(changes, tenant));
		expect(answer.status).toBe(200);
		return answer.text();
	};
	const buttons = (text: string) =>
		[...text.matchAll(/<span class="what"[^>]*>([^<]*)</g)].map(([, label]) => label);

	test('says what it is, who asks and what for', async () => {
		const text = await page({});
		expect(text).toContain('<h1>Practice: this is not Microsoft</h1>');
		expect(text).toContain('localhost:3000');
		for (const protocol of ['IMAP', 'POP', 'SMTP']) expect(text).toContain(`by ${protocol}`);
	});

	test('offers the expected account first, then the others, then to cancel', async () => {
		expect(buttons(await page({ login_hint: 'Info@mycompany.com' }))).toEqual([
			'Sign in as info@mycompany.com',
			'Sign in as equis@mycompany.com',
			'Sign in as pat@mycompany.com',
			'Sign in as sam@othercompany.com',
			...readyAccounts.slice(3).map(({ username }) => `Sign in as ${username}`),
			'Cancel',
		]);
		const text = await page({ login_hint: 'pat@mycompany.com' });
		expect(buttons(text)[0]).toBe('Sign in as pat@mycompany.com');
		expect(text.split('class="first"')).toHaveLength(2);
	});

	test.each([
		['no hint', undefined, 'did not say who is expected'],
		['an unknown domain', 'me@nowhere.example', 'but no organisation here'],
		['markup', '<b>"me"</b>@mycompany.com', '&#60;b&#62;&#34;me&#34;&#60;/b&#62;@mycompany.com'],
		['a broken opaque hint', 'O.!!!', 'but no organisation here'],
	])('without a usable hint (%s) says so and offers the ready accounts', async (_, hint, said) => {
		const text = await page({ login_hint: hint });
		expect(text).toContain(said);
		expect(text).not.toContain('class="first"');
		expect(buttons(text)).toHaveLength(readyAccounts.length + 1);
	});

	test('of one tenant offers its own accounts alone, and lets no other in', async () => {
		const text = await page({ login_hint: 'sam@othercompany.com' }, 'mycompany.com');
		expect(text).not.toContain('Sign in as sam@othercompany.com');
		const url = authorizeUrl({}, 'mycompany.com');
		await expect(chooseAtSignInPage(url, 'sam@othercompany.com')).rejects.toThrow('400');
	});

	test('runs no script, sets no cookie and may send its form home and back only', async () => {
		const answer = await fetch(authorizeUrl());
		expect(answer.headers.get('set-cookie')).toBeNull();
		const policy = answer.headers.get('content-security-policy')!;
		expect(policy).toContain(`default-src 'none'`);
		expect(policy).toContain(`form-action 'self' http://localhost:3000`);
		const text = await answer.text();
		expect(text).not.toContain('<script');
		const style = /<style>(.*)<\/style>/s.exec(text)![1]!;
		const hash = createHash('sha256').update(style).digest('base64');
		expect(policy).toContain(`style-src 'sha256-${hash}'`);
	});

	test('decides once', async () => {
		const text = await page({});
		const action = practice.authority + /action="([^"]+)"/.exec(text)![1]!;
		const post = () =>
			fetch(action, {
				method: 'POST',
				body: new URLSearchParams({ choice: 'info@mycompany.com' }),
				redirect: 'manual',
			});
		expect((await post()).status).toBe(303);
		const second = await post();
		expect(second.status).toBe(400);
		expect(await second.text()).toContain('AADSTS50089');
	});

	test('decides nothing after an hour', async () => {
		const text = await page({});
		now = new Date(now.getTime() + 61 * 60_000);
		const answer = await fetch(practice.authority + /action="([^"]+)"/.exec(text)![1]!, {
			method: 'POST',
			body: new URLSearchParams({ choice: 'info@mycompany.com' }),
			redirect: 'manual',
		});
		expect(answer.status).toBe(400);
	});
});

describe('an authorization request', () => {
	test.each<[string, Changes, number]>([
		['another client_id', { client_id: 'another' }, 700016],
		['no client_id', { client_id: undefined }, 900144],
		['another redirect_uri', { redirect_uri: 'https://elsewhere.example/' }, 50011],
		['a redirect_uri in another case', { redirect_uri: redirectUri.toUpperCase() }, 50011],
		['a redirect_uri with a query', { redirect_uri: `${redirectUri}?a=b` }, 50011],
		['no redirect_uri', { redirect_uri: undefined }, 900144],
	])('with %s gets a page and is never sent on', async (_, changes, aadsts) => {
		const answer = await fetch(authorizeUrl(changes), { redirect: 'manual' });
		expect(answer.status).toBe(400);
		expect(answer.headers.get('location')).toBeNull();
		expect(await answer.text()).toContain(`AADSTS${aadsts}`);
	});

	test('with two redirect URIs gets a page and is never sent on', async () => {
		const url = `${authorizeUrl()}&redirect_uri=https://elsewhere.example/`;
		expect((await fetch(url, { redirect: 'manual' })).status).toBe(400);
	});

	test.each<[string, Changes, number, string]>([
		['no response_type', { response_type: undefined }, 900144, 'invalid_request'],
		['a hybrid one', { response_type: 'code id_token' }, 700054, 'unsupported_response_type'],
		['no response_mode', { response_mode: undefined }, 900144, 'invalid_request'],
		['response_mode=query', { response_mode: 'query' }, 70007, 'invalid_request'],
		['no scope', { scope: undefined }, 900144, 'invalid_request'],
		['no IMAP scope', { scope: scopesWithoutImap() }, 70011, 'invalid_scope'],
		['no offline_access', { scope: scope.replace('offline_access', '') }, 70011, 'invalid_scope'],
		['a Graph scope too', { scope: `${scope} User.Read` }, 70011, 'invalid_scope'],
		['no PKCE', { code_challenge: undefined }, 50147, 'invalid_request'],
		['a short challenge', { code_challenge: challenge.slice(1) }, 501491, 'invalid_request'],
		['a plain challenge', { code_challenge_method: 'plain' }, 501491, 'invalid_request'],
		['no challenge method', { code_challenge_method: undefined }, 501491, 'invalid_request'],
		['no nonce', { nonce: undefined }, 900144, 'invalid_request'],
		['an empty nonce', { nonce: '' }, 900144, 'invalid_request'],
		['a hint and the picker', { prompt: 'select_account' }, 90005, 'invalid_request'],
		['prompt=consent', { prompt: 'consent' }, 9002313, 'invalid_request'],
		['prompt=none', { prompt: 'none' }, 50058, 'login_required'],
		['domain_hint', { domain_hint: 'mycompany.com' }, 9002313, 'invalid_request'],
		['a misspelt name', { loginhint: 'a@mycompany.com' }, 9002313, 'invalid_request'],
		['__proto__', { ['__proto__x']: 'a' }, 9002313, 'invalid_request'],
		['client_info=0', { client_info: '0' }, 9002313, 'invalid_request'],
		['broken claims', { claims: '{' }, 9002313, 'invalid_request'],
		[
			'a client capability',
			{ claims: '{"id_token":{},"access_token":{"xms_cc":{"values":["cp1"]}}}' },
			9002313,
			'invalid_request',
		],
	])('with %s is sent back with AADSTS and its state', async (_, changes, aadsts, error) => {
		const answer = await fetch(authorizeUrl(changes), { redirect: 'manual' });
		expect(answer.status).toBe(303);
		const landed = new URL(answer.headers.get('location')!);
		expect(landed.href.split('#')[0]).toBe(redirectUri);
		const parameters = fragmentOf(landed);
		expect(parameters.get('error_description')).toMatch(new RegExp(`^AADSTS${aadsts}: `));
		expect(parameters.get('error')).toBe(error);
		expect(parameters.get('state')).toBe('eyJpZCI6IjEifQ==|sign-in-1');
		expect(practice.requests.at(-1)).toMatchObject({
			kind: 'authorize',
			tenant: 'organizations',
			outcome: `AADSTS${aadsts}`,
		});
	});

	test('without a state is sent back with AADSTS900144 and none', async () => {
		const url = authorizeUrl({ state: undefined });
		const answer = await fetch(url, { redirect: 'manual' });
		const parameters = fragmentOf(new URL(answer.headers.get('location')!));
		expect(parameters.get('error_description')).toMatch(/^AADSTS900144: .*'state'/);
		expect(parameters.has('state')).toBe(false);
	});

	test.each(['nonce', 'login_hint'])(
		'with two %s is sent back with AADSTS9000411',
		async (name) => {
			const answer = await fetch(`${authorizeUrl()}&${name}=second`, { redirect: 'manual' });
			expect(answer.headers.get('location')).toContain('AADSTS9000411');
		},
	);

	test.each<[string, Changes]>([
		['its scopes in another order', { scope: scope.split(' ').reverse().join(' ') }],
		['prompt=login', { prompt: 'login' }],
		['the picker without a hint', { prompt: 'select_account', login_hint: undefined }],
		['none of what MSAL adds', { claims: undefined, clidata: undefined, pocd: undefined }],
	])('with %s shows the sign-in page', async (_, changes) => {
		const answer = await fetch(authorizeUrl(changes), { redirect: 'manual' });
		expect(answer.status).toBe(200);
	});

	test('at an unknown tenant gets a page', async () => {
		const answer = await fetch(authorizeUrl({}, 'nowhere.example'), { redirect: 'manual' });
		expect(answer.status).toBe(400);
		expect(answer.headers.get('content-type')).toContain('text/html');
		expect(await answer.text()).toContain('AADSTS90002');
	});
});

describe('the token endpoint', () => {
	let code: string;
	beforeEach(async () => {
		code = await obtainCode();
	});

	const wrongVerifier = 'x'.repeat(43);
	test.each<[string, Changes, number, string, number]>([
		['another client_id', { client_id: 'another' }, 700016, 'unauthorized_client', 400],
		['no client_id', { client_id: undefined }, 900144, 'invalid_request', 400],
		['a wrong secret', { client_secret: 'wrong' }, 7000215, 'invalid_client', 401],
		['no credential', { client_secret: undefined }, 7000218, 'invalid_client', 401],
		['two credentials', { client_assertion: 'a' }, 9002313, 'invalid_request', 400],
		['no grant_type', { grant_type: undefined }, 900144, 'invalid_request', 400],
		['another grant', { grant_type: 'password' }, 70003, 'unsupported_grant_type', 400],
		['no code', { code: undefined }, 900144, 'invalid_request', 400],
		['an unknown code', { code: 'unknown' }, 70000, 'invalid_grant', 400],
		['no redirect_uri', { redirect_uri: undefined }, 900144, 'invalid_request', 400],
		['another redirect_uri', { redirect_uri: 'https://e.example' }, 500112, 'invalid_client', 400],
		['no verifier', { code_verifier: undefined }, 501481, 'invalid_grant', 400],
		['a wrong verifier', { code_verifier: wrongVerifier }, 501481, 'invalid_grant', 400],
		['the challenge as verifier', { code_verifier: challenge }, 501481, 'invalid_grant', 400],
		['two resources', { scope: `${scope} User.Read` }, 700022, 'invalid_scope', 400],
		['a scope not granted', { scope: 'openid User.Read' }, 65001, 'invalid_grant', 400],
		['an unknown parameter', { nonce: 'a' }, 9002313, 'invalid_request', 400],
	])('refuses %s, and the code is not spent', async (_, changes, aadsts, error, status) => {
		const parameters = Object.fromEntries(withChanges(codeRequest(code), changes));
		const { status: answered, body } = await postToken(parameters);
		expect({ answered, error: body.error, codes: body.error_codes }).toEqual({
			answered: status,
			error,
			codes: [aadsts],
		});
		expect(body.error_description).toMatch(
			new RegExp(`^AADSTS${aadsts}: .* Trace ID: .* Correlation ID: .* Timestamp: `),
		);
		expect((await postToken(codeRequest(code))).status).toBe(200);
	});

	test('refuses whoever sends an Origin, as browsers do', async () => {
		const headers = { origin: 'http://localhost:3000' };
		const { status, body } = await postToken(codeRequest(code), { headers });
		expect({ status, codes: body.error_codes }).toEqual({ status: 400, codes: [9002326] });
	});

	test('refuses a code at another tenant value than it was obtained with', async () => {
		const { body } = await postToken(codeRequest(code), { tenant: 'common' });
		expect(body).toMatchObject({ error: 'invalid_grant', error_codes: [700005] });
	});

	test.each([
		['mycompany.com', myCompany],
		[myCompany, 'mycompany.com'],
	])('takes a code of %s at %s, because it is the same tenant', async (asked, redeemed) => {
		const url = authorizeUrl({}, asked);
		const own = fragmentOf(await chooseAtSignInPage(url, 'info@mycompany.com')).get('code')!;
		expect((await postToken(codeRequest(own), { tenant: redeemed })).status).toBe(200);
	});

	test('takes a code once', async () => {
		expect((await postToken(codeRequest(code))).status).toBe(200);
		const { status, body } = await postToken(codeRequest(code));
		expect(status).toBe(400);
		expect(body).toMatchObject({ error: 'invalid_grant', error_codes: [54005] });
	});

	test('takes a code once of two that come at the same time', async () => {
		const both = [postToken(codeRequest(code)), postToken(codeRequest(code))];
		const statuses = (await Promise.all(both)).map(({ status }) => status);
		expect(statuses.sort()).toEqual([200, 400]);
	});

	test('takes a code for ten minutes', async () => {
		now = new Date(now.getTime() + 10 * 60_000 + 1000);
		const { body } = await postToken(codeRequest(code));
		expect(body).toMatchObject({ error: 'invalid_grant', error_codes: [70008] });
	});

	test('answers with the correlation id that it was asked with', async () => {
		const id = randomUUID();
		const { body } = await postToken({ ...codeRequest('unknown'), 'client-request-id': id });
		expect(body.correlation_id).toBe(id);
	});

	test('refuses a parameter that comes twice, and a body that is not form-encoded', async () => {
		const url = `${practice.authority}/organizations/oauth2/v2.0/token`;
		const form = new URLSearchParams(codeRequest(code));
		form.append('code', code);
		const twice = await fetch(url, { method: 'POST', body: form });
		expect((await jsonOf(twice)).error_codes).toEqual([9000411]);
		const text = new URLSearchParams(codeRequest(code)).toString();
		const plain = await fetch(url, { method: 'POST', body: text });
		expect((await jsonOf(plain)).error_codes).toEqual([9002313]);
	});
});

describe('a client assertion', () => {
	const claims = (): JWTPayload => {
		const seconds = Math.floor(now.getTime() / 1000);
		return {
			iss: clientId,
			sub: clientId,
			aud: `${practice.authority}/organizations/oauth2/v2.0/token`,
			jti: randomUUID(),
			nbf: seconds,
			iat: seconds,
			exp: seconds + 300,
		};
	};
	const withoutJti = (payload: JWTPayload) => {
		delete payload.jti;
		return payload;
	};
	const header = { typ: 'JWT', alg: 'PS256', 'x5t#S256': thumbprint };
	const sign = (payload: JWTPayload, head = header, key = privateKey) =>
		new SignJWT(payload).setProtectedHeader(head).sign(createPrivateKey(key));
	const redeemWith = async (assertion: string) => {
		const parameters = withChanges(codeRequest(await obtainCode()), {
			client_secret: undefined,
			client_assertion: assertion,
			client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
		});
		return postToken(Object.fromEntries(parameters));
	};

	test('that is right is taken once', async () => {
		const assertion = await sign(claims());
		expect((await redeemWith(assertion)).status).toBe(200);
		const { status, body } = await redeemWith(assertion);
		expect({ status, codes: body.error_codes }).toEqual({ status: 401, codes: [50027] });
	});

	test.each<[string, () => Promise<string> | string, number]>([
		['signed with RS256', () => sign(claims(), { ...header, alg: 'RS256' }), 700027],
		['of another certificate', () => sign(claims(), { ...header, 'x5t#S256': 'other' }), 700027],
		[
			'signed by another key',
			() => sign(claims(), header, makePracticeCertificate(now).privateKey),
			700027,
		],
		['for the issuer', () => sign({ ...claims(), aud: practice.authority }), 50027],
		[
			'for another tenant',
			() => sign({ ...claims(), aud: String(claims().aud).replace('organizations', 'common') }),
			50027,
		],
		['by another issuer', () => sign({ ...claims(), iss: 'another' }), 700021],
		['about another subject', () => sign({ ...claims(), sub: 'another' }), 700021],
		['that is over', () => sign({ ...claims(), exp: claims().nbf! - 301 }), 700024],
		['that has not begun', () => sign({ ...claims(), nbf: claims().nbf! + 301 }), 700024],
		['that lives an hour', () => sign({ ...claims(), exp: claims().nbf! + 3600 }), 700024],
		['without a jti', () => sign(withoutJti(claims())), 50027],
		['without a typ', () => sign(claims(), { ...header, typ: '' }), 50027],
		['that is none', () => 'nonsense', 50027],
	])('%s is refused', async (_, make, aadsts) => {
		const { status, body } = await redeemWith(await make());
		expect({ status, error: body.error, codes: body.error_codes }).toEqual({
			status: 401,
			error: 'invalid_client',
			codes: [aadsts],
		});
	});
});

describe('a refresh', () => {
	test('gives new tokens each time, and old refresh tokens stay valid', async () => {
		const { refresh_token } = await signIn();
		for (let round = 0; round < 3; round++) {
			const { status, body } = await postToken(refreshRequest(refresh_token));
			expect(status).toBe(200);
			expect(body.refresh_token).not.toBe(refresh_token);
			expect(decodeJwt(body.id_token)).not.toHaveProperty('nonce');
		}
	});

	test('for one scope gives an access token for it, and a refresh token for all as before', async () => {
		const { refresh_token } = await signIn();
		const imap = 'https://outlook.office.com/IMAP.AccessAsUser.All';
		const narrow = await postToken({
			...refreshRequest(refresh_token),
			scope: `${imap} offline_access`,
		});
		expect(narrow.body.scope).toBe(imap);
		expect(narrow.body.id_token).toBeUndefined();
		const wide = await postToken(refreshRequest(narrow.body.refresh_token));
		expect(wide.body.scope).toBe(mailScopes);
	});

	test('with a token that was never issued is AADSTS70000', async () => {
		const { access_token } = await signIn();
		for (const unknown of ['unknown', access_token, await obtainCode()]) {
			const { status, body } = await postToken(refreshRequest(unknown));
			expect(status).toBe(400);
			expect(body).toMatchObject({ error: 'invalid_grant', error_codes: [70000] });
		}
	});

	test('at another tenant than that of the account is AADSTS50020', async () => {
		const { refresh_token } = await signIn();
		for (const tenant of ['organizations', 'common', myCompany]) {
			expect((await postToken(refreshRequest(refresh_token), { tenant })).status).toBe(200);
		}
		const { body } = await postToken(refreshRequest(refresh_token), { tenant: otherCompany });
		expect(body).toMatchObject({ error: 'invalid_grant', error_codes: [50020] });
	});

	test('after more than 90 days is AADSTS700082', async () => {
		const { refresh_token } = await signIn();
		now = new Date(now.getTime() + 89 * 86_400_000);
		const { body } = await postToken(refreshRequest(refresh_token));
		now = new Date(now.getTime() + 2 * 86_400_000);
		const late = await postToken(refreshRequest(refresh_token));
		expect(late.body).toMatchObject({ error: 'invalid_grant', error_codes: [700082] });
		expect((await postToken(refreshRequest(body.refresh_token))).status).toBe(200);
	});
});

describe('told to answer wrongly, the token endpoint', () => {
	const refresh = async () => postToken(refreshRequest((await signIn()).refresh_token));

	test('does so once, in the order told', async () => {
		const { refresh_token } = await signIn();
		practice.nextTokenAnswer({ kind: 'error', error: 'invalid_grant', aadsts: 50196 });
		practice.nextTokenAnswer({
			kind: 'error',
			error: 'invalid_grant',
			aadsts: 50076,
			suberror: 'basic_action',
			status: 429,
			headers: { 'retry-after': '60' },
		});
		const first = await postToken(refreshRequest(refresh_token));
		expect(first.status).toBe(400);
		expect(first.body).toMatchObject({ error: 'invalid_grant', error_codes: [50196] });
		const second = await postToken(refreshRequest(refresh_token));
		expect(second.status).toBe(429);
		expect(second.headers.get('retry-after')).toBe('60');
		expect(second.body).toMatchObject({ suberror: 'basic_action', error_codes: [50076] });
		expect((await postToken(refreshRequest(refresh_token))).status).toBe(200);
		expect(practice.requests.slice(-3).map(({ kind, outcome }) => [kind, outcome])).toEqual([
			['refresh', 'AADSTS50196'],
			['refresh', 'AADSTS50076'],
			['refresh', 'issued'],
		]);
	});

	test('answers with a bare status, and the code is not spent', async () => {
		const code = await obtainCode();
		practice.nextTokenAnswer({ kind: 'status', status: 503, body: 'busy' });
		const answer = await fetch(`${practice.authority}/organizations/oauth2/v2.0/token`, {
			method: 'POST',
			body: new URLSearchParams(codeRequest(code)),
		});
		expect([answer.status, await answer.text()]).toEqual([503, 'busy']);
		expect((await postToken(codeRequest(code))).status).toBe(200);
	});

	test('answers with half a JSON text', async () => {
		const { refresh_token } = await signIn();
		practice.nextTokenAnswer({ kind: 'garbage' });
		await expect(postToken(refreshRequest(refresh_token))).rejects.toThrow(SyntaxError);
	});

	test('is slow', async () => {
		const { refresh_token } = await signIn();
		practice.nextTokenAnswer({ kind: 'latency', ms: 120 });
		const before = performance.now();
		expect((await postToken(refreshRequest(refresh_token))).status).toBe(200);
		expect(performance.now() - before).toBeGreaterThan(110);
	});

	test.each(['hang', 'reset'] as const)(
		'loses the answer (%s) after the code is spent',
		async (kind) => {
			const code = await obtainCode();
			practice.nextTokenAnswer({ kind });
			const lost = fetch(`${practice.authority}/organizations/oauth2/v2.0/token`, {
				method: 'POST',
				body: new URLSearchParams(codeRequest(code)),
				signal: AbortSignal.timeout(500),
			});
			await expect(lost).rejects.toThrow(kind === 'hang' ? 'timeout' : 'fetch failed');
			const { body } = await postToken(codeRequest(code));
			expect(body.error_codes).toEqual([54005]);
		},
	);

	test('loses the answer to a refused request too', async () => {
		practice.nextTokenAnswer({ kind: 'reset' });
		await expect(postToken(codeRequest('unknown'))).rejects.toThrow('fetch failed');
	});

	test('changes claims of the ID token and signs them', async () => {
		practice.nextTokenAnswer({ kind: 'claims', change: (claims) => ({ ...claims, nonce: 'x' }) });
		const { id_token } = await signIn();
		expect(decodeJwt(id_token).nonce).toBe('x');
		const keys = createRemoteJWKSet(new URL(`${practice.authority}/common/discovery/v2.0/keys`));
		await jwtVerify(id_token, keys);
	});

	test('signs the ID token with another key', async () => {
		practice.nextTokenAnswer({ kind: 'wrong_signature' });
		const { id_token } = await signIn();
		const keys = createRemoteJWKSet(new URL(`${practice.authority}/common/discovery/v2.0/keys`));
		await expect(jwtVerify(id_token, keys)).rejects.toThrow('signature verification failed');
	});

	test('grants fewer scopes than asked for', async () => {
		const granted = ['openid', 'offline_access', 'https://outlook.office.com/SMTP.Send'];
		practice.nextTokenAnswer({ kind: 'scopes', granted });
		expect((await signIn()).scope).toBe('https://outlook.office.com/SMTP.Send');
	});

	test('stops at once, even while it is slow or silent', async () => {
		const { refresh_token } = await signIn();
		practice.nextTokenAnswer({ kind: 'hang' });
		practice.nextTokenAnswer({ kind: 'latency', ms: 500 });
		const open = [1, 2].map(() => postToken(refreshRequest(refresh_token)));
		const ended = Promise.allSettled(open);
		await expect.poll(() => practice.requests.at(-1)?.outcome).toBe('silence');
		const before = performance.now();
		await practice.stop();
		expect(performance.now() - before).toBeLessThan(1000);
		expect((await ended).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
		const issued = practice.issued().length;
		await new Promise((resolve) => setTimeout(resolve, 600));
		expect(practice.issued()).toHaveLength(issued);
		practice = await start();
		expect((await refresh()).status).toBe(200);
	});
});

describe('over a restart', () => {
	let directory: string;
	beforeAll(async () => {
		directory = await mkdtemp(join(tmpdir(), 'practice-microsoft-'));
	});
	afterAll(() => rm(directory, { recursive: true }));

	async function restart(): Promise<void> {
		const port = Number(new URL(practice.authority).port);
		await practice.stop();
		practice = await start({ directory, port });
	}

	test('signing key, refresh tokens, codes and what is spent survive', async () => {
		await restart();
		const spent = await obtainCode();
		const { body } = await postToken(codeRequest(spent));
		const unspent = await obtainCode();
		await restart();

		const keys = createRemoteJWKSet(new URL(`${practice.authority}/common/discovery/v2.0/keys`));
		await jwtVerify(body.id_token, keys);
		expect((await postToken(refreshRequest(body.refresh_token))).status).toBe(200);
		expect((await postToken(codeRequest(spent))).body.error_codes).toEqual([54005]);
		expect((await postToken(codeRequest(unspent))).status).toBe(200);
		expect((await stat(join(directory, 'practice-microsoft.json'))).mode & 0o777).toBe(0o600);
	});

	test('without a directory nothing survives', async () => {
		await practice.stop();
		practice = await start({ directory: undefined });
		const { refresh_token } = await signIn();
		await practice.stop();
		practice = await start({ directory: undefined });
		const { body } = await postToken(refreshRequest(refresh_token));
		expect(body.error_codes).toEqual([70000]);
	});

	test('keys that cannot be read stop the start with one sentence', async () => {
		const damaged = await mkdtemp(join(tmpdir(), 'practice-microsoft-'));
		await writeFile(join(damaged, 'practice-microsoft.json'), '{"signingKey":');
		await expect(start({ directory: damaged })).rejects.toThrow(
			/^The practice Microsoft cannot read its keys in .*; delete that file to start it anew\.$/,
		);
		await rm(damaged, { recursive: true });
	});

	test('a port in use stops the start with one sentence', async () => {
		const port = Number(new URL(practice.authority).port);
		await expect(start({ port })).rejects.toThrow(
			`The practice Microsoft cannot listen on 127.0.0.1, port ${port}: another program uses that port.`,
		);
	});
});

describe('what is put on record', () => {
	test('every secret that was given out or came in', async () => {
		const code = await obtainCode();
		const { body } = await postToken(codeRequest(code));
		expect(practice.issued()).toEqual([
			{ kind: 'authorization_code', value: code },
			{ kind: 'code_verifier', value: verifier },
			{ kind: 'access_token', value: body.access_token },
			{ kind: 'refresh_token', value: body.refresh_token },
			{ kind: 'id_token', value: body.id_token },
		]);
		expect(practice.issuedSecrets()).toEqual(practice.issued().map(({ value }) => value));
	});

	test('every request, with its parameters and what came of it', async () => {
		await postToken(codeRequest(await obtainCode()));
		expect(practice.requests.map(({ kind, outcome }) => [kind, outcome])).toEqual([
			['authorize', 'shown'],
			['decision', 'issued'],
			['code', 'issued'],
		]);
		expect(practice.requests[0]).toMatchObject({
			tenant: 'organizations',
			at: now,
			parameters: { login_hint: 'info@mycompany.com', nonce: 'nonce-1' },
		});
		expect(practice.requests[2]!.parameters).toMatchObject({ code_verifier: verifier });
	});
});

describe('hostile input', () => {
	const raw = (options: { host?: string; path: string; method?: string; body?: string }) =>
		new Promise<number>((resolve, reject) => {
			const { port } = new URL(practice.authority);
			const { host = `127.0.0.1:${port}`, path, method = 'GET', body } = options;
			const sent = httpRequest(
				{ host: '127.0.0.1', port, path, method, headers: { host } },
				(answer) => {
					answer.resume();
					resolve(answer.statusCode ?? 0);
				},
			);
			sent.on('error', reject);
			sent.end(body);
		});
	const keysPath = '/common/discovery/v2.0/keys';

	test('under another name than its own it answers to nobody', async () => {
		const { port } = new URL(practice.authority);
		expect(await raw({ path: keysPath, host: `localhost:${port}` })).toBe(200);
		for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1', `127.0.0.2:${port}`]) {
			expect(await raw({ path: keysPath, host })).toBe(421);
		}
	});

	test.each<[string, string, number]>([
		['GET', '/', 404],
		['GET', '//', 404],
		['GET', '*', 404],
		['GET', '/%E0%A4%A/v2.0/.well-known/openid-configuration', 400],
		['GET', 'http://evil.example/common/discovery/v2.0/keys', 404],
		['GET', '/common/../common/discovery/v2.0/keys', 404],
		['POST', '/common/oauth2/v2.0/anything', 404],
		['POST', '/common/oauth2/v2.0/authorize/0123456789012345678901', 400],
		['GET', '/common/oauth2/v2.0/token', 405],
		['POST', '/common/oauth2/v2.0/authorize', 405],
		['DELETE', '/common/discovery/v2.0/keys', 405],
		['OPTIONS', '/common/oauth2/v2.0/token', 405],
		['GET', '/constructor/discovery/v2.0/keys', 400],
		['GET', '/__proto__/discovery/v2.0/keys', 400],
	])('%s %s is answered with %i', async (method, path, status) => {
		expect(await raw({ method, path })).toBe(status);
	});

	test('a body over 64 KB is refused', async () => {
		const path = '/common/oauth2/v2.0/token';
		const body = `code=${'x'.repeat(70_000)}`;
		expect(await raw({ method: 'POST', path, body })).toBe(413);
	});

	test('bytes that are no HTTP, half a request and a broken connection do no harm', async () => {
		const { port } = new URL(practice.authority);
		for (const bytes of ['\0\x01\x02\r\n\r\n', 'POST /common/oauth2/v2.0/token HTTP/1.1\r\n']) {
			const socket = connect(Number(port), '127.0.0.1');
			socket.on('error', () => undefined);
			socket.write(bytes);
			await new Promise((resolve) => setTimeout(resolve, 30));
			socket.resetAndDestroy();
		}
		const cut = connect(Number(port), '127.0.0.1');
		cut.on('error', () => undefined);
		cut.write(
			`POST /common/oauth2/v2.0/token HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Length: 9\r\n\r\nco`,
		);
		await new Promise((resolve) => setTimeout(resolve, 30));
		cut.resetAndDestroy();
		expect(await raw({ path: keysPath })).toBe(200);
	});
});

function scopesWithoutImap(): string {
	return scope
		.split(' ')
		.filter((each) => !each.includes('IMAP'))
		.join(' ');
}
