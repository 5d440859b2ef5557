// Every endpoint under requests that are made up, at the real server: whatever comes, the answer is one of those that the
// contract knows, in its shape; never a fault of the server's own, and nothing of it is kept.

import { once } from 'node:events';
import { Agent, request as ask } from 'node:http';
import { connect } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ensureBuilt } from '../../scripts/build.js';
import { CONNECTION_BOUNDS } from '../../src/http/connections.ts';
import { provideApp } from '../../src/lib/server/app/app-instance.ts';
import { startWebServer, type WebServer } from '../../src/http/web-server.ts';
import { findFreePort } from '../support/free-port.ts';
import { rawRequest, type RawAnswer } from '../support/raw-request.ts';
import { MAILBOX, SITE, startTestHelper, type TestHelper } from '../support/test-helper.ts';

// The same requests each time; `FUZZ_SEED=$RANDOM` looks elsewhere.
fc.configureGlobal({ seed: Number(process.env['FUZZ_SEED'] ?? 1) });

const origin = 'http://localhost:3000';
let its: TestHelper;
let server: WebServer;
let port: number;

beforeAll(async () => {
	await ensureBuilt();
	port = await findFreePort();
	its = await startTestHelper({ origin });
	provideApp(its.app);
	const at = { origin, mode: 'live', port, host: '127.0.0.1', trustedProxies: 1 } as const;
	server = await startWebServer({ app: its.app, ...at, pages: 'built' });
}, 120_000);
afterAll(async () => {
	await server.stop();
	await its.stop();
});

const ENDPOINTS = [
	['POST', '/api/sign-ins'],
	['GET', '/api/sign-ins/{id}'],
	['POST', '/api/sign-ins/{id}/code'],
	['POST', '/api/sign-ins/{id}/refusal'],
	['POST', '/api/sign-ins/{id}/confirm'],
	['POST', '/api/sign-ins/{id}/checks'],
	['POST', '/api/sign-ins/{id}/test-message'],
	['POST', '/api/sign-ins/{id}/revoke'],
	['POST', '/api/approvals'],
	['POST', '/api/visits'],
	['POST', '/api/sign-out'],
	['POST', '/api/visits/{id}/code'],
	['POST', '/api/mailboxes/{id}/checks'],
	['POST', '/api/mailboxes/{id}/revoke'],
	['GET', '/mailboxes'],
	['GET', '/api/mail-domains/{id}'],
	['POST', '/api/v1/resolve'],
	['GET', '/api/v1/tokens'],
	['DELETE', '/api/v1/tokens/{id}'],
	['GET', '/microsoft365_oauth.html'],
	['GET', '/'],
	['GET', '/healthz'],
	['GET', '/livez'],
	['GET', '/readyz'],
] as const;

const text = fc.oneof(
	fc.string({ unit: 'binary', maxLength: 40 }),
	fc.constantFrom(
		...[
			'',
			'current',
			'..',
			'%2e%2e%2f',
			'%00',
			'%0d%0aSet-Cookie:%20a=b',
			'__proto__',
			'constructor',
		],
		...[
			"' or 1=1 --",
			'${7*7}',
			'<script>alert(1)</script>',
			'a\r\nb',
			'a\0b',
			'a\u0001b',
			'\u202e',
		],
		...[
			'https://evil.example',
			'//evil.example',
			'\\\\evil.example',
			'javascript:alert(1)',
			SITE,
			MAILBOX,
		],
		...['ExternalOAuthToken:1:equis@mycompany.com', '9'.repeat(400), 'x'.repeat(5_000)],
	),
);
const json = fc.oneof(
	fc.json(),
	fc
		.dictionary(
			fc.constantFrom(
				'site',
				'email',
				'identifier',
				'min_ttl',
				'error',
				'error_description',
				'__proto__',
			),
			fc.oneof(text, fc.jsonValue()),
		)
		.map((value) => JSON.stringify(value)),
	fc.constantFrom(
		`{"site":"${SITE}","site":"https://evil.example","email":"${MAILBOX}"}`,
		'{"__proto__":{"email":"a@mycompany.com"},"constructor":{"prototype":{"site":"x"}}}',
		'['.repeat(8_000),
		'{"site":1e999,"email":-0}',
		'\ufeff{}',
	),
);
const form = fc
	.array(fc.tuple(fc.constantFrom('code', 'code_verifier', 'state', 'grant_type'), text), {
		maxLength: 6,
	})
	.map((pairs) => new URLSearchParams(pairs).toString());
const request = fc.record({
	endpoint: fc.constantFrom(...ENDPOINTS),
	id: text,
	query: fc.option(fc.array(fc.tuple(text, text), { maxLength: 4 })),
	body: fc.oneof(json, form, text, fc.constant('x'.repeat(20_000))),
	type: fc.constantFrom(
		...[
			'application/json',
			'application/x-www-form-urlencoded',
			'text/plain',
			'multipart/form-data',
			'*/*',
		],
	),
	method: fc.option(fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD')),
	from: fc.constantFrom(origin, 'null', 'https://evil.example', undefined),
	cookie: fc.option(
		fc.string({
			unit: fc.constantFrom('a', 'Z', '0', '9', '-', '_', '=', ';', ' '),
			maxLength: 60,
		}),
	),
	key: fc.option(
		fc.constantFrom('Bearer x', `Bearer mksite_${'A'.repeat(43)}`, 'Basic YTpi', 'Bearer'),
	),
	forwarded: fc.option(text.map((its) => its.replace(/[^ -~]/g, ''))),
});

async function send(
	its: typeof request extends fc.Arbitrary<infer Made> ? Made : never,
): Promise<RawAnswer> {
	const [usual, path] = its.endpoint;
	const search = its.query ? `?${new URLSearchParams(its.query).toString()}` : '';
	return rawRequest(port, {
		method: its.method ?? usual,
		path: path.replace('{id}', encodeURIComponent(its.id.toWellFormed())) + search,
		headers: {
			'content-type': its.type,
			...(its.from !== undefined && { origin: its.from }),
			...(its.cookie !== null && { cookie: its.cookie }),
			...(its.key !== null && { authorization: its.key }),
			...(its.forwarded !== null && { 'x-forwarded-for': its.forwarded }),
		},
		...(!['GET', 'HEAD'].includes(its.method ?? usual) && { body: its.body }),
	});
}

const KNOWN = [200, 201, 202, 204, 303, 307, 308, 400, 401, 403, 404, 405, 409, 413, 415, 422, 429];

test('no request that can be made up is a fault of the server', async () => {
	await fc.assert(
		fc.asyncProperty(request, async (made) => {
			const { status, headers, text: answer } = await send(made);
			expect(KNOWN).toContain(status);
			expect(headers['content-security-policy']).toContain("default-src 'none'");
			expect(headers['x-content-type-options']).toBe('nosniff');
			expect(headers['cache-control']).toBe('no-store');
			expect(headers).not.toHaveProperty('access-control-allow-origin');
			expect(answer).not.toMatch(/\bat \S+:\d+|node_modules|stack|select |insert into/i);
			const { location = '/' } = headers;
			expect(new URL(location, origin).origin).toBe(origin);
			if (status >= 400 && made.endpoint[1].startsWith('/api/') && made.method !== 'HEAD') {
				expect(JSON.parse(answer)).toMatchObject({
					error: expect.stringMatching(/^[a-z_]+$/) as string,
				});
			}
		}),
		{ numRuns: 1_500 },
	);
	expect(its.logged()).not.toContain('"level":"error"');
}, 120_000);

test('what was made up has polluted nothing', () => {
	expect(Object.keys(Object.prototype)).toEqual([]);
	expect(({} as Record<string, unknown>)['email']).toBeUndefined();
});

test.each([
	['/api/sign-ins', 'application/json'],
	['/api/v1/resolve', 'application/json'],
	['/api/sign-ins/current/code', 'application/x-www-form-urlencoded'],
])('a body that is broken off at %s is no fault to log', async (path, type) => {
	const before = its.logged().length;
	const head = `POST ${path} HTTP/1.1\r\nHost: localhost\r\nOrigin: ${origin}\r\n`;
	await Promise.all(
		Array.from({ length: 20 }, async () => {
			const socket = connect(port, '127.0.0.1');
			// 100 is said once the request is in hand.
			socket.write(
				`${head}Content-Type: ${type}\r\nExpect: 100-continue\r\nContent-Length: 100\r\n\r\n{`,
			);
			await once(socket, 'data');
			socket.resetAndDestroy();
			await once(socket, 'close');
		}),
	);
	await server.idle(5_000);
	expect(its.logged().slice(before)).not.toContain('failed');
});

describe('a client that takes its time', () => {
	let hasty: WebServer;
	let hastyPort: number;
	beforeAll(async () => {
		hastyPort = await findFreePort();
		const bounds = { ...CONNECTION_BOUNDS, headersMs: 400, requestMs: 1_200 };
		const at = { origin, mode: 'live', port: hastyPort, host: '127.0.0.1' } as const;
		const options = { app: its.app, ...at, trustedProxies: 1, bounds, pages: 'built' } as const;
		hasty = await startWebServer(options);
	});
	afterAll(() => hasty.stop());

	test('with its headers or its body is told 408 and cut off, and between two requests it is left alone', async () => {
		const agent = new Agent({ keepAlive: true });
		// As reverse proxies do: longer idle than head and body of a request may take.
		expect(await isReused(agent)).toBe(false);
		const head = `POST /api/sign-ins HTTP/1.1\r\nHost: localhost\r\nOrigin: ${origin}\r\n`;
		const type = 'Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{';
		const slow = [head, head + type].map(async (begun) => {
			const socket = connect(hastyPort, '127.0.0.1').setEncoding('utf8');
			let answer = '';
			socket.on('data', (chunk) => (answer += String(chunk))).write(begun);
			await once(socket, 'close');
			return answer;
		});
		expect((await rawRequest(hastyPort, { path: '/healthz' })).status).toBe(200);
		for (const answer of await Promise.all(slow)) {
			expect(answer).toMatch(/^HTTP\/1.1 408 /);
			expect(answer).toContain('"error":"request_timeout"');
		}
		expect(await isReused(agent)).toBe(true);
		agent.destroy();
	});

	function isReused(agent: Agent): Promise<boolean> {
		return new Promise((resolve, reject) => {
			const at = { port: hastyPort, host: '127.0.0.1', path: '/healthz', agent };
			const asked = ask(at, (answer) => {
				answer.resume().once('end', () => resolve(asked.reusedSocket));
			});
			asked.once('error', reject).end();
		});
	}
});
