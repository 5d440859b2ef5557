// Microsoft that does not answer, and strangers who have it asked: how many requests wait for it at a time, each with a
// connection of its own, and that the mailboxes which are connected do not wait behind them.

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { SignInId } from '../../src/lib/domain/sign-in.ts';
import { startTestHelper, type TestHelper } from '../support/test-helper.ts';
import { VISITOR } from '../support/visitor.ts';

const STRANGERS = 100;
const MAX_ADVICE = 16;
const MAX_CODES = 64;
const MADE_UP = { code: 'made-up', codeVerifier: 'v'.repeat(43) };

let its: TestHelper;
let identifier: string;
beforeAll(async () => {
	its = await startTestHelper();
	const connected = await its.openBrowser().signIn();
	if (connected.status !== 'ready') throw new Error(connected.status);
	identifier = connected.identifier;
	// What is kept is not asked for.
	await its.sql`delete from mail_domain_tenants`;
});
afterAll(() => its.stop());
beforeEach(() => its.letThrough());

/** Requests that `isMeant` picks wait until `fail` is called, and fail then. */
function hang(isMeant: (url: string, body: string) => boolean) {
	const failing: (() => void)[] = [];
	its.intercept((url, _answer, init) => {
		const body = init?.body instanceof URLSearchParams ? init.body.toString() : '';
		if (!isMeant(url, body)) return undefined;
		return new Promise((_resolve, reject) => {
			failing.push(() => reject(new TypeError('fetch failed')));
		});
	});
	return { waiting: () => failing.length, fail: () => failing.forEach((fail) => fail()) };
}

async function beginMany(): Promise<{ cookie: string | undefined; id: SignInId }[]> {
	return Promise.all(
		Array.from({ length: STRANGERS }, async () => {
			const browser = its.openBrowser();
			const { sign_in: id } = await browser.begin();
			return { cookie: browser.cookie, id };
		}),
	);
}

test('look-ups of mail domains wait for it in a bounded number, the others say nothing', async () => {
	const hung = hang((url) => url.includes('openid-configuration'));
	await beginMany();
	const advice = its.app.forVisitor(VISITOR).adviseOnMailDomain('mycompany.com' as never);
	expect(await advice).toEqual({ home: 'unknown' });
	expect(hung.waiting(), `${hung.waiting()} requests for ${STRANGERS} starts`).toBe(MAX_ADVICE);
	hung.fail();
});

test('made-up codes wait for it in a bounded number, and hold up no refresh', async () => {
	const begun = await beginMany();
	const hung = hang((_url, body) => body.includes('grant_type=authorization_code'));
	const posts = begun.map(async ({ cookie, id }) =>
		its.app.forVisitor(VISITOR).redeemCode(await its.app.findSession(cookie), id, MADE_UP),
	);
	await expect.poll(hung.waiting).toBe(MAX_CODES);
	await Promise.any(posts);
	its.clock.advance(2 * 3_600_000);
	const resolved = its.app
		.forSite(its.siteKey, VISITOR)
		.resolveIdentifier({ identifier, minTtl: undefined });
	expect(await resolved).toMatchObject({ access_token: expect.any(String) as string });
	expect(hung.waiting(), `${hung.waiting()} requests for ${STRANGERS} codes`).toBe(MAX_CODES);
	hung.fail();
	await Promise.all(posts);
	its.clock.reset();
});

test('an account that signed in is not refused for want of a look-up that strangers asked for', async () => {
	const browser = its.openBrowser();
	await its.sql`delete from mail_domain_tenants`;
	const hung = hang((url) => url.includes('openid-configuration') && url.includes('mycompany.com'));
	await beginMany();
	hung.fail();
	its.letThrough();
	expect(await browser.signIn()).toMatchObject({ status: 'ready' });
});
