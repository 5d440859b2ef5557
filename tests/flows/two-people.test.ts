// Two people in one browser, one after the other: the session that the second one gets owns nothing of what the first one
// signed in, however the second one signed in.

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { SignInId, StartedSignIn } from '../../src/lib/domain/sign-in.ts';
import { returnOf } from '../../src/practice/microsoft/sign-in-at-microsoft.ts';
import {
	MAILBOX,
	signInAtMicrosoft,
	startTestHelper,
	type TestBrowser,
	type TestHelper,
} from '../support/test-helper.ts';
import { VISITOR } from '../support/visitor.ts';

const ANN = 'box-ann@mycompany.com';
const BOB = 'box-bob@mycompany.com';
const SHARED = 'shared@mycompany.com';

let its: TestHelper;
beforeAll(async () => {
	its = await startTestHelper();
});
afterAll(() => its.stop());
afterEach(() => its.letThrough());

const asVisitor = () => its.app.forVisitor(VISITOR);
const sessionOf = (browser: TestBrowser) => its.app.findSession(browser.cookie);
const unknown = { name: 'Problem', code: 'unknown_sign_in' };

/** Begun by its person, and left in the state that the name says. */
const LEFT_BEHIND: Record<string, (browser: TestBrowser) => Promise<SignInId>> = {
	async ready(browser) {
		const started = await browser.begin(ANN);
		await browser.redeem(started, await signInAtMicrosoft(its.app, started, ANN));
		return started.sign_in;
	},
	async confirm(browser) {
		const started = await browser.begin(SHARED);
		await browser.redeem(started, await signInAtMicrosoft(its.app, started, ANN));
		return started.sign_in;
	},
	async failed(browser) {
		const started = await browser.begin(ANN);
		const granted = its.app.page.microsoft.scopes.filter((scope) => scope !== 'offline_access');
		its.practice.nextTokenAnswer({ kind: 'scopes', granted });
		await browser.redeem(started, await signInAtMicrosoft(its.app, started, ANN));
		return started.sign_in;
	},
	async cancelled(browser) {
		const { sign_in: id } = await browser.begin(ANN);
		await browser.refuse(id, 'access_denied', '');
		return id;
	},
};

async function visit(browser: TestBrowser, as: string): Promise<void> {
	const { cookie, visit: id, nonce } = await asVisitor().beginVisit(await sessionOf(browser));
	if (cookie) browser.cookie = cookie.value;
	const { microsoft } = its.app.page;
	const request = { ...microsoft, scopes: microsoft.visitScopes };
	const answer = await returnOf({ ...request, sign_in: id, nonce, email: as, choice: as });
	const result = await asVisitor().redeemVisit(await sessionOf(browser), id, answer);
	if (result.kind === 'refused') throw new Error(result.error);
	if (result.cookie) browser.cookie = result.cookie.value;
}

/** The ways in which somebody becomes known to this browser. */
const WAYS: Record<string, (browser: TestBrowser, as: string) => Promise<unknown>> = {
	'connects a mailbox': (browser, as) => browser.signIn(as),
	'comes to confirm': (browser, as) => browser.signIn(as, MAILBOX),
	'sees what is connected': visit,
};

/** Ann’s code is redeemed, and Microsoft answers once `meanwhile` has happened. */
async function redeemWhile(
	browser: TestBrowser,
	started: StartedSignIn,
	meanwhile: () => Promise<void>,
): Promise<void> {
	const answer = await signInAtMicrosoft(its.app, started, ANN);
	let isFirst = true;
	its.intercept((url, real) => {
		if (!url.endsWith('/token') || !isFirst) return undefined;
		isFirst = false;
		return meanwhile().then(real);
	});
	expect(await browser.redeem(started, answer)).toMatchObject({ kind: 'redeemed' });
}

const ways = Object.keys(WAYS);
const become = (way: string, browser: TestBrowser, as: string) => WAYS[way]?.(browser, as);
const leave = async (state: string, browser: TestBrowser): Promise<SignInId> =>
	(await LEFT_BEHIND[state]?.(browser)) ?? ('' as SignInId);

describe.each(ways)('when Bob %s in Ann’s browser', (way) => {
	test.each(Object.keys(LEFT_BEHIND))(
		'what she left %s is not his to see, check, test, confirm or revoke',
		async (state) => {
			const browser = its.openBrowser();
			const id = await leave(state, browser);
			const [before] = await its.sql`select * from sign_ins where id = ${id}`;
			await become(way, browser, BOB);
			const bobs = await sessionOf(browser);
			for (const act of [
				() => asVisitor().checkAgain(bobs, id),
				() => asVisitor().requestTestMessage(bobs, id),
				() => asVisitor().confirmSignIn(bobs, id),
				() => asVisitor().revokeOwnToken(bobs, id),
				() => asVisitor().refuseSignIn(bobs, id, { error: 'access_denied', description: '' }),
				() => asVisitor().signInStatus(bobs, id),
			]) {
				await expect(act()).rejects.toMatchObject(unknown);
			}
			const [after] = await its.sql`select * from sign_ins where id = ${id}`;
			expect({ ...after, checks: null }).toEqual({ ...before, checks: null });
			expect(
				await its.sql`select 1 from stored_tokens where mailbox = ${ANN}
				and state = 'revoked'`,
			).toHaveLength(0);
		},
	);

	test('“current” is none of hers', async () => {
		const browser = its.openBrowser();
		await leave('ready', browser);
		await become(way, browser, BOB);
		const current = await browser.status('current');
		if (way === 'sees what is connected') expect(current).toEqual({ status: 'none' });
		else expect(current).toMatchObject({ email: way === 'comes to confirm' ? MAILBOX : BOB });
	});

	test('what was only begun there goes on in his session', async () => {
		const browser = its.openBrowser();
		await leave('ready', browser);
		const started = await browser.begin(ANN);
		await become(way, browser, BOB);
		expect(await browser.status(started.sign_in)).toMatchObject({ status: 'started' });
		const answer = await signInAtMicrosoft(its.app, started, ANN);
		expect(await browser.redeem(started, answer)).toMatchObject({ kind: 'redeemed' });
		expect(await browser.status(started.sign_in)).toMatchObject({ status: 'ready' });
	});

	test('what is being exchanged there goes on in his session', async () => {
		const browser = its.openBrowser();
		const started = await browser.begin(ANN);
		const tab = browser.copy();
		await redeemWhile(browser, started, async () => {
			await become(way, tab, BOB);
			expect(await tab.status(started.sign_in)).toMatchObject({ status: 'exchanging' });
		});
		expect(await browser.status(started.sign_in)).toMatchObject({ status: 'ready', email: ANN });
	});

	test('the session before reads what it began, and does nothing any more', async () => {
		const browser = its.openBrowser();
		const id = await leave('ready', browser);
		const before = browser.copy();
		await become(way, browser, BOB);
		expect(await before.status(id)).toMatchObject({ status: 'ready', email: ANN });
		const session = await sessionOf(before);
		expect(session?.access).toBe('read_only');
		for (const act of [
			() => asVisitor().checkAgain(session, id),
			() => asVisitor().requestTestMessage(session, id),
			() => asVisitor().revokeOwnToken(session, id),
		]) {
			await expect(act()).rejects.toMatchObject(unknown);
		}
	});

	test('signing out makes every cookie that this browser had worth nothing', async () => {
		const browser = its.openBrowser();
		const started = await browser.begin(ANN);
		const first = browser.copy();
		await browser.redeem(started, await signInAtMicrosoft(its.app, started, ANN));
		const second = browser.copy();
		await become(way, browser, BOB);
		const third = browser.copy();
		await its.app.endSession(await sessionOf(browser));
		for (const cookie of [first, second, third]) expect(await sessionOf(cookie)).toBeUndefined();
	});
});

test.each(['ready', 'confirm', 'failed'])(
	'what Ann left %s in one tab comes with her when she signs in by another',
	async (state) => {
		const browser = its.openBrowser();
		const started = await browser.begin(ANN);
		const tab = browser.copy();
		let left = '' as SignInId;
		await redeemWhile(browser, started, async () => {
			left = await leave(state, tab);
		});
		expect(await browser.status(started.sign_in)).toMatchObject({ status: 'ready' });
		expect(await browser.status(left)).toMatchObject({ status: state });
	},
);
