// What a browser is told of its sign-in, what time alone does to it, and which session may do what after a sign-in.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { anyText } from '../support/matchers.ts';
import {
	MAILBOX,
	signInAtMicrosoft,
	SITE,
	startTestHelper,
	type TestHelper,
} from '../support/test-helper.ts';

let its: TestHelper;
beforeAll(async () => {
	its = await startTestHelper();
});
afterAll(() => its.stop());
beforeEach(() => its.clock.reset());
afterEach(() => {
	its.letThrough();
	vi.useRealTimers();
});

const minute = 60_000;
const hour = 60 * minute;

describe('the status', () => {
	test('of a browser that has none is none', async () => {
		expect(await its.openBrowser().status('current')).toEqual({ status: 'none' });
	});

	test('of a sign-in that began is what was entered', async () => {
		const browser = its.openBrowser();
		const { sign_in: id } = await browser.begin('Equis@MyCompany.com', 'mysite.equisonline.com/');
		const entered = { status: 'started', site: SITE, email: 'Equis@MyCompany.com' };
		expect(await browser.status(id)).toEqual(entered);
		expect(await browser.status('current')).toEqual(entered);
	});

	test('of another browser’s sign-in is as unknown as one that nobody has', async () => {
		const { sign_in: id } = await its.openBrowser().begin();
		const other = its.openBrowser();
		await expect(other.status(id)).rejects.toMatchObject({ code: 'unknown_sign_in' });
		await other.begin();
		await expect(other.status(id)).rejects.toMatchObject({ code: 'unknown_sign_in' });
		await its.sql`delete from sign_ins where id = ${id}`;
		await expect(other.status(id)).rejects.toMatchObject({ code: 'unknown_sign_in' });
	});

	test('“current” is the newest of this browser', async () => {
		const browser = its.openBrowser();
		await browser.begin('first@mycompany.com');
		its.clock.advance(1);
		await browser.begin('second@mycompany.com');
		await its.openBrowser().begin('third@mycompany.com');
		expect(await browser.status('current')).toMatchObject({ email: 'second@mycompany.com' });
	});
});

describe('time alone', () => {
	test('ends a sign-in after 60 minutes, and what was entered stays', async () => {
		const browser = its.openBrowser();
		const { sign_in: id } = await browser.begin();
		its.clock.advance(60 * minute - 1);
		expect(await browser.status(id)).toMatchObject({ status: 'started' });
		its.clock.advance(1);
		expect(await browser.status(id)).toMatchObject({
			status: 'failed',
			site: SITE,
			email: MAILBOX,
			problem: { code: 'sign_in_expired', who: 'visitor' },
		});
		expect(await browser.status('current')).toMatchObject({ status: 'failed' });
	});

	test('ends an exchange after five minutes, and what Microsoft gives later is thrown away', async () => {
		const browser = its.openBrowser();
		const started = await browser.begin('late@mycompany.com');
		const answer = await signInAtMicrosoft(its.app, started, 'late@mycompany.com');
		const tab = browser.copy();
		let release: () => void;
		const released = new Promise<void>((resolve) => (release = resolve));
		const reached = new Promise<void>((resolve) =>
			its.intercept((url, real) => {
				if (!url.endsWith('/token')) return undefined;
				resolve();
				return real().then(async (tokens) => {
					await released;
					return tokens;
				});
			}),
		);
		const redeeming = browser.redeem(started, answer);
		await reached;
		its.clock.advance(5 * minute - 1);
		expect(await tab.status(started.sign_in)).toMatchObject({ status: 'exchanging' });
		its.clock.advance(1);
		const interrupted = {
			status: 'failed',
			problem: { code: 'sign_in_interrupted', who: 'visitor' },
		};
		expect(await tab.status(started.sign_in)).toMatchObject(interrupted);
		release!();
		expect(await redeeming).toMatchObject({ kind: 'refused', error: 'invalid_grant' });
		expect(await tab.status(started.sign_in)).toMatchObject(interrupted);
		expect(
			await its.sql`select 1 from stored_tokens where mailbox = 'late@mycompany.com'`,
		).toHaveLength(0);
	});

	test('ends nothing that is ready or failed, as long as the session lives', async () => {
		const browser = its.openBrowser();
		const ready = await browser.begin();
		await browser.redeem(ready, await signInAtMicrosoft(its.app, ready));
		its.clock.advance(1);
		const failed = await browser.begin();
		await browser.refuse(failed.sign_in, 'access_denied', '');
		its.clock.advance(11 * hour);
		expect(await browser.status(ready.sign_in)).toMatchObject({ status: 'ready' });
		expect(await browser.status('current')).toMatchObject({
			problem: { code: 'cancelled_at_microsoft' },
		});
	});
});

describe('a session', () => {
	test('lives 12 hours at most, also when it is used all the time', async () => {
		vi.useFakeTimers({ toFake: ['Date'] });
		const begunAt = Date.now();
		const browser = its.openBrowser();
		await browser.begin();
		for (let hours = 1; hours < 12; hours++) {
			vi.setSystemTime(begunAt + hours * hour);
			its.clock.reset();
			expect(await its.app.findSession(browser.cookie), `${hours}`).toMatchObject({
				access: 'full',
			});
		}
		vi.setSystemTime(begunAt + 12 * hour - 10_000);
		its.clock.reset();
		expect(await its.app.findSession(browser.cookie)).toBeDefined();
		vi.setSystemTime(begunAt + 12 * hour + 10_000);
		its.clock.reset();
		expect(await its.app.findSession(browser.cookie)).toBeUndefined();
		expect(await browser.status('current')).toEqual({ status: 'none' });
	});

	test('is over when the helper’s clock says so', async () => {
		const browser = its.openBrowser();
		await browser.begin();
		its.clock.advance(12 * hour + 10_000);
		expect(await its.app.findSession(browser.cookie)).toBeUndefined();
	});
});

describe('after a sign-in', () => {
	test('the browser has another session, and its other sign-ins moved along', async () => {
		const browser = its.openBrowser();
		const other = await browser.begin('other@mycompany.com');
		const before = await its.app.findSession(browser.cookie);
		its.clock.advance(1);
		await browser.signIn();
		const after = await its.app.findSession(browser.cookie);
		expect(after?.id).not.toBe(before?.id);
		expect(after?.visitorId).not.toBe(before?.visitorId);
		expect(after?.access).toBe('full');
		expect(await browser.status('current')).toMatchObject({ status: 'ready', email: MAILBOX });
		expect(await browser.status(other.sign_in)).toMatchObject({ status: 'started' });
		const answer = await signInAtMicrosoft(its.app, other, 'other@mycompany.com');
		expect(await browser.redeem(other, answer)).toMatchObject({ kind: 'redeemed' });
	});

	test('the old session reads the sign-ins that it began, and does nothing else', async () => {
		const browser = its.openBrowser();
		const [one, two] = [await browser.begin(), await browser.begin('two@mycompany.com')];
		const old = browser.copy();
		const answers = {
			one: await signInAtMicrosoft(its.app, one),
			two: await signInAtMicrosoft(its.app, two, 'two@mycompany.com'),
		};
		await browser.redeem(one, answers.one);
		expect(await its.app.findSession(old.cookie)).toMatchObject({ access: 'read_only' });
		expect(await old.status(one.sign_in)).toMatchObject({ status: 'ready' });
		expect(await old.status(two.sign_in)).toMatchObject({ status: 'started' });
		const unknown = { code: 'unknown_sign_in' };
		await expect(old.redeem(two, answers.two)).rejects.toMatchObject(unknown);
		await expect(old.refuse(two.sign_in, 'access_denied', '')).rejects.toMatchObject(unknown);
		await expect(old.refuse('current', 'access_denied', '')).rejects.toMatchObject(unknown);
		expect(await browser.status(two.sign_in)).toMatchObject({ status: 'started' });
	});

	test('a sign-in that the new session begins is none of the old session’s', async () => {
		const browser = its.openBrowser();
		await browser.begin();
		const old = browser.copy();
		await browser.signIn();
		its.clock.advance(1);
		const later = await browser.begin('later@mycompany.com');
		await expect(old.status(later.sign_in)).rejects.toMatchObject({ code: 'unknown_sign_in' });
		expect(await old.status('current')).toMatchObject({ email: MAILBOX });
	});

	test('two tabs that finish one after the other end both at their identifier', async () => {
		const tab = its.openBrowser();
		const one = await tab.begin();
		const two = await tab.begin();
		const answers = [
			await signInAtMicrosoft(its.app, one),
			await signInAtMicrosoft(its.app, two),
		] as const;
		await tab.redeem(one, answers[0]);
		await tab.redeem(two, answers[1]);
		for (const { sign_in: id } of [one, two]) {
			expect(await tab.status(id)).toMatchObject({ status: 'ready' });
		}
	});

	/** Microsoft redeems no code before it has both: neither tab is through before the other has begun. */
	function answerOnceBothAsked(): void {
		let asked = 0;
		let release = () => {};
		const bothAsked = new Promise<void>((resolve) => (release = resolve));
		its.intercept((_url, answer, init) => {
			const body = init?.body instanceof URLSearchParams ? init.body : undefined;
			if (body?.get('grant_type') !== 'authorization_code') return undefined;
			asked += 1;
			if (asked === 2) release();
			return bothAsked.then(answer);
		});
	}

	// A browser keeps the cookie that arrives last, and answers overtake each other.
	test.each(['last', 'first'])(
		'two tabs that finish at the same time end both at their identifier, with the cookie that was made %s',
		async (which) => {
			const tab = its.openBrowser();
			const one = await tab.begin();
			const two = await tab.begin();
			const answerOne = await signInAtMicrosoft(its.app, one);
			const answerTwo = await signInAtMicrosoft(its.app, two);
			const tabs = [tab, tab.copy()] as const;
			answerOnceBothAsked();
			const results = await Promise.all([
				tabs[0].redeem(one, answerOne),
				tabs[1].redeem(two, answerTwo),
			]);
			its.letThrough();
			expect(results.map(({ kind }) => kind)).toEqual(['redeemed', 'redeemed']);
			const sessions = await Promise.all(
				tabs.map(async (browser) => ({
					browser,
					access: (await its.app.findSession(browser.cookie))?.access,
				})),
			);
			const { browser } =
				sessions.find(({ access }) => access === (which === 'last' ? 'full' : 'read_only')) ??
				sessions[0]!;
			expect(await browser.status(one.sign_in)).toMatchObject({
				status: 'ready',
			});
			expect(await browser.status(two.sign_in)).toMatchObject({
				status: 'ready',
			});
		},
	);

	test('the same Microsoft account is the same visitor, in any browser', async () => {
		const [one, two, three] = [its.openBrowser(), its.openBrowser(), its.openBrowser()];
		await one.signIn();
		await two.signIn();
		await three.signIn('pat@mycompany.com');
		const visitors = await Promise.all(
			[one, two, three].map(async ({ cookie }) => (await its.app.findSession(cookie))?.visitorId),
		);
		expect(visitors[0]).toBe(visitors[1]);
		expect(visitors[2]).not.toBe(visitors[0]);
	});

	test('a sign-in that failed leaves the session as it was', async () => {
		const browser = its.openBrowser();
		await browser.begin();
		const before = browser.cookie;
		expect(await browser.signIn('sam@othercompany.com', MAILBOX)).toMatchObject({
			status: 'failed',
		});
		expect(browser.cookie).toBe(before);
		expect(await its.app.findSession(before)).toMatchObject({ access: 'full' });
	});
});

describe('a refusal of Microsoft', () => {
	test('cancelled at the sign-in page: the sign-in has failed, in words', async () => {
		const browser = its.openBrowser();
		const started = await browser.begin();
		const { fragment, code } = await signInAtMicrosoft(its.app, started, 'cancel');
		expect(code).toBe('');
		await browser.refuse(started.sign_in, fragment.get('error'), fragment.get('error_description'));
		expect(await browser.status(started.sign_in)).toMatchObject({
			status: 'failed',
			site: SITE,
			email: MAILBOX,
			problem: {
				code: 'cancelled_at_microsoft',
				who: 'visitor',
				reference: {
					code: 'AADSTS65004',
					correlation_id: anyText,
					time: anyText,
				},
			},
		});
	});

	const plain = { code: 'refused_by_microsoft', reference: {} };
	test.each<[string, unknown, unknown, object]>([
		['an approval', 'access_denied', 'AADSTS90094: x', { code: 'approval_needed' }],
		['nothing', undefined, undefined, plain],
		['no texts', ['access_denied'], { a: 1 }, plain],
		['markup', '<img src=x>', '<script>alert(1)</script>', plain],
		['very long texts', 'x'.repeat(15_000), 'AADSTS'.repeat(2_500), plain],
	])('%s', async (_name, error, description, problem) => {
		const browser = its.openBrowser();
		const { sign_in: id } = await browser.begin();
		await browser.refuse(id, error, description);
		expect(await browser.status(id)).toMatchObject({ status: 'failed', problem });
	});

	test('“current” names the newest', async () => {
		const browser = its.openBrowser();
		const first = await browser.begin();
		its.clock.advance(1);
		await browser.begin();
		await browser.refuse('current', 'access_denied', '');
		expect(await browser.status('current')).toMatchObject({ status: 'failed' });
		expect(await browser.status(first.sign_in)).toMatchObject({ status: 'started' });
	});

	test('posted again, or by a page that is loaded again, changes nothing', async () => {
		const browser = its.openBrowser();
		const { sign_in: id } = await browser.begin();
		await browser.refuse(id, 'access_denied', '');
		await browser.refuse(id, 'server_error', '');
		expect(await browser.status(id)).toMatchObject({ problem: { code: 'cancelled_at_microsoft' } });
	});

	test('takes no identifier away', async () => {
		const browser = its.openBrowser();
		await browser.signIn();
		await browser.refuse('current', 'access_denied', '');
		expect(await browser.status('current')).toMatchObject({ status: 'ready' });
	});

	test('ends no exchange that is under way', async () => {
		const browser = its.openBrowser();
		const started = await browser.begin();
		const answer = await signInAtMicrosoft(its.app, started);
		const tab = browser.copy();
		its.intercept((url, real) => {
			if (!url.endsWith('/token')) return undefined;
			return tab.refuse(started.sign_in, 'access_denied', '').then(real);
		});
		expect(await browser.redeem(started, answer)).toMatchObject({ kind: 'redeemed' });
	});

	test('a code that comes after it is not redeemed', async () => {
		const browser = its.openBrowser();
		const started = await browser.begin();
		const answer = await signInAtMicrosoft(its.app, started);
		await browser.refuse(started.sign_in, 'access_denied', '');
		expect(await browser.redeem(started, answer)).toMatchObject({ error: 'invalid_grant' });
		expect(await browser.status(started.sign_in)).toMatchObject({ status: 'failed' });
	});

	test('of another browser’s sign-in is unknown', async () => {
		const browser = its.openBrowser();
		const { sign_in: id } = await browser.begin();
		const stranger = its.openBrowser();
		await expect(stranger.refuse(id, 'access_denied', '')).rejects.toMatchObject({
			code: 'unknown_sign_in',
		});
		await expect(stranger.refuse('current', 'access_denied', '')).rejects.toMatchObject({
			code: 'unknown_sign_in',
		});
		expect(await browser.status(id)).toMatchObject({ status: 'started' });
	});
});
