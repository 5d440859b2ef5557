// The contract of the practice Microsoft as a table: what it is asked, and what Entra would answer. What a whole sign-in
// gives stands in practice-microsoft-sign-in.test.ts.

import { createHash, createPrivateKey, randomUUID, X509Certificate } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { once } from 'node:events';
import { SignJWT, type JWTPayload } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { makePracticeCertificate } from '../../src/practice/certificate.ts';
import { readyAccounts } from '../../src/practice/microsoft/accounts.ts';
import {
	startPracticeMicrosoft,
	type PracticeMicrosoft,
} from '../../src/practice/microsoft/practice-microsoft.ts';
import {
	CHALLENGE,
	CLIENT_ID,
	CLIENT_SECRET,
	createPracticeClient,
	MAIL_SCOPES,
	MY_COMPANY,
	OTHER_COMPANY,
	REDIRECT_URI,
	SCOPE,
	STATE,
	withChanges,
	type Changes,
	type PracticeAnswer,
	type Tokens,
} from '../support/practice-client.ts';

const DAY_MS = 86_400_000;
const { privateKey, certificate } = makePracticeCertificate(new Date());
const thumbprint = createHash('sha256')
	.update(new X509Certificate(certificate).raw)
	.digest('base64url');

let now = new Date();
let practice: PracticeMicrosoft;
const client = createPracticeClient(() => practice);
const { at, get, authorize, redeem, refresh, obtainCode, postToken } = client;

beforeAll(async () => {
	practice = await startPracticeMicrosoft({
		directory: undefined,
		port: 0,
		client: { id: CLIENT_ID, secret: CLIENT_SECRET, certificate, redirectUri: REDIRECT_URI },
		now: () => now,
	});
});
beforeEach(() => {
	now = new Date();
});
afterAll(() => practice.stop());

/** As Entra words it, whichever number it is. */
function expectRefusal(answer: PracticeAnswer, aadsts: number, error: string, status = 400): void {
	const { body } = answer;
	const told = [answer.status, answer.error, answer.aadsts, body['error_codes']];
	expect(told, answer.text).toEqual([status, error, aadsts, [aadsts]]);
	expect(body['error_description']).toMatch(
		new RegExp(
			`^AADSTS${aadsts}: .* Trace ID: ${String(body['trace_id'])} ` +
				`Correlation ID: ${String(body['correlation_id'])} Timestamp: ${String(body['timestamp'])}$`,
		),
	);
	expect(body['timestamp']).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$/);
	expect(body['error_uri']).toBe(`${practice.authority}/error?code=${aadsts}`);
}

describe('discovery', () => {
	const DOCUMENT = 'v2.0/.well-known/openid-configuration';

	test.each([
		['organizations', '{tenantid}', 'organizations'],
		['common', '{tenantid}', 'common'],
		[MY_COMPANY, MY_COMPANY, MY_COMPANY],
		['mycompany.com', MY_COMPANY, MY_COMPANY],
		['OtherCompany.com', OTHER_COMPANY, OTHER_COMPANY],
		...readyAccounts.map(
			({ username, tenantId }) => [username.split('@')[1]!, tenantId, tenantId] as const,
		),
	])('of %s names the issuer of %s, and each key the one that it signs for', async (...row) => {
		const [tenant, issuer, inEndpoints] = row;
		const { body } = await get(tenant, DOCUMENT);
		expect(body).toMatchObject({
			issuer: at(issuer, 'v2.0'),
			token_endpoint: at(inEndpoints, 'oauth2/v2.0/token'),
			jwks_uri: at(inEndpoints, 'discovery/v2.0/keys'),
		});
		const { keys } = (await get(tenant, 'discovery/v2.0/keys')).body as { keys: [object] };
		expect(keys[0]).toMatchObject({
			...{ kty: 'RSA', use: 'sig', alg: 'RS256' },
			issuer: at(issuer, 'v2.0'),
		});
		const names = ['alg', 'e', 'issuer', 'kid', 'kty', 'n', 'use'];
		expect(Object.keys(keys[0]).sort()).toEqual(names);
	});

	test.each([
		['nowhere.example', 90002, 'invalid_tenant'],
		['00000000-0000-4000-8000-000000000000', 90002, 'invalid_tenant'],
		['nonsense', 900023, 'invalid_request'],
		['%00', 900023, 'invalid_request'],
	])('of the unknown tenant %s is AADSTS%i', async (tenant, aadsts, error) => {
		expectRefusal(await get(tenant, DOCUMENT), aadsts, error);
	});
});

describe('an authorization request', () => {
	test.each<[string, Changes, number, (string | undefined)?, string?]>([
		['another client_id', { client_id: 'another' }, 700016],
		['no client_id', { client_id: undefined }, 900144],
		['another redirect_uri', { redirect_uri: 'https://elsewhere.example/' }, 50011],
		['a redirect_uri in another case', { redirect_uri: REDIRECT_URI.toUpperCase() }, 50011],
		['a redirect_uri with a query', { redirect_uri: `${REDIRECT_URI}?a=b` }, 50011],
		['no redirect_uri', { redirect_uri: undefined }, 900144],
		['two redirect URIs', {}, 9000411, undefined, '&redirect_uri=https://elsewhere.example/'],
		['an unknown tenant', {}, 90002, 'nowhere.example'],
	])('with %s gets a page and is never sent on', async (_, changes, aadsts, tenant, more) => {
		const { status, to, headers, text } = await authorize(changes, tenant, more);
		expect([status, to]).toEqual([400, undefined]);
		expect(headers.get('content-type')).toContain('text/html');
		expect(text).toContain(`AADSTS${aadsts}`);
	});

	const EWS = 'https://outlook.office.com/EWS.AccessAsUser.All';
	const capability = '{"id_token":{},"access_token":{"xms_cc":{"values":["cp1"]}}}';
	test.each<[string, Changes, number, string, string?]>([
		['no response_type', { response_type: undefined }, 900144, 'invalid_request'],
		['a hybrid one', { response_type: 'code id_token' }, 700054, 'unsupported_response_type'],
		['no response_mode', { response_mode: undefined }, 900144, 'invalid_request'],
		['response_mode=query', { response_mode: 'query' }, 70007, 'invalid_request'],
		['no scope', { scope: undefined }, 900144, 'invalid_request'],
		['another right to mail', { scope: `${SCOPE} ${EWS}` }, 70011, 'invalid_scope'],
		['no offline_access', { scope: SCOPE.replace('offline_access', '') }, 70011, 'invalid_scope'],
		['a Graph scope too', { scope: `${SCOPE} User.Read` }, 70011, 'invalid_scope'],
		['no PKCE', { code_challenge: undefined }, 50147, 'invalid_request'],
		['a short challenge', { code_challenge: CHALLENGE.slice(1) }, 501491, 'invalid_request'],
		['a plain challenge', { code_challenge_method: 'plain' }, 501491, 'invalid_request'],
		['no challenge method', { code_challenge_method: undefined }, 501491, 'invalid_request'],
		['no nonce', { nonce: undefined }, 900144, 'invalid_request'],
		['an empty nonce', { nonce: '' }, 900144, 'invalid_request'],
		['no state', { state: undefined }, 900144, 'invalid_request'],
		['a hint and the picker', { prompt: 'select_account' }, 90005, 'invalid_request'],
		['prompt=consent', { prompt: 'consent' }, 9002313, 'invalid_request'],
		['prompt=none', { prompt: 'none' }, 50058, 'login_required'],
		['domain_hint', { domain_hint: 'mycompany.com' }, 9002313, 'invalid_request'],
		['a misspelt name', { loginhint: 'a@mycompany.com' }, 9002313, 'invalid_request'],
		['__proto__', { ['__proto__x']: 'a' }, 9002313, 'invalid_request'],
		['client_info=0', { client_info: '0' }, 9002313, 'invalid_request'],
		['broken claims', { claims: '{' }, 9002313, 'invalid_request'],
		['a client capability', { claims: capability }, 9002313, 'invalid_request'],
		['two nonces', {}, 9000411, 'invalid_request', '&nonce=second'],
		['two login hints', {}, 9000411, 'invalid_request', '&login_hint=second'],
	])('with %s is sent back with AADSTS and its state', async (_, changes, aadsts, error, more) => {
		const { status, to, returned } = await authorize(changes, undefined, more);
		expect([status, to]).toEqual([303, REDIRECT_URI]);
		const missing = aadsts === 900144 ? Object.keys(changes)[0] : '';
		expect(returned['error_description']).toMatch(new RegExp(`^AADSTS${aadsts}: .*${missing}`));
		expect(returned['error']).toBe(error);
		expect(returned['state']).toBe('state' in changes ? undefined : STATE);
		expect(practice.requests.at(-1)).toMatchObject({
			...{ kind: 'authorize', tenant: 'organizations', outcome: `AADSTS${aadsts}` },
		});
	});

	test.each<[string, Changes]>([
		['its scopes in another order', { scope: SCOPE.split(' ').reverse().join(' ') }],
		['prompt=login', { prompt: 'login' }],
		['the picker without a hint', { prompt: 'select_account', login_hint: undefined }],
		['none of what MSAL adds', { claims: undefined, clidata: undefined, pocd: undefined }],
	])('with %s shows the sign-in page', async (_, changes) => {
		expect((await authorize(changes)).status).toBe(200);
	});
});

describe('the token endpoint', () => {
	let code: string;
	beforeEach(async () => {
		code = await obtainCode();
	});

	const form = (text: string) => postToken(`${withChanges({ code: text }, {})}`);
	const twice = async (its: string) => {
		const both = await Promise.all([redeem(its), redeem(its)]);
		return both.find(({ status }) => status !== 200)!;
	};
	const late = (its: string) => {
		now = new Date(now.getTime() + 10 * 60_000 + 1000);
		return redeem(its);
	};
	const origin = { headers: { origin: 'http://localhost:3000' } };

	test.each<[string, Changes, number, string, number?]>([
		['another client_id', { client_id: 'another' }, 700016, 'unauthorized_client'],
		['no client_id', { client_id: undefined }, 900144, 'invalid_request'],
		['a wrong secret', { client_secret: 'wrong' }, 7000215, 'invalid_client', 401],
		['no credential', { client_secret: undefined }, 7000218, 'invalid_client', 401],
		['two credentials', { client_assertion: 'a' }, 9002313, 'invalid_request'],
		['no grant_type', { grant_type: undefined }, 900144, 'invalid_request'],
		['another grant', { grant_type: 'password' }, 70003, 'unsupported_grant_type'],
		['no code', { code: undefined }, 900144, 'invalid_request'],
		['an unknown code', { code: 'unknown' }, 70000, 'invalid_grant'],
		['no redirect_uri', { redirect_uri: undefined }, 900144, 'invalid_request'],
		['another redirect_uri', { redirect_uri: 'https://e.example' }, 500112, 'invalid_client'],
		['no verifier', { code_verifier: undefined }, 501481, 'invalid_grant'],
		['a wrong verifier', { code_verifier: 'x'.repeat(43) }, 501481, 'invalid_grant'],
		['the challenge as verifier', { code_verifier: CHALLENGE }, 501481, 'invalid_grant'],
		['two resources', { scope: `${SCOPE} User.Read` }, 700022, 'invalid_scope'],
		['a scope not granted', { scope: 'openid User.Read' }, 65001, 'invalid_grant'],
		['an unknown parameter', { nonce: 'a' }, 9002313, 'invalid_request'],
	])('refuses %s, and the code is not spent', async (_, changes, aadsts, error, status) => {
		expectRefusal(await redeem(code, changes), aadsts, error, status);
		expect((await redeem(code)).status).toBe(200);
	});

	test.each<[string, (code: string) => Promise<PracticeAnswer>, number, string]>([
		['whoever sends an Origin', (its) => redeem(its, {}, origin), 9002326, 'invalid_request'],
		['another tenant', (its) => redeem(its, {}, { tenant: 'common' }), 700005, 'invalid_grant'],
		['the second of two at once', twice, 54005, 'invalid_grant'],
		['it after ten minutes', late, 70008, 'invalid_grant'],
		['a body that is no form', form, 9002313, 'invalid_request'],
		[
			'a parameter that comes twice',
			(its) => postToken(new URLSearchParams([['code', its], ...withChanges({ code: its }, {})])),
			9000411,
			'invalid_request',
		],
	])('given a code, refuses %s', async (_, ask, aadsts, error) => {
		expectRefusal(await ask(code), aadsts, error);
	});

	test('takes a code once', async () => {
		expect((await redeem(code)).status).toBe(200);
		expectRefusal(await redeem(code), 54005, 'invalid_grant');
	});

	test.each([
		['mycompany.com', MY_COMPANY],
		[MY_COMPANY, 'mycompany.com'],
	])('takes a code of %s at %s, because it is the same tenant', async (asked, tenant) => {
		const own = await obtainCode(undefined, {}, asked);
		expect((await redeem(own, {}, { tenant })).status).toBe(200);
	});

	test('answers with the correlation id that it was asked with', async () => {
		const id = randomUUID();
		const { body } = await redeem('unknown', { 'client-request-id': id });
		expect(body['correlation_id']).toBe(id);
	});
});

describe('a client assertion', () => {
	const claims = (changes: (nbf: number) => JWTPayload = () => ({})): JWTPayload => {
		const nbf = Math.floor(now.getTime() / 1000);
		return {
			...{ iss: CLIENT_ID, sub: CLIENT_ID, aud: at('organizations', 'oauth2/v2.0/token') },
			...{ jti: randomUUID(), nbf, iat: nbf, exp: nbf + 300 },
			...changes(nbf),
		};
	};
	const header = { typ: 'JWT', alg: 'PS256', 'x5t#S256': thumbprint };
	const sign = (payload: JWTPayload, head: object = {}, key = privateKey) =>
		new SignJWT(payload).setProtectedHeader({ ...header, ...head }).sign(createPrivateKey(key));
	const withoutJti = (payload: JWTPayload) => {
		delete payload.jti;
		return payload;
	};
	const redeemWith = async (assertion: string) =>
		redeem(await obtainCode(), {
			client_secret: undefined,
			client_assertion: assertion,
			client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
		});

	test('that is right is taken once', async () => {
		const assertion = await sign(claims());
		expect((await redeemWith(assertion)).status).toBe(200);
		expectRefusal(await redeemWith(assertion), 50027, 'invalid_client', 401);
	});

	const another = makePracticeCertificate(new Date()).privateKey;
	test.each<[string, () => Promise<string> | string, number]>([
		['signed with RS256', () => sign(claims(), { alg: 'RS256' }), 700027],
		['of another certificate', () => sign(claims(), { 'x5t#S256': 'other' }), 700027],
		['signed by another key', () => sign(claims(), {}, another), 700027],
		['for the issuer', () => sign(claims(() => ({ aud: practice.authority }))), 50027],
		[
			'for another tenant',
			() => sign(claims(() => ({ aud: at('common', 'oauth2/v2.0/token') }))),
			50027,
		],
		['by another issuer', () => sign(claims(() => ({ iss: 'another' }))), 700021],
		['about another subject', () => sign(claims(() => ({ sub: 'another' }))), 700021],
		['that is over', () => sign(claims((nbf) => ({ exp: nbf - 301 }))), 700024],
		['that has not begun', () => sign(claims((nbf) => ({ nbf: nbf + 301 }))), 700024],
		['that lives an hour', () => sign(claims((nbf) => ({ exp: nbf + 3600 }))), 700024],
		['without a jti', () => sign(withoutJti(claims())), 50027],
		['without a typ', () => sign(claims(), { typ: '' }), 50027],
		['that is none', () => 'nonsense', 50027],
	])('%s is refused', async (_, make, aadsts) => {
		expectRefusal(await redeemWith(await make()), aadsts, 'invalid_client', 401);
	});
});

describe('a refresh', () => {
	let tokens: Tokens;
	beforeEach(async () => {
		tokens = await client.signIn();
	});

	test.each<[string, () => Promise<PracticeAnswer> | PracticeAnswer, number]>([
		['with a token that was never issued', () => refresh('unknown'), 70000],
		['with an access token', () => refresh(tokens.access_token), 70000],
		['with a code', async () => refresh(await obtainCode()), 70000],
		[
			'at another tenant than that of the account',
			() => refresh(tokens.refresh_token, {}, { tenant: OTHER_COMPANY }),
			50020,
		],
		[
			'after more than 90 days',
			() => {
				now = new Date(now.getTime() + 91 * DAY_MS);
				return refresh(tokens.refresh_token);
			},
			700082,
		],
	])('%s is refused', async (_, ask, aadsts) => {
		expectRefusal(await ask(), aadsts, 'invalid_grant');
	});

	test('gives new tokens each time, and old refresh tokens stay valid for 90 days', async () => {
		const given = new Set([tokens.refresh_token, tokens.access_token]);
		for (const tenant of ['organizations', 'common', MY_COMPANY]) {
			now = new Date(now.getTime() + 29 * DAY_MS);
			const { status, body } = await refresh(tokens.refresh_token, {}, { tenant });
			expect(status).toBe(200);
			given.add(String(body['refresh_token'])).add(String(body['access_token']));
		}
		expect(given.size).toBe(8);
		now = new Date(now.getTime() + 4 * DAY_MS);
		expect((await refresh([...given].at(-2)!)).status).toBe(200);
	});

	test('for one scope gives an access token for it, and a refresh token for all as before', async () => {
		const imap = 'https://outlook.office.com/IMAP.AccessAsUser.All';
		const narrow = await refresh(tokens.refresh_token, { scope: `${imap} offline_access` });
		expect(narrow.body).toMatchObject({ scope: imap });
		expect(narrow.body).not.toHaveProperty('id_token');
		const wide = await refresh(String(narrow.body['refresh_token']));
		expect(wide.body).toMatchObject({ scope: MAIL_SCOPES });
	});
});

describe('hostile input', () => {
	const KEYS = '/common/discovery/v2.0/keys';
	const port = () => new URL(practice.authority).port;
	const raw = (method: string, path: string, host = `127.0.0.1:${port()}`, body?: string) =>
		new Promise<number>((resolve, reject) => {
			const sent = httpRequest(
				{ host: '127.0.0.1', port: port(), path, method, headers: { host } },
				(answer) => resolve(answer.resume().statusCode ?? 0),
			);
			sent.on('error', reject).end(body);
		});

	test.each<[string, string, number, (string | undefined)?, string?]>([
		['GET', KEYS, 200, 'localhost:PORT'],
		['GET', KEYS, 421, 'evil.example'],
		['GET', KEYS, 421, 'evil.example:PORT'],
		['GET', KEYS, 421, '127.0.0.1'],
		['GET', KEYS, 421, '127.0.0.2:PORT'],
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
		['DELETE', KEYS, 405],
		['OPTIONS', '/common/oauth2/v2.0/token', 405],
		['GET', '/constructor/discovery/v2.0/keys', 400],
		['GET', '/__proto__/discovery/v2.0/keys', 400],
		['POST', '/common/oauth2/v2.0/token', 413, undefined, `code=${'x'.repeat(70_000)}`],
	])('%s %s is answered with %i', async (method, path, status, host, body) => {
		expect(await raw(method, path, host?.replace('PORT', port()), body)).toBe(status);
	});

	test.each([
		['bytes that are no HTTP', '\0\x01\x02\r\n\r\n'],
		['half a request', 'POST /common/oauth2/v2.0/token HTTP/1.1\r\n'],
		[
			'half a body',
			'POST /common/oauth2/v2.0/token HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\nco',
		],
	])('%s and a broken connection do no harm', async (_, bytes) => {
		const socket = connect(Number(port()), '127.0.0.1');
		socket.on('error', () => undefined);
		await once(socket, 'connect');
		await new Promise((resolve) => socket.write(bytes, resolve));
		// The server has read them once it has answered somebody who came later.
		expect(await raw('GET', KEYS)).toBe(200);
		socket.resetAndDestroy();
		expect(await raw('GET', KEYS)).toBe(200);
	});
});
