// The start of a sign-in: for which sites and mailboxes there is one, and how it is bound to the browser.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Problem } from '../../src/lib/domain/problem.ts';
import { textMatching } from '../support/matchers.ts';
import { MAILBOX, SITE, startTestHelper, type TestHelper } from '../support/test-helper.ts';
import { VISITOR } from '../support/visitor.ts';
import { SCOPE } from '../support/practice-client.ts';

let its: TestHelper;
beforeAll(async () => {
	its = await startTestHelper();
});
afterAll(() => its.stop());

async function register(url: string, bounds: { mailDomains?: string[]; tenants?: string[] }) {
	const { mailDomains = [], tenants = [] } = bounds;
	const anyMailbox = mailDomains.length === 0 && tenants.length === 0;
	await its.app.registerSite({ url, name: 'A site', mailDomains, tenants, anyMailbox });
}

async function signInCount(): Promise<number> {
	const [row] = await its.sql`select count(*)::int as n from sign_ins`;
	return Number(row?.['n']);
}

test('a registered site and a mailbox that it takes begin a sign-in, and Microsoft is asked no more than whose the domain is', async () => {
	const started = await its.openBrowser().begin(' Equis@MyCompany.com ', 'MySite.equisonline.com/');
	expect(started).toEqual({
		sign_in: textMatching(/^[A-Za-z0-9_-]{22}$/),
		nonce: textMatching(/^[A-Za-z0-9_-]{22}$/),
		site: SITE,
		email: 'Equis@MyCompany.com',
		scopes: SCOPE.split(' '),
	});
	const [row] = await its.sql`select * from sign_ins where id = ${started.sign_in}`;
	expect(row).toMatchObject({
		mailbox: MAILBOX,
		entered_email: 'Equis@MyCompany.com',
		state: 'started',
		stored_token_id: null,
	});
	const metadata = `${its.practice.authority}/mycompany.com/v2.0/.well-known/openid-configuration`;
	expect(its.asked.filter((url) => url !== metadata)).toEqual([]);
	expect(its.practice.requests.filter(({ kind }) => kind !== 'discovery')).toEqual([]);
});

test('each sign-in has an id and a nonce of its own', async () => {
	const browser = its.openBrowser();
	const started = [await browser.begin(), await browser.begin(), await its.openBrowser().begin()];
	expect(new Set(started.flatMap(({ sign_in, nonce }) => [sign_in, nonce])).size).toBe(6);
});

describe('is refused', () => {
	test.each([
		['nothing was entered', {}, ['site', 'email']],
		['the site is no URL', { site: 'https://', email: MAILBOX }, ['site']],
		['the e-mail is no address', { site: SITE, email: 'equis' }, ['email']],
		['neither is a text', { site: [SITE], email: { a: 1 } }, ['site', 'email']],
		[
			'both are far too long',
			{ site: 'x'.repeat(70_000), email: 'y'.repeat(70_000) },
			['site', 'email'],
		],
	])('%s', async (_name, input, fields) => {
		const before = await signInCount();
		const begun = its.app.forVisitor(VISITOR).beginSignIn(undefined, {
			site: undefined,
			email: undefined,
			...input,
		});
		await expect(begun).rejects.toMatchObject({ name: 'Problem', code: 'invalid_input' });
		const problem = await begun.catch((error: unknown) => error);
		expect(Object.keys((problem as Problem).fieldFaults ?? {})).toEqual(fields);
		expect(await signInCount()).toBe(before);
	});

	test.each([
		['https://elsewhere.equisonline.com'],
		['https://equisonline.com'],
		['https://mysite.equisonline.com:8443'],
		['https://mysite.equisonline.com/other'],
		['https://mysite.equisonline.com.evil.example'],
	])('a site that is not registered: %s', async (site) => {
		await expect(its.openBrowser().begin(MAILBOX, site)).rejects.toMatchObject({
			code: 'site_not_registered',
			fieldFaults: { site: 'site_not_registered' },
		});
	});

	test('a site that was disabled', async () => {
		await register('https://disabled.example.com', { mailDomains: ['mycompany.com'] });
		await its.sql`update sites set disabled_at = now() where url = 'https://disabled.example.com'`;
		await expect(
			its.openBrowser().begin(MAILBOX, 'https://disabled.example.com'),
		).rejects.toMatchObject({ code: 'site_not_registered' });
	});

	test.each([
		['equis@othercompany.com'],
		['equis@mail.mycompany.com'],
		['equis@company.com'],
		['equis@notmycompany.com'],
		['equis@mycompany.com.evil.example'],
	])('a mailbox that is not of exactly the site’s domain: %s', async (email) => {
		const before = await signInCount();
		await expect(its.openBrowser().begin(email)).rejects.toMatchObject({
			code: 'mailbox_not_allowed',
			fieldFaults: { email: 'mailbox_not_allowed' },
		});
		expect(await signInCount()).toBe(before);
	});

	test('the other one’s domain: each site has its own', async () => {
		await register('https://one.example.com', { mailDomains: ['one.example', 'two.example'] });
		await register('https://three.example.com', { mailDomains: ['three.example'] });
		const browser = its.openBrowser();
		await browser.begin('a@one.example', 'https://one.example.com');
		await browser.begin('a@two.example', 'https://one.example.com');
		await expect(browser.begin('a@three.example', 'https://one.example.com')).rejects.toMatchObject(
			{ code: 'mailbox_not_allowed' },
		);
		await expect(browser.begin('a@one.example', 'https://three.example.com')).rejects.toMatchObject(
			{ code: 'mailbox_not_allowed' },
		);
	});
});

describe('the site that is meant', () => {
	const meant = (entered: string) => its.app.forVisitor(VISITOR).findEnteredSite(entered);
	const registered = { kind: 'registered', face: { url: SITE } };
	const sameHost = { kind: 'same_host', url: SITE, name: 'Practice site' };

	test.each<[string, object]>([
		[SITE, registered],
		[' MySite.EquisOnline.com/?x=1#top ', registered],
		[`${SITE}/login?x=1`, sameHost],
		['http://mysite.equisonline.com', sameHost],
		['HTTP://mysite.equisonline.com/login', sameHost],
		['https://mysite.equisonline.com:8443/login', sameHost],
		...[
			'https://equisonline.com/login',
			'https://login.mysite.equisonline.com',
			'https://mysite.equisonline.com.evil.example/login',
			'https://evil.example/mysite.equisonline.com',
			'https://mysite.equisonline.com@evil.example/login',
			'https://%',
			'',
		].map((url): [string, object] => [url, { kind: 'unknown' }]),
	])('by %j', async (entered, expected) => {
		expect(await meant(entered)).toMatchObject(expected);
	});

	test('is not named where the host has two, nor where it is disabled', async () => {
		await register('https://apps.example.com/one', { mailDomains: ['one.example'] });
		expect(await meant('https://apps.example.com/one/login')).toMatchObject({
			url: 'https://apps.example.com/one',
		});
		await register('https://apps.example.com/two', { mailDomains: ['two.example'] });
		expect(await meant('https://apps.example.com/one/login')).toEqual({ kind: 'unknown' });
		expect(await meant('http://apps.example.com/two')).toMatchObject({
			...{ kind: 'same_host', url: 'https://apps.example.com/two' },
		});
		await its.sql`update sites set disabled_at = now() where url = 'https://apps.example.com/two'`;
		expect(await meant('https://apps.example.com/two')).toMatchObject({
			kind: 'same_host',
			url: 'https://apps.example.com/one',
		});
	});
});

test.each([
	['takes any mailbox', 'https://any.example.com', {}],
	[
		'is bound to tenants alone',
		'https://tenant.example.com',
		{ tenants: ['6f1c3a52-0d5e-4b7a-9a43-2f6c1e8b9d10'] },
	],
])('a site that %s begins a sign-in for every domain', async (_name, url, bounds) => {
	await register(url, bounds);
	const started = await its.openBrowser().begin('someone@somewhere.example', url);
	expect(started.site).toBe(url);
});

describe('the cookie that binds the browser', () => {
	test('is given once, and kept for the next sign-in', async () => {
		const first = await its.app
			.forVisitor(VISITOR)
			.beginSignIn(undefined, { site: SITE, email: MAILBOX });
		expect(first.cookie).toEqual({
			name: 'mailkey',
			value: textMatching(/^[A-Za-z0-9_-]{43}$/),
			attributes: { path: '/', httpOnly: true, secure: false, sameSite: 'lax', maxAge: 43_200 },
		});
		const session = await its.app.findSession(first.cookie?.value);
		const second = await its.app
			.forVisitor(VISITOR)
			.beginSignIn(session, { site: SITE, email: MAILBOX });
		expect(second.cookie).toBeUndefined();
	});

	test('stands in the database as its SHA-256 only', async () => {
		const browser = its.openBrowser();
		await browser.begin();
		const dump = JSON.stringify([
			await its.sql`select * from sessions`,
			await its.sql`select * from visitors`,
			await its.sql`select * from sign_ins`,
		]);
		expect(dump).not.toContain(browser.cookie);
		expect(dump).toContain((await its.app.findSession(browser.cookie))?.id);
	});

	test.each([
		['none', undefined],
		['an empty one', ''],
		['an unknown one', 'A'.repeat(43)],
		['one that is too long', 'A'.repeat(4096)],
		['the hash from the database', 'hash'],
	])('%s is no session', async (name, value) => {
		const browser = its.openBrowser();
		await browser.begin();
		const [row] = await its.sql`select id from sessions limit 1`;
		const cookie = name === 'the hash from the database' ? String(row?.['id']) : value;
		expect(await its.app.findSession(cookie)).toBeUndefined();
	});

	test('a session that was replaced by a sign-in begins nothing: the browser gets a new one', async () => {
		const browser = its.openBrowser();
		const started = await browser.begin();
		const old = browser.copy();
		expect(await browser.signIn()).toMatchObject({ status: 'ready' });
		expect(await its.app.findSession(old.cookie)).toMatchObject({ access: 'read_only' });
		const before = old.cookie;
		const begun = await old.begin();
		expect(old.cookie).not.toBe(before);
		expect(await its.app.findSession(old.cookie)).toMatchObject({ access: 'full' });
		expect(await old.status('current')).toMatchObject({ status: 'started' });
		await expect(browser.status(begun.sign_in)).rejects.toMatchObject({ code: 'unknown_sign_in' });
		await expect(old.status(started.sign_in)).rejects.toMatchObject({ code: 'unknown_sign_in' });
	});
});

test('where the origin is https, the cookie can come from this host alone and over TLS alone', async () => {
	const secure = await startTestHelper({ origin: 'https://mail.example.com' });
	try {
		const { cookie } = await secure.app
			.forVisitor(VISITOR)
			.beginSignIn(undefined, { site: SITE, email: MAILBOX });
		expect(secure.app.sessionCookieName).toBe('__Host-mailkey');
		expect(cookie).toMatchObject({
			name: '__Host-mailkey',
			attributes: { path: '/', httpOnly: true, secure: true, sameSite: 'lax' },
		});
		expect(cookie?.attributes).not.toHaveProperty('domain');
	} finally {
		await secure.stop();
	}
});
