// The built page and its backend over HTTP, with requests as no browser sends them: one shape for every fault, nothing for
// other sites' pages, the headers of every answer, and the guard of the practice mode.

import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ensureBuilt } from '../../scripts/build.js';
import { provideApp } from '../../src/lib/server/app/app-instance.ts';
import { createRequestHandler, securityHeaders } from '../../src/http/request-handler.ts';
import { startWebServer, type WebServer } from '../../src/http/web-server.ts';
import { startDatabaseProxy, type DatabaseProxy } from '../support/database-proxy.ts';
import { anyText, textMatching, textWith } from '../support/matchers.ts';
import { findFreePort } from '../support/free-port.ts';
import { rawRequest, type RawAnswer, type RawRequest } from '../support/raw-request.ts';
import {
	CLIENT_SECRET,
	MAILBOX,
	signInAtMicrosoft,
	SITE,
	startTestHelper,
	type TestHelper,
} from '../support/test-helper.ts';
import { VISITOR } from '../support/visitor.ts';
import type { StartedSignIn } from '../../src/lib/domain/sign-in.ts';

let its: TestHelper;
let origin: string;
let practicePort: number;
let livePort: number;
const servers: WebServer[] = [];

// Built before this file runs in `npm test`; a change since then takes a while.
beforeAll(async () => {
	await ensureBuilt();
	[practicePort, livePort] = [await findFreePort(), await findFreePort()];
	origin = `http://localhost:${practicePort}`;
	its = await startTestHelper({ origin, mode: 'practice' });
	provideApp(its.app);
	for (const [mode, port] of [
		['practice', practicePort],
		['live', livePort],
	] as const) {
		const { app } = its;
		const at = { origin, mode, port, host: '127.0.0.1', trustedProxies: 0 };
		servers.push(await startWebServer({ app, ...at, pages: 'built' }));
	}
}, 120_000);
afterAll(async () => {
	await Promise.all(servers.map((server) => server.stop()));
	await its.stop();
});

function ask(request: RawRequest): Promise<RawAnswer> {
	const host = `localhost:${practicePort}`;
	return rawRequest(practicePort, { ...request, headers: { host, ...request.headers } });
}

function post(path: string, body: string, headers: Record<string, string> = {}) {
	return ask({
		method: 'POST',
		path,
		body,
		headers: { origin, 'content-type': 'application/json', ...headers },
	});
}

function postForm(path: string, body: string, headers: Record<string, string> = {}) {
	return post(path, body, { 'content-type': 'application/x-www-form-urlencoded', ...headers });
}

const begin = JSON.stringify({ site: SITE, email: MAILBOX });

async function beginSignIn(email = MAILBOX) {
	const answer = await post('/api/sign-ins', JSON.stringify({ site: SITE, email }));
	expect(answer.status).toBe(201);
	const started = JSON.parse(answer.text) as StartedSignIn;
	return { started, cookie: answer.headers['set-cookie']?.[0]?.split(';')[0] ?? '' };
}

/** Every fault of the API is `{"error":"snake_case_code","message":"one plain sentence"}`. */
function expectFault(answer: RawAnswer, status: number, error?: string): Record<string, unknown> {
	expect(answer.status, answer.text).toBe(status);
	expect(answer.headers['content-type']).toMatch(/^application\/json\b/);
	const body = JSON.parse(answer.text) as Record<string, unknown>;
	expect(body).toMatchObject({
		error: error ?? textMatching(/^[a-z]+(_[a-z]+)*$/),
		message: textMatching(/^[A-Z][^\n]{10,200}\.$/),
	});
	return body;
}

describe('the journey', () => {
	test('start, code, status: each answer as the contract has it, and no token in any', async () => {
		const { started, cookie } = await beginSignIn();
		expect(started).toMatchObject({ site: SITE, email: MAILBOX, nonce: anyText });
		const at = await signInAtMicrosoft(its.app, started);
		const redeemed = await postForm(
			`/api/sign-ins/${started.sign_in}/code`,
			new URLSearchParams({
				client_id: 'someone-elses',
				redirect_uri: 'https://evil.example/',
				scope: 'openid https://graph.microsoft.com/.default',
				grant_type: 'authorization_code',
				code: at.code,
				code_verifier: at.codeVerifier,
			}).toString(),
			{ cookie },
		);
		expect(redeemed.status).toBe(200);
		const tokens = JSON.parse(redeemed.text) as Record<string, unknown>;
		expect(tokens).toMatchObject({ token_type: 'Bearer', id_token: anyText });
		expect(tokens).not.toHaveProperty('access_token');
		expect(tokens).not.toHaveProperty('refresh_token');
		const fresh = redeemed.headers['set-cookie']?.[0]?.split(';')[0] ?? '';
		expect(fresh).not.toBe(cookie);
		const statuses = await Promise.all(
			[fresh, cookie].map((each) =>
				ask({ path: `/api/sign-ins/${started.sign_in}`, headers: { cookie: each } }),
			),
		);
		const { status: second, text } = await postForm(
			`/api/sign-ins/${started.sign_in}/code`,
			new URLSearchParams({ code: at.code, code_verifier: at.codeVerifier }).toString(),
			{ cookie: fresh },
		);
		expect(second).toBe(400);
		expect(JSON.parse(text)).toMatchObject({
			error: 'invalid_grant',
			error_description: anyText,
		});
		for (const status of statuses) {
			expect(status.status).toBe(200);
			expect(JSON.parse(status.text)).toMatchObject({
				status: 'ready',
				identifier: textMatching(/^ExternalOAuthToken:\d+:equis@mycompany\.com$/),
			});
		}
		const page = await ask({ path: '/microsoft365_oauth.html', headers: { cookie: fresh } });
		expect(page.text).toContain('ExternalOAuthToken:');
		const secrets = its.practice.issued().filter(({ kind }) => kind !== 'id_token');
		const all = [redeemed, ...statuses, page].map((answer) => answer.text).join();
		for (const secret of [...secrets.map(({ value }) => value), CLIENT_SECRET]) {
			expect(all).not.toContain(secret);
		}
	});

	test('the mailbox check and the test message: for the owner of a connected mailbox alone', async () => {
		const { started, cookie } = await beginSignIn();
		const at = (verb: string) => `/api/sign-ins/${started.sign_in}/${verb}`;
		for (const verb of ['checks', 'test-message']) {
			expectFault(await post(at(verb), '', { cookie }), 409, 'not_ready');
		}
		const { code, codeVerifier } = await signInAtMicrosoft(its.app, started);
		const form = new URLSearchParams({ code, code_verifier: codeVerifier }).toString();
		const redeemed = await postForm(at('code'), form, { cookie });
		const fresh = redeemed.headers['set-cookie']?.[0]?.split(';')[0] ?? '';
		const stranger = (await beginSignIn()).cookie;
		for (const verb of ['checks', 'test-message']) {
			expectFault(await post(at(verb), ''), 404, 'unknown_sign_in');
			expectFault(await post(at(verb), '', { cookie: stranger }), 404, 'unknown_sign_in');
			const answer = await post(at(verb), '', { cookie: fresh });
			expect([answer.status, answer.text]).toEqual([202, '']);
		}
		const again = await post(at('test-message'), '', { cookie: fresh });
		expectFault(again, 429, 'too_many_requests');
		expect(Number(again.headers['retry-after'])).toBeGreaterThan(0);
	});

	test('a refusal ends it in words', async () => {
		const { started, cookie } = await beginSignIn();
		const refusal = JSON.stringify({
			error: 'access_denied',
			error_description: '<b>AADSTS65004</b>',
		});
		const refused = await post(`/api/sign-ins/${started.sign_in}/refusal`, refusal, { cookie });
		expect(refused.status).toBe(200);
		const status = await ask({ path: '/api/sign-ins/current', headers: { cookie } });
		expect(JSON.parse(status.text)).toMatchObject({
			status: 'failed',
			problem: { code: 'cancelled_at_microsoft', reference: { code: 'AADSTS65004' } },
		});
		expect(status.text).not.toContain('<b>');
	});

	test('a browser that has none: GET none, the posts unknown', async () => {
		const status = await ask({ path: '/api/sign-ins/current' });
		expect([status.status, status.text]).toEqual([200, '{"status":"none"}']);
		expectFault(await post('/api/sign-ins/current/refusal', '{}'), 404, 'unknown_sign_in');
		const form = `code=x&code_verifier=${'a'.repeat(43)}`;
		expectFault(await postForm('/api/sign-ins/current/code', form), 404, 'unknown_sign_in');
	});

	test('the cookie is for the server alone', async () => {
		const answer = await post('/api/sign-ins', begin);
		expect(answer.headers['set-cookie']).toHaveLength(1);
		expect(answer.headers['set-cookie']?.[0]).toMatch(
			/^mailkey=[A-Za-z0-9_-]{43}; Max-Age=43200; Path=\/; HttpOnly; SameSite=Lax$/i,
		);
	});
});

describe('what cannot be read or used is refused in one shape', () => {
	test.each([
		['no body', ''],
		['no JSON', 'site=x'],
		['half a JSON text', '{"site":'],
		['a list', '[]'],
		['null', 'null'],
		['a text', '"x"'],
		['a number', '1'],
		['two texts', '{}{}'],
		['NUL', '\0'],
	])('a body that is %s: 400', async (_name, body) => {
		expectFault(await post('/api/sign-ins', body), 400, 'invalid_request');
		const { started, cookie } = await beginSignIn();
		const path = `/api/sign-ins/${started.sign_in}/refusal`;
		expectFault(await post(path, body, { cookie }), 400, 'invalid_request');
	});

	test.each([
		'text/plain',
		'application/x-www-form-urlencoded',
		'multipart/form-data; boundary=x',
		'application/jsonp',
		'application',
		'',
		'text/html;application/json',
	])('content type %j: 400', async (type) => {
		expectFault(
			await post('/api/sign-ins', begin, { 'content-type': type }),
			400,
			'invalid_request',
		);
	});

	test.each(['application/json; charset=utf-8', 'Application/JSON', ' application/json ;x=y'])(
		'content type %j is JSON',
		async (type) => {
			expect((await post('/api/sign-ins', begin, { 'content-type': type })).status).toBe(201);
		},
	);

	test.each([
		['nothing', '{}', ['site', 'email']],
		['no site', JSON.stringify({ email: MAILBOX }), ['site']],
		['no e-mail', JSON.stringify({ site: SITE }), ['email']],
		['numbers', '{"site":1,"email":2}', ['site', 'email']],
		['lists', `{"site":["${SITE}"],"email":["${MAILBOX}"]}`, ['site', 'email']],
		['__proto__', `{"__proto__":{"site":"${SITE}","email":"${MAILBOX}"}}`, ['site', 'email']],
		[
			'15 KB',
			JSON.stringify({ site: 'x'.repeat(7_500), email: 'y'.repeat(7_500) }),
			['site', 'email'],
		],
		['lone surrogates', '{"site":"\\ud800","email":"\\udfff@x.com"}', ['site', 'email']],
	])('fields that are %s: 422', async (_name, body, fields) => {
		const fault = expectFault(await post('/api/sign-ins', body), 422, 'invalid_input');
		expect(Object.keys(fault['fields'] as object)).toEqual(fields);
	});

	test('a site that is not registered, a mailbox that is not taken: 403, at the field', async () => {
		const site = JSON.stringify({ site: 'https://elsewhere.example.com', email: MAILBOX });
		expect(
			expectFault(await post('/api/sign-ins', site), 403, 'site_not_registered'),
		).toHaveProperty('fields.site');
		const mailbox = JSON.stringify({ site: SITE, email: 'a@elsewhere.example' });
		expect(
			expectFault(await post('/api/sign-ins', mailbox), 403, 'mailbox_not_allowed'),
		).toHaveProperty('fields.email');
	});

	test.each([
		'x',
		'current2',
		'CURRENT',
		'%00',
		'..%2f..',
		'a'.repeat(21),
		'a'.repeat(23),
		'a'.repeat(5_000),
		'%F0%28%8C%28',
	])('an id that is none, %j: 404 or 400', async (id) => {
		for (const answer of [
			await ask({ path: `/api/sign-ins/${id}` }),
			await post(`/api/sign-ins/${id}/refusal`, '{}'),
			await postForm(`/api/sign-ins/${id}/code`, 'code=x'),
		]) {
			expectFault(answer, answer.status === 400 ? 400 : 404);
		}
	});

	test('a code that is there twice, or not at all: 400, and the sign-in goes on', async () => {
		const { started, cookie } = await beginSignIn();
		const verifier = `code_verifier=${'a'.repeat(43)}`;
		for (const form of [
			'',
			verifier,
			`code=a&code=b&${verifier}`,
			`code=a&${verifier}&${verifier}`,
			'code=a',
			`code=&${verifier}`,
			`code=%00&${verifier}`,
		]) {
			const answer = await postForm(`/api/sign-ins/${started.sign_in}/code`, form, { cookie });
			expect([answer.status, JSON.parse(answer.text)]).toMatchObject([
				400,
				{ error: 'invalid_request', error_description: anyText },
			]);
		}
		const json = await post(`/api/sign-ins/${started.sign_in}/code`, '{"code":"x"}', { cookie });
		expect([json.status, JSON.parse(json.text)]).toMatchObject([400, { error: 'invalid_request' }]);
		const status = await ask({ path: '/api/sign-ins/current', headers: { cookie } });
		expect(JSON.parse(status.text)).toMatchObject({ status: 'started' });
	});

	test.each(['application/json', 'text/plain', 'multipart/form-data; boundary=x'])(
		'a code in a body of content type %j: 400, and Microsoft is not asked',
		async (type) => {
			const { started, cookie } = await beginSignIn();
			const form = `code=x&code_verifier=${'a'.repeat(43)}`;
			const path = `/api/sign-ins/${started.sign_in}/code`;
			const { status, text } = await post(path, form, { cookie, 'content-type': type });
			expect([status, JSON.parse(text)]).toMatchObject([400, { error: 'invalid_request' }]);
			const after = await ask({ path: '/api/sign-ins/current', headers: { cookie } });
			expect(JSON.parse(after.text)).toMatchObject({ status: 'started' });
		},
	);

	test.each([
		['GET', '/api/sign-ins'],
		['PUT', '/api/sign-ins'],
		['DELETE', '/api/sign-ins/current'],
		['POST', '/api/sign-ins/current'],
		['GET', '/api/sign-ins/current/code'],
		['PATCH', '/api/sign-ins/current/refusal'],
		['POST', '/microsoft365_oauth.html'],
		['DELETE', '/microsoft365_oauth.html'],
		['PUT', '/readyz'],
	])('%s %s: 405, and what is possible', async (method, path) => {
		const answer = await ask({ method, path, headers: { origin } });
		expectFault(answer, 405, 'method_not_allowed');
		expect(answer.headers.allow).toMatch(/^(GET|POST|HEAD)/);
	});

	test.each([
		'/api',
		'/api/',
		'/api/x',
		'/api/sign-ins/current/x',
		'/api/sign-ins/current/code/x',
		'/API/sign-ins',
	])('%s: 404', async (path) => {
		const answer = await ask({ path });
		expect(answer.status).toBe(404);
		if (path.startsWith('/api/')) expectFault(answer, 404);
	});

	describe.each([
		['announced', false],
		['sent in pieces without a length', true],
	])('a body that is too large, %s: 413', (_name, chunked) => {
		const headers: Record<string, string> = chunked ? { 'transfer-encoding': 'chunked' } : {};
		const large = 'x'.repeat(40_000);

		test('to begin', async () => {
			const body = JSON.stringify({ site: large, email: MAILBOX });
			expectFault(await post('/api/sign-ins', body, headers), 413);
		});

		test('as a refusal', async () => {
			const { started, cookie } = await beginSignIn();
			const body = JSON.stringify({ error: large });
			expectFault(
				await post(`/api/sign-ins/${started.sign_in}/refusal`, body, { ...headers, cookie }),
				413,
			);
		});

		test('as a code', async () => {
			const { started, cookie } = await beginSignIn();
			const body = `code=${large}&code_verifier=${'a'.repeat(43)}`;
			expectFault(
				await postForm(`/api/sign-ins/${started.sign_in}/code`, body, { ...headers, cookie }),
				413,
			);
		});
	});
});

describe('a request of another site’s page is refused, whatever it carries', () => {
	const foreign: [string, Record<string, string>][] = [
		['no Origin', {}],
		['Origin null', { origin: 'null' }],
		['a foreign Origin', { origin: 'https://evil.example' }],
		['the name with another port', { origin: 'http://localhost:1' }],
		['the name over https', { origin: 'https://localhost' }],
		['an Origin that begins like ours', { origin: 'http://localhost.evil.example' }],
		['an empty Origin', { origin: '' }],
	];

	test.each(foreign)('%s: 403 in the one shape, and nothing happens', async (_name, headers) => {
		const { started, cookie } = await beginSignIn();
		const send = (path: string, type: string, body: string) =>
			ask({ method: 'POST', path, body, headers: { ...headers, cookie, 'content-type': type } });
		const id = started.sign_in;
		const form = 'application/x-www-form-urlencoded';
		for (const [path, type, body] of [
			['/api/sign-ins', 'application/json', begin],
			['/api/sign-ins', 'text/plain', begin],
			[`/api/sign-ins/${id}/refusal`, 'application/json', '{"error":"access_denied"}'],
			[`/api/sign-ins/${id}/refusal`, 'text/plain', '{"error":"access_denied"}'],
			[`/api/sign-ins/${id}/code`, form, `code=x&code_verifier=${'a'.repeat(43)}`],
			// The same addresses, spelt as nobody spells them.
			['/%61pi/sign-ins', 'application/json', begin],
			['/%61pi/visits', form, ''],
			[`/ap%69/sign-ins/${id}/refusal`, 'application/json', '{"error":"access_denied"}'],
		] as const) {
			expectFault(await send(path, type, body), 403);
		}
		const status = await ask({ path: '/api/sign-ins/current', headers: { cookie } });
		expect(JSON.parse(status.text)).toMatchObject({ status: 'started' });
	});

	test('a language is chosen by a GET alone', async () => {
		const path = '/mailboxes?language=de';
		expect((await ask({ method: 'POST', path })).headers['set-cookie']).toBeUndefined();
		expect((await ask({ path })).headers['set-cookie']).toHaveLength(1);
	});

	test('a request by somebody else’s page, that asks for nothing but an answer too', async () => {
		const path = '/api/site-face?site=https://x.example.com';
		const from = (site: string) => ask({ path, headers: { 'sec-fetch-site': site } });
		expectFault(await from('cross-site'), 403);
		expect((await from('same-origin')).status).toBe(200);
	});

	test('a page that somebody else’s page asks for as a picture or a frame, but not one that a link there opens', async () => {
		const path = '/microsoft365_oauth.html?site=https://x.example.com&language=de';
		const as = (destination: string, site: string) =>
			ask({ path, headers: { 'sec-fetch-dest': destination, 'sec-fetch-site': site } });
		for (const destination of ['image', 'iframe', 'empty', 'script']) {
			const answer = await as(destination, 'cross-site');
			expectFault(answer, 403);
			expect(answer.headers['set-cookie']).toBeUndefined();
		}
		expect((await as('document', 'cross-site')).status).toBe(303);
		expect((await as('empty', 'same-origin')).status).toBe(303);
	});

	test('our own Origin with Sec-Fetch-Site: cross-site', async () => {
		expectFault(await post('/api/sign-ins', begin, { 'sec-fetch-site': 'cross-site' }), 403);
		expect((await post('/api/sign-ins', begin, { 'sec-fetch-site': 'same-origin' })).status).toBe(
			201,
		);
	});

	test('a cookie that is forged, doubled or cut is no session, and no fault', async () => {
		const { cookie } = await beginSignIn();
		for (const forged of [
			'mailkey=',
			'mailkey=%',
			`${cookie}x`,
			cookie.slice(0, -1),
			`mailkey=${'a'.repeat(5_000)}`,
			'mailkey=x; mailkey=y',
		]) {
			const answer = await ask({ path: '/api/sign-ins/current', headers: { cookie: forged } });
			expect([answer.status, answer.text], forged).toEqual([200, '{"status":"none"}']);
		}
	});
});

describe('the headers of every answer', () => {
	const paths: [string, RawRequest, number][] = [
		['the page', { path: '/microsoft365_oauth.html' }, 200],
		['the redirect to it', { path: '/?site=x' }, 307],
		['an unknown page', { path: '/nothing' }, 404],
		['the status', { path: '/api/sign-ins/current' }, 200],
		['an unknown sign-in', { path: '/api/sign-ins/xxxxxxxxxxxxxxxxxxxxxx' }, 404],
		['a wrong method', { method: 'PUT', path: '/api/sign-ins', headers: { origin: 'x' } }, 403],
		['the site API without a key', { path: '/api/v1/tokens' }, 401],
		['nothing of the site API', { path: '/api/v1/nothing' }, 404],
		['health', { path: '/healthz' }, 200],
		['liveness', { path: '/livez' }, 200],
		['readiness', { path: '/readyz' }, 200],
		['an icon', { path: '/favicon.svg' }, 200],
		['an icon that is put', { method: 'PUT', path: '/favicon.svg' }, 405],
		['an icon that is put, spelt otherwise', { method: 'PUT', path: '/favicon%2Esvg/' }, 405],
		['an asset that is none, spelt otherwise', { path: '/%5Fapp/nothing.js' }, 404],
		['an asset that is none', { path: '/_app/immutable/nothing.js?x' }, 404],
		['an asset that is posted to', { method: 'POST', path: '/_app/version.json' }, 405],
		[
			'a refused form',
			{ method: 'POST', path: '/api/sign-ins', headers: { 'content-type': 'text/plain' } },
			403,
		],
		['a page that is posted to', { method: 'POST', path: '/microsoft365_oauth.html' }, 405],
		['a broken path', { path: '/%' }, 400],
		['another host', { path: '/', headers: { host: 'evil.example' } }, 403],
		['a HEAD request', { method: 'HEAD', path: '/microsoft365_oauth.html' }, 200],
	];

	test.each(paths)('%s', async (_name, request, status) => {
		const { headers, status: answered } = await ask(request);
		expect(answered).toBe(status);
		expect(headers).toMatchObject({
			'x-content-type-options': 'nosniff',
			'referrer-policy': 'no-referrer',
			'cross-origin-opener-policy': 'same-origin',
			'cross-origin-resource-policy': 'same-origin',
			'permissions-policy': textWith('camera=()'),
		});
		const policy = headers['content-security-policy'];
		expect(policy).toContain("default-src 'none'");
		expect(policy).toContain("frame-ancestors 'none'");
		expect(policy).toContain("base-uri 'none'");
		expect(policy).not.toMatch(/unsafe-inline|unsafe-eval|\*/);
		expect(headers).not.toHaveProperty('x-powered-by');
		if (status !== 200 || !request.path.endsWith('.svg')) {
			expect(headers['cache-control']).toBe('no-store');
		}
	});

	test.each([
		['what is no HTTP', 'HELO there\r\n\r\n', 400],
		['a header with a NUL', 'GET / HTTP/1.1\r\nHost: localhost\r\nA: \0\r\n\r\n', 400],
		['two lengths', 'POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 400],
		['headers without an end', `GET / HTTP/1.1\r\nA: ${'x'.repeat(40_000)}\r\n\r\n`, 431],
		['a request without a host', 'GET /mailboxes HTTP/1.1\r\n\r\n', 400],
		[
			'an expectation that nobody knows',
			'GET / HTTP/1.1\r\nHost: localhost\r\nExpect: nonsense\r\n\r\n',
			417,
		],
	])('%s, which Node answers before anybody else', async (_name, request, status) => {
		const socket = connect(practicePort, '127.0.0.1');
		let answer = '';
		socket.setEncoding('latin1').on('data', (text: string) => (answer += text));
		socket.on('error', () => undefined);
		socket.write(request);
		await once(socket, 'close');
		expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
		expect(answer).toContain("\r\nContent-Security-Policy: default-src 'none'");
		expect(answer).toContain('\r\nX-Content-Type-Options: nosniff');
		expect(answer).toContain('\r\nCache-Control: no-store');
		expect(answer).toMatch(/\r\n\r\n\{"error":"[a-z_]+","message":"[^"]+"\}$/);
	});

	test('a page is compressed for who takes that, and no answer of the API is', async () => {
		const encodingOf = async (path: string, headers: Record<string, string>) =>
			(await ask({ path, headers })).headers['content-encoding'];
		const page = '/microsoft365_oauth.html';
		const taken = { 'accept-encoding': 'br, gzip' };
		expect(await encodingOf(page, taken)).toBe('gzip');
		expect(await encodingOf(page, {})).toBeUndefined();
		expect(await encodingOf(page, { 'accept-encoding': 'gzip;q=0' })).toBeUndefined();
		expect(await encodingOf('/api/sign-ins/current', taken)).toBeUndefined();
		const { headers } = await ask({ path: page });
		expect(headers.vary).toContain('Accept-Encoding');
		const whole = await fetch(origin + page);
		expect(whole.headers.get('content-encoding')).toBe('gzip');
		expect(await whole.text()).toMatch(/<[/]html>\s*$/);
	});

	test('a page runs only scripts with the nonce of this one answer', async () => {
		const nonces = [];
		for (let round = 0; round < 2; round++) {
			const { headers, text } = await ask({ path: '/microsoft365_oauth.html' });
			const nonce = /script-src [^;]*'nonce-([^']+)'/.exec(
				String(headers['content-security-policy']),
			)?.[1];
			expect(nonce).toBeTruthy();
			for (const [tag] of text.matchAll(/<script\b[^>]*>/g))
				expect(tag).toContain(`nonce="${nonce}"`);
			nonces.push(nonce);
		}
		expect(new Set(nonces).size).toBe(2);
	});

	test('the policy of a page names nobody but our own origin', async () => {
		const { headers } = await ask({ path: '/microsoft365_oauth.html' });
		const policy = String(headers['content-security-policy']);
		const directives = policy.replaceAll(/'(nonce|sha256)-[^']+'/g, '$1').split('; ');
		expect(new Set(directives)).toEqual(
			new Set([
				...["default-src 'none'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"],
				...["connect-src 'self'", "font-src 'self'", "img-src 'self'", "form-action 'self'"],
				...["script-src 'self' nonce", "style-src 'self'", "style-src-attr 'unsafe-hashes' sha256"],
				...["require-trusted-types-for 'script'", 'trusted-types svelte-trusted-html'],
			]),
		);
	});

	test('what is entered in the address stands in the page as text', async () => {
		const hostile = `"><script>alert(1)</script><img src=x onerror=alert(1)>`;
		const query = new URLSearchParams({ site: hostile, email: hostile });
		const { status, text } = await ask({ path: `/microsoft365_oauth.html?${query}` });
		expect(status).toBe(200);
		expect(text).not.toContain('<script>alert');
		expect(text).not.toContain('<img src=x');
	});

	describe.each([
		['https://mail.example.com', 'max-age=31536000; includeSubDomains'],
		['http://localhost:3000', undefined],
	])('at %s', (at, expected) => {
		let server: Server;
		let port: number;
		beforeAll(async () => {
			port = await findFreePort();
			const pages = (_request: IncomingMessage, response: ServerResponse) => void response.end('x');
			const clientAddress = () => VISITOR;
			const parts = {
				clientAddress,
				siteApi: pages,
				notices: pages,
				pages,
				headers: securityHeaders(at),
			};
			const handle = createRequestHandler({ origin: at, mode: 'live', ...parts });
			server = createServer((request, response) => void handle(request, response));
			server.listen(port, '127.0.0.1');
		});
		afterAll(() => new Promise((resolve) => server.close(resolve)));

		test(`Strict-Transport-Security is ${expected}`, async () => {
			const { headers } = await rawRequest(port, { path: '/' });
			expect(headers['strict-transport-security']).toBe(expected);
		});
	});
});

describe('a fault of our own', () => {
	test.each(['at once', 'later'])(
		'thrown %s is answered with 500, and the next is served',
		async (when) => {
			const port = await findFreePort();
			const pages = (_request: IncomingMessage, response: ServerResponse) => {
				if (when === 'at once') throw new Error('a chunk is gone');
				response.setHeader('content-type', 'text/html');
				return Promise.reject(new Error('a chunk is gone'));
			};
			const at = { origin, mode: 'live', port, host: '127.0.0.1', trustedProxies: 0 } as const;
			const broken = () => Promise.resolve({ pages, close: () => Promise.resolve() });
			const server = await startWebServer({ app: its.app, ...at, pages: broken });
			try {
				expectFault(await rawRequest(port, { path: '/' }), 500, 'internal_error');
				expectFault(await rawRequest(port, { path: '/' }), 500, 'internal_error');
			} finally {
				await server.stop();
			}
		},
	);

	test('before a request has its app is logged all the same', async () => {
		const built = '../../.svelte-kit/output/server/entries/hooks.server.js';
		const { handleError } = (await import(new URL(built, import.meta.url).href)) as {
			handleError: (input: object) => { message: string; id?: string };
		};
		const event = { locals: {}, route: { id: '/api/sign-ins' } };
		const error = new Error('Cannot find module');
		const { id } = handleError({ error, event, status: 500, message: 'Internal Error' });
		expect(id).toMatch(/^[0-9a-f-]{36}$/);
	});
});

describe('the guard of the practice mode', () => {
	const page = '/microsoft365_oauth.html?site=x';

	test.each([
		'evil.example',
		'localhost.evil.example',
		'127.0.0.1.evil.example',
		'127.0.0.2',
		'0.0.0.0',
		'[::1]',
		'192.168.1.5',
		'localhost@evil.example',
		'evil.example:3000',
	])('the host %j is answered with 403, on pages and the API alike', async (host) => {
		for (const path of [page, '/api/sign-ins/current', '/healthz']) {
			expectFault(await ask({ path, headers: { host } }), 403, 'practice_mode');
		}
	});

	test.each(['localhost', 'localhost:1', '127.0.0.1', '127.0.0.1:1'])(
		'the host %s is answered',
		async (host) => {
			expect((await ask({ path: '/healthz', headers: { host } })).status).toBe(200);
		},
	);

	test.each([
		'forwarded',
		'via',
		'x-real-ip',
		'x-forwarded-for',
		'x-forwarded-host',
		'x-forwarded-proto',
		'X-Forwarded-Anything',
	])('a request with %s came through a proxy: 403', async (name) => {
		expectFault(await ask({ path: page, headers: { [name]: 'x' } }), 403, 'practice_mode');
		expectFault(
			await ask({ path: '/api/sign-ins/current', headers: { [name]: 'x' } }),
			403,
			'practice_mode',
		);
	});

	test.each(['GET', 'HEAD'])(
		'a page at the other loopback name is redirected to ORIGIN: %s',
		async (method) => {
			const headers = { host: `127.0.0.1:${practicePort}`, accept: 'text/html,*/*' };
			const answer = await ask({ method, path: page, headers });
			expect([answer.status, answer.headers.location]).toEqual([307, origin + page]);
		},
	);

	test.each([
		'//evil.example/x',
		'/\\evil.example/x',
		'http://evil.example/x',
		'/%0d%0aSet-Cookie:a=b',
	])('a redirect never leads elsewhere: %s', async (path) => {
		const headers = { host: '127.0.0.1', accept: 'text/html' };
		const answer = await ask({ path, headers });
		expect(answer.headers['set-cookie']).toBeUndefined();
		const { location } = answer.headers;
		if (location !== undefined) expect(new URL(location, origin).origin).toBe(origin);
	});

	test('what is no page keeps its host', async () => {
		const headers = { host: '127.0.0.1', accept: '*/*' };
		expect((await ask({ path: '/healthz', headers })).status).toBe(200);
	});

	test('every page says that this is not Microsoft', async () => {
		for (const path of [page, '/nothing']) {
			expect((await ask({ path })).text, path).toContain('Practice: this is not Microsoft');
		}
	});

	test('a real helper answers at any host, and through proxies', async () => {
		const headers = { host: 'mail.example.com', 'x-forwarded-for': '192.0.2.1' };
		expect((await rawRequest(livePort, { path: '/healthz', headers })).status).toBe(200);
		expect((await rawRequest(livePort, { path: page, headers })).status).toBe(200);
	});
});

describe('the files of the build', () => {
	test('are kept for good where their names hold a hash, and sent compressed', async () => {
		const { text } = await ask({ path: '/microsoft365_oauth.html' });
		const path = /\/_app\/immutable\/[^"]+\.js/.exec(text)?.[0] ?? '';
		const { status, headers } = await ask({ path, headers: { 'accept-encoding': 'gzip, br' } });
		expect(status).toBe(200);
		expect(headers).toMatchObject({
			'cache-control': 'public,max-age=31536000,immutable',
			'content-encoding': 'br',
			'content-type': 'text/javascript',
			'x-content-type-options': 'nosniff',
		});
	});

	test('are nowhere that SvelteKit’s server would stream them from', () => {
		const build = new URL('../../build/page/', import.meta.url);
		const folders = ['files', 'client', 'prerendered'];
		expect(folders.filter((name) => existsSync(new URL(name, build)))).toEqual(['files']);
	});
});

describe('health', () => {
	test('readyz says ready, and not any more from the moment of leaving', async () => {
		const ready = await ask({ path: '/readyz' });
		expect([ready.status, JSON.parse(ready.text)]).toMatchObject([
			200,
			{ status: 'ready', unopenable: {} },
		]);
		const leaving = await startTestHelper({ origin });
		try {
			provideApp(leaving.app);
			leaving.app.beginShutdown();
			const answer = await ask({ path: '/readyz' });
			expect([answer.status, JSON.parse(answer.text)]).toMatchObject([
				503,
				{ missing: 'shutting down' },
			]);
			expect((await ask({ path: '/livez' })).status).toBe(503);
			expect((await ask({ path: '/healthz' })).status).toBe(200);
		} finally {
			provideApp(its.app);
			await leaving.stop();
		}
	});

	test('without its database the page is there, the API says that it passes, and readyz names the database', async () => {
		const lost = await startTestHelper({ origin });
		try {
			provideApp(lost.app);
			const { cookie } = await beginSignIn();
			await lost.app.close();
			const status = await ask({ path: '/api/sign-ins/current', headers: { cookie } });
			expectFault(status, 503, 'temporarily_unavailable');
			expect(status.headers['retry-after']).toMatch(/^\d+$/);
			expectFault(await post('/api/sign-ins', begin, { cookie }), 503, 'temporarily_unavailable');
			const page = await ask({ path: '/microsoft365_oauth.html', headers: { cookie } });
			expect([page.status, page.text.includes('Sign in with Microsoft')]).toEqual([200, true]);
			const ready = await ask({ path: '/readyz' });
			expect([ready.status, JSON.parse(ready.text)]).toMatchObject([503, { missing: 'database' }]);
			expect((await ask({ path: '/livez' })).status).toBe(200);
		} finally {
			provideApp(its.app);
			await lost.stop();
		}
	});
});

describe('a database that takes its time', () => {
	test('holds up no page, which then asks by itself', async () => {
		let proxy: DatabaseProxy | undefined;
		const slow = await startTestHelper({
			origin,
			reachedAt: async (url) => (proxy = await startDatabaseProxy(url)).url,
		});
		try {
			provideApp(slow.app);
			const { cookie } = await beginSignIn();
			proxy?.silence();
			const first = await Promise.race([
				ask({ path: '/api/sign-ins/current', headers: { cookie } }),
				ask({ path: '/microsoft365_oauth.html', headers: { cookie } }),
			]);
			expect([first.status, first.headers['content-type']]).toEqual([200, 'text/html']);
			expect(first.text).toContain('isLate:true');
		} finally {
			proxy?.restore();
			provideApp(its.app);
			await slow.stop();
			await proxy?.stop();
		}
	});
});

test('no secret of all this is in the log', () => {
	const log = its.logged();
	const secrets = [...its.practice.issuedSecrets(), CLIENT_SECRET, its.siteKey];
	expect(secrets.filter((secret) => log.includes(secret))).toEqual([]);
});
