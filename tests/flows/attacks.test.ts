// What somebody would try who wants a mailbox that is not his, at the helper as it is asked over HTTP.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ensureBuilt } from '../../scripts/build.js';
import type { SignInStatus, StartedSignIn } from '../../src/lib/domain/sign-in.ts';
import { provideApp } from '../../src/lib/server/app/app-instance.ts';
import { startWebServer, type WebServer } from '../../src/http/web-server.ts';
import { findFreePort } from '../support/free-port.ts';
import { rawRequest, type RawAnswer, type RawRequest } from '../support/raw-request.ts';
import {
	MAILBOX,
	signInAtMicrosoft,
	SITE,
	startTestHelper,
	type TestHelper,
} from '../support/test-helper.ts';

const origin = 'https://helper.example.com';
let its: TestHelper;
let server: WebServer;
let port: number;

beforeAll(async () => {
	await ensureBuilt();
	port = await findFreePort();
	its = await startTestHelper({ origin });
	provideApp(its.app);
	const at = { origin, mode: 'live', port, host: '127.0.0.1', trustedProxies: 0 } as const;
	server = await startWebServer({ app: its.app, ...at, pages: 'built' });
}, 120_000);
afterAll(async () => {
	await server.stop();
	await its.stop();
});

/** A browser at the front door: what it sends is its cookies, and what comes back it keeps. */
function openVictim(cookie = '') {
	const browser = {
		cookie,
		async ask(sent: RawRequest): Promise<RawAnswer> {
			const cookies = browser.cookie && { cookie: browser.cookie };
			const answer = await rawRequest(port, { ...sent, headers: { ...cookies, ...sent.headers } });
			const set = answer.headers['set-cookie']?.[0]?.split(';')[0];
			if (set !== undefined) browser.cookie = set;
			return answer;
		},
		post: (path: string, body = '', type = 'application/json') =>
			browser.ask({ method: 'POST', path, body, headers: { origin, 'content-type': type } }),
		async begin(email = MAILBOX): Promise<StartedSignIn> {
			const { text } = await browser.post('/api/sign-ins', JSON.stringify({ site: SITE, email }));
			return JSON.parse(text) as StartedSignIn;
		},
		async redeem(id: string, started: StartedSignIn, account = MAILBOX): Promise<RawAnswer> {
			const { code, codeVerifier } = await signInAtMicrosoft(its.app, started, account);
			return browser.redeemCode(id, code, codeVerifier);
		},
		redeemCode: (id: string, code: string, codeVerifier: string) =>
			browser.post(
				`/api/sign-ins/${id}/code`,
				new URLSearchParams({ code, code_verifier: codeVerifier }).toString(),
				'application/x-www-form-urlencoded',
			),
		async status(id = 'current'): Promise<SignInStatus> {
			const { text } = await browser.ask({ path: `/api/sign-ins/${id}` });
			return JSON.parse(text) as SignInStatus;
		},
	};
	return browser;
}

const codeRequests = () => its.practice.requests.filter(({ kind }) => kind === 'code').length;

describe('session fixation', () => {
	test('a value that somebody made up never becomes a session', async () => {
		const made = `__Host-mailkey=${'A'.repeat(43)}`;
		const victim = openVictim(made);
		const started = await victim.begin();
		expect(victim.cookie).not.toBe(made);
		expect(started.sign_in).toMatch(/^[A-Za-z0-9_-]{22}$/);
		expect(await openVictim(made).status()).toEqual({ status: 'none' });
	});

	test('who planted his own session in a victim’s browser cannot act once the victim has signed in', async () => {
		const attacker = openVictim();
		await attacker.begin();
		const planted = attacker.cookie;
		const victim = openVictim(planted);
		const started = await victim.begin('box-fixation@mycompany.com');
		await victim.redeem(started.sign_in, started, 'box-fixation@mycompany.com');
		expect(victim.cookie).not.toBe(planted);
		expect(await victim.status(started.sign_in)).toMatchObject({ status: 'ready' });
		for (const act of ['checks', 'test-message', 'revoke', 'confirm']) {
			const { status } = await attacker.post(`/api/sign-ins/${started.sign_in}/${act}`);
			expect(status, act).toBe(404);
		}
		expect(await victim.status(started.sign_in)).toMatchObject({ status: 'ready' });
	});
});

describe('cookies', () => {
	test('can come from this host alone, over TLS alone, and no script reads them', async () => {
		const { headers } = await openVictim().post(
			'/api/sign-ins',
			JSON.stringify({ site: SITE, email: MAILBOX }),
		);
		expect(headers['set-cookie']).toEqual([
			expect.stringMatching(
				/^__Host-mailkey=[A-Za-z0-9_-]{43}; Max-Age=43200; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
			) as string,
		]);
	});

	test('of the same name without the prefix, which a sibling host can set, are not looked at', async () => {
		const attacker = openVictim();
		await attacker.begin();
		const value = attacker.cookie.split('=')[1] ?? '';
		for (const tossed of [
			`mailkey=${value}`,
			`__host-mailkey=${value}`,
			`__Host-Mailkey=${value}`,
		]) {
			expect(await openVictim(tossed).status(), tossed).toEqual({ status: 'none' });
		}
	});
});

describe('signing out', () => {
	const LEAVING = 'box-leaving@mycompany.com';

	test('makes the cookie worth nothing, and the one before it, wherever a copy is', async () => {
		const victim = openVictim();
		const started = await victim.begin(LEAVING);
		const before = openVictim(victim.cookie);
		await victim.redeem(started.sign_in, started, LEAVING);
		const copy = openVictim(victim.cookie);
		expect(await before.status()).toMatchObject({ status: 'ready' });
		expect(await copy.status()).toMatchObject({ status: 'ready' });
		const { status, headers } = await victim.post('/api/sign-out');
		expect(status).toBe(204);
		expect(headers['set-cookie']).toEqual([
			'__Host-mailkey=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax',
		]);
		expect(await copy.status()).toEqual({ status: 'none' });
		expect(await before.status()).toEqual({ status: 'none' });
		expect((await copy.ask({ path: '/mailboxes' })).text).not.toContain(LEAVING);
	});

	test('is nothing to a browser that nobody knows, and not for another site’s page to do', async () => {
		expect((await openVictim().post('/api/sign-out')).status).toBe(204);
		const victim = openVictim();
		const started = await victim.begin(LEAVING);
		await victim.redeem(started.sign_in, started, LEAVING);
		const { status } = await victim.ask({
			method: 'POST',
			path: '/api/sign-out',
			headers: { origin: 'https://evil.example' },
		});
		expect(status).toBe(403);
		expect(await victim.status()).toMatchObject({ status: 'ready' });
	});
});

describe('login CSRF: an answer of Microsoft’s that the attacker got for himself', () => {
	test('is redeemed in no browser but the one that began', async () => {
		const attacker = openVictim();
		const started = await attacker.begin('box-attacker@mycompany.com');
		const victim = openVictim();
		await victim.begin();
		const before = codeRequests();
		const { code, codeVerifier } = await signInAtMicrosoft(
			its.app,
			started,
			'box-attacker@mycompany.com',
		);
		const inVictim = await victim.redeemCode(started.sign_in, code, codeVerifier);
		expect([inVictim.status, JSON.parse(inVictim.text)]).toEqual([
			404,
			expect.objectContaining({ error: 'unknown_sign_in' }),
		]);
		expect(codeRequests()).toBe(before);
	});
});

describe('code injection', () => {
	test('somebody else’s code in one’s own sign-in yields nothing, with whatever verifier', async () => {
		const victim = openVictim();
		const stolen = await signInAtMicrosoft(its.app, await victim.begin());
		const attacker = openVictim();
		for (const verifier of [stolen.codeVerifier, 'a'.repeat(43)]) {
			const { sign_in: id } = await attacker.begin();
			const answer = await attacker.redeemCode(id, stolen.code, verifier);
			expect(answer.status).toBe(400);
			expect(await attacker.status(id)).toMatchObject({ status: 'failed' });
		}
		expect(await its.sql`select id from stored_tokens where mailbox = ${MAILBOX}`).toHaveLength(0);
	});
});

test('replay: the same code again is refused and redeems nothing', async () => {
	const browser = openVictim();
	const started = await browser.begin('box-replay@mycompany.com');
	const { code, codeVerifier } = await signInAtMicrosoft(
		its.app,
		started,
		'box-replay@mycompany.com',
	);
	await browser.redeemCode(started.sign_in, code, codeVerifier);
	const before = codeRequests();
	const again = await browser.redeemCode(started.sign_in, code, codeVerifier);
	expect(JSON.parse(again.text)).toMatchObject({ error: 'invalid_grant' });
	expect(codeRequests()).toBe(before);
});

describe('Host and forwarding headers', () => {
	test.each([
		{ host: 'evil.example' },
		{ 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'http' },
		{ forwarded: 'host=evil.example;proto=http' },
	])('%j change neither the redirect URI nor the way to Microsoft', async (headers) => {
		const page = await openVictim().ask({ path: '/microsoft365_oauth.html', headers });
		expect(page.status).toBe(200);
		expect(page.text).toContain(`${origin}/microsoft365_oauth.html`);
		expect(page.text).not.toContain('evil.example');
		const root = await openVictim().ask({ path: '/?site=x', headers });
		expect(root.headers.location).toMatch(/^\/microsoft365_oauth\.html\?site=x$/);
		const foreign = await openVictim().ask({
			method: 'POST',
			path: '/api/sign-ins',
			body: '{}',
			headers: { ...headers, origin: 'https://evil.example', 'content-type': 'application/json' },
		});
		expect(foreign.status).toBe(403);
	});
});

describe('no open redirect', () => {
	test.each(['//evil.example', '/\\evil.example', '/%2f%2fevil.example', '///evil.example/..'])(
		'%s',
		async (path) => {
			for (const suffix of ['', '?next=https://evil.example', '?site=//evil.example']) {
				const { status, headers } = await openVictim().ask({ path: path + suffix });
				expect(status).toBeGreaterThanOrEqual(300);
				if (headers.location === undefined) continue;
				expect(new URL(headers.location, origin).origin).toBe(origin);
			}
		},
	);

	test('the root keeps a query as a query', async () => {
		const query = '?next=https://evil.example&site=//evil.example&returnTo=javascript:alert(1)';
		const { headers } = await openVictim().ask({ path: `/${query}` });
		expect(new URL(headers.location ?? '', origin).href).toBe(
			`${origin}/microsoft365_oauth.html${query}`,
		);
	});
});

describe('the identifier is a name, not a secret', () => {
	test('alone it yields nothing at any route, and nobody learns whether it is one', async () => {
		const owner = openVictim();
		const started = await owner.begin('box-name@mycompany.com');
		await owner.redeem(started.sign_in, started, 'box-name@mycompany.com');
		const status = await owner.status();
		if (status.status !== 'ready') throw new Error(status.status);
		const unknown = 'ExternalOAuthToken:999999:box-name@mycompany.com';
		const stranger = openVictim();
		for (const path of ['/api/v1/resolve', '/api/v1/tokens', '/api/sign-ins', '/api/approvals']) {
			const answers = [status.identifier, unknown].map((identifier) =>
				stranger.ask({
					method: 'POST',
					path: `${path}?identifier=${encodeURIComponent(identifier)}`,
					body: JSON.stringify({ identifier, password: identifier }),
					headers: {
						origin,
						'content-type': 'application/json',
						authorization: `Bearer ${identifier}`,
					},
				}),
			);
			const [known, other] = await Promise.all(answers);
			expect(known?.status).toBeGreaterThanOrEqual(400);
			expect([known?.status, known?.text]).toEqual([other?.status, other?.text]);
		}
		const number = status.identifier.split(':')[1] ?? '';
		const guessed = await stranger.ask({ method: 'DELETE', path: `/api/v1/tokens/${number}` });
		expect(guessed.status).toBe(401);
		expect(await stranger.status(number)).toMatchObject({ error: 'unknown_sign_in' });
	});

	test('whether a mailbox is stored already is told to nobody', async () => {
		const owner = openVictim();
		const started = await owner.begin('box-stored@mycompany.com');
		await owner.redeem(started.sign_in, started, 'box-stored@mycompany.com');
		const [stored, unheard] = await Promise.all(
			['box-stored@mycompany.com', 'box-unheard@mycompany.com'].map(async (email) => {
				const stranger = openVictim();
				const answer = await stranger.post('/api/sign-ins', JSON.stringify({ site: SITE, email }));
				const page = await stranger.ask({
					path: `/microsoft365_oauth.html?site=${SITE}&email=${email}`,
				});
				const body = Object.keys(JSON.parse(answer.text) as object);
				return [answer.status, body, page.status, page.text.length];
			}),
		);
		// The two addresses differ by one letter in length, wherever the page repeats them.
		expect(stored?.slice(0, 3)).toEqual(unheard?.slice(0, 3));
		expect(Math.abs(Number(stored?.[3]) - Number(unheard?.[3]))).toBeLessThan(20);
	});
});

test('an unforeseen fault is told by an id alone, which the log has too', async () => {
	const browser = openVictim();
	await browser.begin();
	const tables = ['sign_ins', 'stored_tokens'];
	for (const table of tables) {
		await its.sql`alter table ${its.sql(table)} rename to ${its.sql(`hidden_${table}`)}`;
	}
	try {
		for (const answer of [
			await browser.post('/api/sign-ins', JSON.stringify({ site: SITE, email: MAILBOX })),
			await browser.ask({
				path: '/api/v1/tokens',
				headers: { authorization: `Bearer ${its.siteKey}` },
			}),
		]) {
			expect(answer.status).toBe(500);
			const { error, message } = JSON.parse(answer.text) as Record<string, string>;
			expect(error).toBe('internal_error');
			const id = idIn(message);
			expect(message).toBe(`Something went wrong here. The operator finds it under ${id}.`);
			expect(its.logged()).toContain(id);
		}
		const page = await browser.ask({ path: '/microsoft365_oauth.html' });
		expect(page.status).toBe(500);
		expect(page.text).not.toMatch(/sign_ins|failed query/i);
		expect(its.logged()).toContain(idIn(page.text));
	} finally {
		for (const table of tables) {
			await its.sql`alter table ${its.sql(`hidden_${table}`)} rename to ${its.sql(table)}`;
		}
	}
});

function idIn(text = ''): string {
	return /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(text)?.[0] ?? 'none';
}
