// The code is redeemed once, for the browser that began, and what Microsoft gives is sealed before it is stored. Where it
// is not that way, the sign-in ends in words and nothing is stored.

import { decodeJwt, exportJWK, generateKeyPair, SignJWT, type JWTPayload } from 'jose';
import {
	afterAll,
	afterEach,
	beforeAll,
	beforeEach,
	describe,
	expect,
	onTestFinished,
	test,
} from 'vitest';
import { createVault, type SealedPlace } from '../../src/lib/server/vault/vault.ts';
import type { TokenFault } from '../../src/practice/microsoft/token-fault.ts';
import { anyObject, anySignal, anyText } from '../support/matchers.ts';
import {
	CLIENT_ID,
	CLIENT_SECRET,
	MAILBOX,
	MY_COMPANY,
	OTHER_COMPANY,
	signInAtMicrosoft,
	SITE,
	startTestHelper,
	type TestHelper,
} from '../support/test-helper.ts';
import { VISITOR } from '../support/visitor.ts';

let its: TestHelper;
beforeAll(async () => {
	its = await startTestHelper();
});
afterAll(() => its.stop());
beforeEach(() => its.clock.reset());
afterEach(() => its.letThrough());

async function tokenCount(): Promise<number> {
	const [row] = await its.sql`select count(*)::int as n from stored_tokens`;
	return Number(row?.['n']);
}

function codeRequests(): number {
	return its.practice.requests.filter(({ kind }) => kind === 'code').length;
}

/** Signs in while the token endpoint behaves as told; what the visitor is told then. */
async function signInWith(fault: TokenFault, as = MAILBOX) {
	const before = await tokenCount();
	its.practice.nextTokenAnswer(fault);
	const status = await its.openBrowser().signIn(as, MAILBOX);
	if (status.status !== 'ready') expect(await tokenCount()).toBe(before);
	return status;
}

function changed(claims: JWTPayload): TokenFault {
	return { kind: 'claims', change: (before) => ({ ...before, ...claims }) };
}

function without(claim: string): TokenFault {
	return {
		kind: 'claims',
		change: (before) =>
			Object.fromEntries(Object.entries(before).filter(([name]) => name !== claim)),
	};
}

const failedWith = (code: string) => ({ status: 'failed', problem: { code } });

describe('a code that the right browser brings back', () => {
	test('ends at the identifier, and the answer holds the ID token alone', async () => {
		const browser = its.openBrowser();
		const started = await browser.begin('Equis@MyCompany.com');
		const answer = await signInAtMicrosoft(its.app, started);
		const result = await browser.redeem(started, answer);
		expect(Object.keys(result).sort()).toEqual(['cookie', 'idToken', 'kind']);
		const issued = its.practice.issued();
		expect(result).toMatchObject({
			kind: 'redeemed',
			idToken: issued.findLast(({ kind }) => kind === 'id_token')?.value,
		});
		const [row] = await its.sql`select * from stored_tokens order by created_at desc limit 1`;
		expect(await browser.status(started.sign_in)).toEqual({
			status: 'ready',
			site: SITE,
			email: 'Equis@MyCompany.com',
			mail: its.app.page.mail,
			identifier: `ExternalOAuthToken:${row?.['id']}:${MAILBOX}`,
			checks: anyObject,
			revoked_unless_used_by: anyText,
		});
	});

	test('breaks off, and is not tried again and again, where a sequence was not restored', async () => {
		const [events] = await its.sql<{ first: string; last: string }[]>`
			select min(id) as first, max(id) as last from site_events`;
		const { first = '1', last = '1' } = events ?? {};
		onTestFinished(async () => {
			await its.sql`select setval('site_events_id_seq', ${last})`;
		});
		await its.sql`select setval('site_events_id_seq', ${first}, false)`;
		expect(await its.openBrowser().signIn('behind@mycompany.com')).toMatchObject(
			failedWith('sign_in_interrupted'),
		);
	});

	test('stores sealed values that open in their own place and nowhere else', async () => {
		const before = its.clock.now();
		expect(await its.openBrowser().signIn('sealed@mycompany.com')).toMatchObject({
			status: 'ready',
		});
		const [row] = await its.sql`select * from stored_tokens where mailbox = 'sealed@mycompany.com'`;
		const issued = its.practice.issued();
		const token = (kind: string) => issued.findLast((secret) => secret.kind === kind)?.value;
		const vault = createVault(its.keys);
		const place = { table: 'stored_tokens', row: Number(row?.['id']), site: its.siteId };
		const at = (column: string, more: Partial<SealedPlace> = {}) => ({
			...place,
			column,
			mailbox: 'sealed@mycompany.com',
			...more,
		});
		const [refresh, access] = [
			String(row?.['sealed_refresh_token']),
			String(row?.['sealed_access_token']),
		];
		expect(vault.open(refresh, at('sealed_refresh_token'))).toBe(token('refresh_token'));
		expect(vault.open(access, at('sealed_access_token'))).toBe(token('access_token'));
		expect(() => vault.open(refresh, at('sealed_access_token'))).toThrow('not_authentic');
		expect(() => vault.open(refresh, at('sealed_refresh_token', { mailbox: MAILBOX }))).toThrow();
		expect(() => vault.open(refresh, at('sealed_refresh_token', { site: 999 }))).toThrow();
		expect(row).toMatchObject({
			state: 'active',
			version: 1,
			tenant_id: MY_COMPANY,
			signed_in_as: 'sealed@mycompany.com',
			scopes: its.app.page.microsoft.scopes.filter((scope) => scope.startsWith('https:')),
			created_at: before,
			last_refreshed_at: before,
		});
		const lifeSeconds = (Number(row?.['access_token_expires_at']) - before.getTime()) / 1000;
		expect(lifeSeconds).toBeGreaterThanOrEqual(3600);
		expect(lifeSeconds).toBeLessThanOrEqual(5400);
	});

	test('is sent to Microsoft with the helper’s own client, redirect URI and scopes, without Origin', async () => {
		let sent: RequestInit | undefined;
		its.intercept((url, answer, init) => {
			if (!url.endsWith('/token')) return undefined;
			sent = init;
			return answer();
		});
		expect(await its.openBrowser().signIn()).toMatchObject({ status: 'ready' });
		expect(its.practice.requests.findLast(({ kind }) => kind === 'code')?.parameters).toEqual({
			client_id: CLIENT_ID,
			client_secret: CLIENT_SECRET,
			grant_type: 'authorization_code',
			code: anyText,
			code_verifier: anyText,
			redirect_uri: 'http://localhost:3000/microsoft365_oauth.html',
			scope: its.app.page.microsoft.scopes.join(' '),
		});
		expect(new Headers(sent?.headers).has('origin')).toBe(false);
		expect(sent).toMatchObject({ redirect: 'error', signal: anySignal });
	});
});

describe('the code is redeemed once', () => {
	test('a second post does not redeem it again, and the page goes on by the status', async () => {
		const browser = its.openBrowser();
		const tab = browser.copy();
		const started = await browser.begin();
		tab.cookie = browser.cookie;
		const answer = await signInAtMicrosoft(its.app, started);
		expect(await browser.redeem(started, answer)).toMatchObject({ kind: 'redeemed' });
		const requests = codeRequests();
		expect(await browser.redeem(started, answer)).toMatchObject({
			kind: 'refused',
			error: 'invalid_grant',
		});
		expect(codeRequests()).toBe(requests);
		expect(await browser.status(started.sign_in)).toMatchObject({ status: 'ready' });
		expect(await tab.status(started.sign_in)).toMatchObject({ status: 'ready' });
	});

	test('of 20 posts at the same time one redeems it', async () => {
		const browser = its.openBrowser();
		const started = await browser.begin();
		const answer = await signInAtMicrosoft(its.app, started);
		const requests = codeRequests();
		const tokens = await tokenCount();
		const tabs = Array.from({ length: 20 }, () => browser.copy());
		const results = await Promise.all(tabs.map((tab) => tab.redeem(started, answer)));
		expect(results.filter(({ kind }) => kind === 'redeemed')).toHaveLength(1);
		expect(
			results.filter((result) => result.kind === 'refused' && result.error === 'invalid_grant'),
		).toHaveLength(19);
		expect(codeRequests()).toBe(requests + 1);
		expect(await tokenCount()).toBeLessThanOrEqual(tokens + 1);
		for (const tab of tabs) {
			expect(await tab.status(started.sign_in)).toMatchObject({ status: 'ready' });
		}
	});

	test('a post while the first is under way is refused, and the status says so', async () => {
		const browser = its.openBrowser();
		const started = await browser.begin();
		const answer = await signInAtMicrosoft(its.app, started);
		const tab = browser.copy();
		let tell: () => void;
		const reached = new Promise<void>((resolve) => (tell = resolve));
		let release: () => void;
		const released = new Promise<void>((resolve) => (release = resolve));
		its.intercept((url, real) => {
			if (!url.endsWith('/token')) return undefined;
			tell();
			return released.then(real);
		});
		const first = browser.redeem(started, answer);
		await reached;
		expect(await tab.status('current')).toEqual({
			status: 'exchanging',
			site: SITE,
			email: MAILBOX,
		});
		expect(await tab.redeem(started, answer)).toMatchObject({ error: 'invalid_grant' });
		release!();
		expect(await first).toMatchObject({ kind: 'redeemed' });
	});

	test('a second post with the cookie of before the sign-in is told as that', async () => {
		const browser = its.openBrowser();
		const started = await browser.begin();
		const before = browser.copy();
		const answer = await signInAtMicrosoft(its.app, started);
		expect(await browser.redeem(started, answer)).toMatchObject({ kind: 'redeemed' });
		const requests = codeRequests();
		expect(await before.redeem(started, answer)).toMatchObject({ error: 'invalid_grant' });
		expect(codeRequests()).toBe(requests);
	});

	test('the code of one sign-in does not serve another: its nonce is another', async () => {
		const browser = its.openBrowser();
		const [one, two] = [await browser.begin(), await browser.begin()];
		const answer = await signInAtMicrosoft(its.app, one);
		expect(await browser.redeem(two, answer)).toMatchObject({ error: 'invalid_grant' });
		expect(await browser.status(two.sign_in)).toMatchObject(failedWith('microsoft_answer_invalid'));
	});
});

describe('only for the browser that began', () => {
	test.each(['no session', 'a session of another browser', 'a session that was replaced'])(
		'%s redeems nothing and learns nothing',
		async (kind) => {
			const browser = its.openBrowser();
			const started = await browser.begin();
			const answer = await signInAtMicrosoft(its.app, started);
			const stranger = its.openBrowser();
			if (kind === 'a session of another browser') await stranger.begin();
			if (kind === 'a session that was replaced') {
				stranger.cookie = browser.cookie;
				await browser.signIn();
			}
			const requests = codeRequests();
			await expect(stranger.redeem(started, answer)).rejects.toMatchObject({
				name: 'Problem',
				code: 'unknown_sign_in',
			});
			expect(codeRequests()).toBe(requests);
			expect(await browser.status(started.sign_in)).toMatchObject({ status: 'started' });
			expect(await browser.redeem(started, answer)).toMatchObject({ kind: 'redeemed' });
		},
	);

	test('a post that was on its way while another tab’s sign-in replaced its session redeems nothing', async () => {
		const browser = its.openBrowser();
		const started = await browser.begin();
		const answer = await signInAtMicrosoft(its.app, started);
		const session = await its.app.findSession(browser.cookie);
		await browser.signIn();
		const requests = codeRequests();
		const late = its.app.forVisitor(VISITOR).redeemCode(session, started.sign_in, answer);
		expect(await late).toMatchObject({ kind: 'refused', error: 'invalid_grant' });
		expect(codeRequests()).toBe(requests);
		expect(await browser.redeem(started, answer)).toMatchObject({ kind: 'redeemed' });
	});

	test('an id that nobody has is as unknown as another browser’s', async () => {
		const browser = its.openBrowser();
		const started = await browser.begin();
		const answer = await signInAtMicrosoft(its.app, started);
		const other = { ...started, sign_in: (await its.openBrowser().begin()).sign_in };
		await expect(browser.redeem(other, answer)).rejects.toMatchObject({ code: 'unknown_sign_in' });
	});
});

describe('what is no code, or no verifier, is refused and spends nothing', () => {
	const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
	test.each<[string, unknown, unknown]>([
		['no code', undefined, verifier],
		['an empty code', '', verifier],
		['a code with a blank', 'a b', verifier],
		['a code with a line break', 'a\r\nb', verifier],
		['a code that is too long', 'a'.repeat(8193), verifier],
		['a code that is a list', ['a'], verifier],
		['no verifier', 'a', undefined],
		['a verifier that is too short', 'a', verifier.slice(1)],
		['a verifier that is too long', 'a', 'a'.repeat(129)],
		['a verifier with another sign', 'a', `${verifier}!`],
	])('%s', async (_name, code, codeVerifier) => {
		const browser = its.openBrowser();
		const started = await browser.begin();
		const session = await its.app.findSession(browser.cookie);
		const requests = codeRequests();
		expect(
			await its.app
				.forVisitor(VISITOR)
				.redeemCode(session, started.sign_in, { code, codeVerifier }),
		).toMatchObject({ kind: 'refused', error: 'invalid_request' });
		expect(codeRequests()).toBe(requests);
		expect(await browser.status(started.sign_in)).toMatchObject({ status: 'started' });
	});
});

test('after an hour a sign-in takes no code any more', async () => {
	const browser = its.openBrowser();
	const [early, late] = [await browser.begin(), await browser.begin()];
	const answers = [
		await signInAtMicrosoft(its.app, early),
		await signInAtMicrosoft(its.app, late),
	] as const;
	const requests = codeRequests();
	its.clock.advance(60 * 60_000 - 1);
	await browser.redeem(early, answers[0]);
	expect(codeRequests()).toBe(requests + 1);
	its.clock.advance(1);
	expect(await browser.redeem(late, answers[1])).toMatchObject({ error: 'invalid_grant' });
	expect(codeRequests()).toBe(requests + 1);
	expect(await browser.status(late.sign_in)).toMatchObject(failedWith('sign_in_expired'));
});

describe('an ID token that does not belong here is not believed', () => {
	const authority = () => its.practice.authority;
	test.each<[string, () => TokenFault]>([
		['another nonce', () => changed({ nonce: 'another' })],
		['no nonce', () => without('nonce')],
		['a nonce that is a list', () => changed({ nonce: ['x'] })],
		['another audience', () => changed({ aud: 'd0ffee00-0000-4000-8000-000000000001' })],
		['no audience', () => without('aud')],
		[
			'an issuer of another host',
			() => changed({ iss: `https://evil.example/${MY_COMPANY}/v2.0` }),
		],
		['an issuer of another tenant', () => changed({ iss: `${authority()}/${OTHER_COMPANY}/v2.0` })],
		['the issuer’s pattern itself', () => changed({ iss: `${authority()}/{tenantid}/v2.0` })],
		[
			'an issuer with something behind it',
			() => changed({ iss: `${authority()}/${MY_COMPANY}/v2.0/` }),
		],
		['no issuer', () => without('iss')],
		['another tenant', () => changed({ tid: OTHER_COMPANY })],
		['a tenant that is no GUID', () => changed({ tid: 'x', iss: `${authority()}/x/v2.0` })],
		['a tenant that is a path', () => changed({ tid: '..', iss: `${authority()}/../v2.0` })],
		['no tenant', () => without('tid')],
		['no object id', () => without('oid')],
		['an object id that is no GUID', () => changed({ oid: MAILBOX })],
		['no expiry', () => without('exp')],
		['no time of issue', () => without('iat')],
		['another signature', () => ({ kind: 'wrong_signature' })],
	])('%s', async (_name, fault) => {
		expect(await signInWith(fault())).toMatchObject(failedWith('microsoft_answer_invalid'));
	});

	test.each([
		['an expiry that is over', (seconds: number) => ({ exp: seconds - 301 })],
		['a beginning that is to come', (seconds: number) => ({ nbf: seconds + 302 })],
	])('%s: the clock is named', async (_name, claims) => {
		const seconds = Math.floor(its.clock.now().getTime() / 1000);
		const status = await signInWith(changed(claims(seconds)));
		expect(status).toMatchObject(failedWith('clock_differs'));
		expect(status).toMatchObject({
			problem: { who: 'operator', title: 'The clocks of this page and of Microsoft differ' },
		});
	});

	test('clocks may differ by five minutes', async () => {
		const seconds = Math.floor(its.clock.now().getTime() / 1000);
		expect(await signInWith(changed({ exp: seconds - 290 }))).toMatchObject({ status: 'ready' });
		expect(await signInWith(changed({ nbf: seconds + 290 }))).toMatchObject({ status: 'ready' });
	});

	test('an answer without an ID token is not believed', async () => {
		const granted = its.app.page.microsoft.scopes.filter((scope) => scope !== 'openid');
		expect(await signInWith({ kind: 'scopes', granted })).toMatchObject(
			failedWith('microsoft_answer_invalid'),
		);
	});

	test.each(['', 'x', 'a.b.c', `${'a'.repeat(5000)}.b.c`])(
		'%j in its place is not believed',
		async (text) => {
			its.intercept((url, answer) => changedAnswer(url, answer, { id_token: text }));
			expect(await its.openBrowser().signIn()).toMatchObject(
				failedWith('microsoft_answer_invalid'),
			);
		},
	);
});

function changedAnswer(url: string, answer: () => Promise<Response>, change: object) {
	if (!url.endsWith('/token')) return undefined;
	return answer().then(async (real) => {
		const body = (await real.json()) as object;
		return Response.json({ ...body, ...change });
	});
}

describe('the keys that ID tokens are signed with', () => {
	const change = (url: string, answer: () => Promise<Response>, changes: object) => {
		if (!url.endsWith('/keys')) return undefined;
		return answer().then(async (real) => {
			const { keys } = (await real.json()) as { keys: object[] };
			return Response.json({ keys: keys.map((key) => ({ ...key, ...changes })) });
		});
	};

	test.each([
		[
			'bound to another tenant',
			(base: string) => ({ issuer: `${base}/${OTHER_COMPANY}/v2.0` }),
			failedWith('microsoft_answer_invalid'),
		],
		[
			'bound to another host',
			() => ({ issuer: 'https://evil.example/{tenantid}/v2.0' }),
			failedWith('microsoft_answer_invalid'),
		],
		['of another id', () => ({ kid: 'another' }), failedWith('microsoft_answer_invalid')],
		[
			'bound to the person’s tenant',
			(base: string) => ({ issuer: `${base}/${MY_COMPANY}/v2.0` }),
			{ status: 'ready' },
		],
		['bound to no issuer', () => ({ issuer: undefined }), { status: 'ready' }],
	])('a key %s', async (_name, changes, expected) => {
		const fresh = await startTestHelper();
		try {
			fresh.intercept((url, answer) => change(url, answer, changes(fresh.practice.authority)));
			expect(await fresh.openBrowser().signIn()).toMatchObject(expected);
		} finally {
			await fresh.stop();
		}
	});

	test.each([
		['another host', (base: string) => ({ iss: `${base}.evil.example/${MY_COMPANY}/v2.0` })],
		['another tenant', (base: string) => ({ iss: `${base}/${OTHER_COMPANY}/v2.0` })],
	])('where a key names no issuer, a token of %s is not believed either', async (_name, claims) => {
		const fresh = await startTestHelper();
		try {
			fresh.intercept((url, answer) => change(url, answer, { issuer: undefined }));
			fresh.practice.nextTokenAnswer(changed(claims(fresh.practice.authority)));
			expect(await fresh.openBrowser().signIn()).toMatchObject(
				failedWith('microsoft_answer_invalid'),
			);
		} finally {
			await fresh.stop();
		}
	});

	test.each([
		['RS256', { status: 'ready' }],
		['RS512', failedWith('microsoft_answer_invalid')],
		['PS256', failedWith('microsoft_answer_invalid')],
		['ES256', failedWith('microsoft_answer_invalid')],
	])('a token that is signed by %s, where the keys say of no algorithm', async (alg, expected) => {
		const fresh = await startTestHelper();
		try {
			const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
			const { alg: _, ...key } = await exportJWK(publicKey);
			fresh.intercept((url) =>
				url.endsWith('/keys')
					? Promise.resolve(Response.json({ keys: [{ ...key, kid: 'k' }] }))
					: undefined,
			);
			fresh.intercept((url, answer) => {
				if (!url.endsWith('/token')) return undefined;
				return answer().then(async (real) => {
					const body = (await real.json()) as { id_token: string };
					const signing = new SignJWT(decodeJwt(body.id_token));
					const idToken = signing.setProtectedHeader({ alg, kid: 'k' }).sign(privateKey);
					return Response.json({ ...body, id_token: await idToken });
				});
			});
			expect(await fresh.openBrowser().signIn()).toMatchObject(expected);
		} finally {
			await fresh.stop();
		}
	});

	test.each([
		['the keys', /\/keys$/],
		['the metadata', /\/organizations\/v2\.0\/\.well-known/],
	])(
		'%s cannot be had for a moment: Microsoft is unreachable, and the next sign-in works',
		async (_name, path) => {
			const fresh = await startTestHelper();
			try {
				for (const failing of [
					() => Promise.reject(new TypeError('fetch failed')),
					() => Promise.resolve(new Response('<html>', { status: 503 })),
					() => Promise.resolve(new Response('not json')),
				]) {
					fresh.intercept((url) => (path.test(url) ? failing() : undefined));
					expect(await fresh.openBrowser().signIn()).toMatchObject(
						failedWith('microsoft_unreachable'),
					);
					fresh.letThrough();
				}
				expect(await fresh.openBrowser().signIn()).toMatchObject({ status: 'ready' });
			} finally {
				await fresh.stop();
			}
		},
	);
});

test('without a refresh token nothing is stored, and the rights are asked for', async () => {
	const granted = its.app.page.microsoft.scopes.filter((scope) => scope !== 'offline_access');
	expect(await signInWith({ kind: 'scopes', granted })).toMatchObject(
		failedWith('mail_rights_missing'),
	);
});

test('without any right to mail nothing is stored, and the rights are asked for', async () => {
	const granted = its.app.page.microsoft.scopes.filter((scope) => !scope.startsWith('https:'));
	expect(granted).toContain('offline_access');
	expect(await signInWith({ kind: 'scopes', granted })).toMatchObject(
		failedWith('mail_rights_missing'),
	);
});

test('the granted scopes are stored, not those that were asked for', async () => {
	const granted = its.app.page.microsoft.scopes.filter((scope) => !scope.includes('POP'));
	expect(await signInWith({ kind: 'scopes', granted }, MAILBOX)).toMatchObject({ status: 'ready' });
	const [row] = await its.sql`select scopes from stored_tokens where mailbox = ${MAILBOX}`;
	expect(row?.['scopes']).toEqual(granted.filter((scope) => scope.startsWith('https:')));
});

test('nothing of all this is in the log, and no token in the database', async () => {
	const tables = ['sites', 'site_keys', 'visitors', 'sessions', 'sign_ins', 'stored_tokens'];
	const rows = await Promise.all(tables.map((table) => its.sql`select * from ${its.sql(table)}`));
	const dump = JSON.stringify(rows);
	const log = its.logged();
	expect(log).toContain('token stored');
	const secrets = [...its.practice.issuedSecrets(), CLIENT_SECRET, its.siteKey];
	expect(secrets.length).toBeGreaterThan(100);
	expect(secrets.filter((secret) => dump.includes(secret))).toEqual([]);
	expect(secrets.filter((secret) => log.includes(secret))).toEqual([]);
	expect(log).not.toContain('@mycompany.com');
});
