// Connect links: what a site makes, what its user does with one, and what comes back to the site, with everything that
// can go wrong in between.

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { MailLoginResult } from '../../src/lib/domain/mail-login.ts';
import { endOldPending } from '../../src/lib/server/app/background-jobs.ts';
import { connectDatabase } from '../../src/lib/server/database/connection.ts';
import type { ConnectLinkInput } from '../../src/lib/server/connect-links/make-connect-link.ts';
import { createSignInStore } from '../../src/lib/server/sign-ins/sign-in-store.ts';
import { anyObject, anyText, textMatching } from '../support/matchers.ts';
import {
	MAILBOX,
	SITE,
	signInAtMicrosoft,
	startTestHelper,
	type TestBrowser,
	type TestHelper,
} from '../support/test-helper.ts';
import { until } from '../support/until.ts';
import { VISITOR } from '../support/visitor.ts';

const PAT = 'pat@mycompany.com';
const RETURN_URL = 'https://mysite.equisonline.com/settings?tab=mail';
const OTHER_SITE = 'https://other.equisonline.com';
const PASSED: MailLoginResult = { kind: 'passed' };
const REFUSED: MailLoginResult = { kind: 'refused', stage: 'authenticate', answer: 'A1 NO' };
const MINUTE_MS = 60_000;
const anyChecks = { imap: anyObject, pop: anyObject, smtp: anyObject };

let its: TestHelper;
let otherKey: string;
let imap: MailLoginResult = PASSED;

beforeAll(async () => {
	its = await startTestHelper({
		mailClient: {
			login: (protocol) => Promise.resolve(protocol === 'imap' ? imap : REFUSED),
			send: () => Promise.reject(new Error('nothing is sent here')),
		},
	});
	await change({ addReturnUrls: [RETURN_URL] });
	const other = { url: OTHER_SITE, name: 'Other site', mailDomains: ['mycompany.com'] };
	otherKey = (await its.app.registerSite({ ...other, tenants: [], anyMailbox: false })).key;
});
afterAll(() => its.stop());
afterEach(() => {
	imap = PASSED;
	its.clock.reset();
});

type Change = Omit<Parameters<TestHelper['app']['changeSite']>[1], `${'add' | 'remove'}${string}s`>;

function change(options: Change & { addReturnUrls?: string[]; removeReturnUrls?: string[] }) {
	const nothing = { addMailDomains: [], removeMailDomains: [], addTenants: [], removeTenants: [] };
	return its.app.changeSite(SITE, { ...nothing, ...options });
}

const asSite = (key = its.siteKey) => its.app.forSite(key, VISITOR);
const statusOf = async (id: string) => (await asSite().reportConnectLink(id)).status;
const storedCount = async () =>
	Number((await its.sql`select count(*) from stored_tokens`)[0]?.['count']);

/** What opens a link. */
const opaqueOf = (url: string) => new URL(url).searchParams.get('link') ?? '';

async function make(input: ConnectLinkInput = { email: MAILBOX, returnUrl: RETURN_URL }) {
	const link = await asSite().makeConnectLink(input);
	return { ...link, opaque: opaqueOf(link.url) };
}

/** A link of which a sign-in is returning, and the code that its browser would bring. */
async function returned(input?: ConnectLinkInput) {
	const link = await make(input);
	const browser = its.openBrowser();
	const { sign_in: signIn } = await browser.signInBy(link.opaque);
	const url = await browser.returnUrl(signIn);
	return { ...link, browser, signIn, code: url.searchParams.get('code') ?? '' };
}

const complete = (id: string, code: unknown, key?: string) =>
	asSite(key).completeConnectLink(id, code);
const unknownLink = { name: 'Problem', code: 'unknown_link' };
const linkEnded = { name: 'Problem', code: 'link_ended' };

async function identifierOf(browser: TestBrowser): Promise<string> {
	const status = await browser.status('current');
	return status.status === 'ready' ? status.identifier : status.status;
}

describe('a link', () => {
	test('is made by the site’s key; what opens it is stored as a hash alone', async () => {
		const link = await make({ email: ' Equis@MyCompany.com ', state: 'row 17' });
		expect(link.url).toMatch(/^http:\/\/localhost:3000\/microsoft365_oauth\.html\?link=[\w-]{43}$/);
		expect(link.id).toMatch(/^[\w-]{22}$/);
		expect(await asSite().reportConnectLink(link.id)).toMatchObject({
			...{ id: link.id, status: 'open', email: 'Equis@MyCompany.com', identifier: undefined },
		});
		const rows = JSON.stringify(await its.sql`select * from connect_links`);
		expect(rows).not.toContain(link.opaque);
		expect(its.logged()).not.toContain(link.opaque);
	});

	test.each<[string, ConnectLinkInput, string[]]>([
		['names neither mailbox nor return URL', {}, ['email']],
		['is for a mailbox that the site does not take', { email: 'a@elsewhere.com' }, ['email']],
		['is for no address', { email: ['equis@mycompany.com'] }, ['email']],
		['returns elsewhere', { returnUrl: 'https://evil.example/' }, ['return_url']],
		['returns to what differs in one character', { returnUrl: `${RETURN_URL}s` }, ['return_url']],
		['returns to the same in capitals', { returnUrl: RETURN_URL.toUpperCase() }, ['return_url']],
		['returns to the same with a fragment', { returnUrl: `${RETURN_URL}#a` }, ['return_url']],
		['has a state of two lines', { email: MAILBOX, state: 'a\nb' }, ['state']],
		['has a state without end', { email: MAILBOX, state: 'x'.repeat(513) }, ['state']],
		['lives for less than a minute', { email: MAILBOX, expiresIn: 59 }, ['expires_in']],
		['lives for more than 30 days', { email: MAILBOX, expiresIn: 2_592_001 }, ['expires_in']],
		['lives for a text', { email: MAILBOX, expiresIn: '3600' }, ['expires_in']],
	])('that %s is not made', async (_name, input, fields) => {
		const made = asSite().makeConnectLink(input);
		await expect(made).rejects.toMatchObject({ code: 'invalid_input' });
		const { fields: told } = (await made.catch((error: unknown) => error)) as { fields: object };
		expect(Object.keys(told)).toEqual(fields);
	});

	test('fixes site and mailbox, whatever is entered beside it', async () => {
		const { opaque } = await make();
		const by = { link: opaque, site: OTHER_SITE, email: 'other@mycompany.com' };
		const started = await its.openBrowser().beginBy(by);
		expect(started).toMatchObject({ site: SITE, email: MAILBOX });
	});

	test('that leaves the mailbox open takes what is entered, within the site’s bounds', async () => {
		const { opaque } = await make({ returnUrl: RETURN_URL });
		const browser = its.openBrowser();
		expect(await browser.beginBy({ link: opaque, email: PAT })).toMatchObject({ email: PAT });
		for (const [email, code] of [
			[undefined, 'invalid_input'],
			['a@elsewhere.com', 'mailbox_not_allowed'],
		]) {
			await expect(browser.beginBy({ link: opaque, email })).rejects.toMatchObject({ code });
		}
	});

	test('is opened any number of times, and shows whose it is', async () => {
		const { opaque } = await make();
		const show = () => its.app.forVisitor(VISITOR).showLink(opaque);
		expect(await show()).toEqual({
			...{ site: SITE, email: MAILBOX },
			...{ leavesEmailOpen: false, returns: true },
		});
		expect(await show()).toEqual(await show());
	});

	test('without a return URL is completed when its sign-in is ready, and only once', async () => {
		const { id, opaque } = await make({ email: MAILBOX });
		const late = its.openBrowser();
		const started = await late.beginBy({ link: opaque });
		const browser = its.openBrowser();
		await browser.signInBy(opaque);
		const identifier = await identifierOf(browser);
		expect(identifier).toMatch(/^ExternalOAuthToken:/);
		expect(await asSite().reportConnectLink(id)).toMatchObject({ status: 'completed', identifier });
		await expect(its.openBrowser().beginBy({ link: opaque })).rejects.toMatchObject(linkEnded);
		// The second person was at Microsoft meanwhile.
		await late.redeem(started, await signInAtMicrosoft(its.app, started));
		expect(await late.status(started.sign_in)).toMatchObject({
			...{ status: 'failed', problem: { code: 'link_ended' } },
		});
	});

	test('of two people at the same time one completes it', async () => {
		const { opaque } = await make({ email: MAILBOX });
		const both = [its.openBrowser(), its.openBrowser()];
		const begun = await Promise.all(
			both.map(async (browser) => {
				const started = await browser.beginBy({ link: opaque });
				return { browser, started, answer: await signInAtMicrosoft(its.app, started) };
			}),
		);
		await Promise.all(begun.map(({ browser, started, answer }) => browser.redeem(started, answer)));
		const ends = await Promise.all(
			begun.map(({ browser, started }) => browser.status(started.sign_in)),
		);
		expect(ends.map(({ status }) => status).sort()).toEqual(['failed', 'ready']);
	});

	test('that is cancelled begins nothing, and ends what is under way by it', async () => {
		const { id, opaque } = await make({ email: MAILBOX });
		const browser = its.openBrowser();
		const started = await browser.beginBy({ link: opaque });
		await asSite().cancelConnectLink(id);
		await asSite().cancelConnectLink(id);
		expect(await statusOf(id)).toBe('cancelled');
		await expect(browser.beginBy({ link: opaque })).rejects.toMatchObject(linkEnded);
		const redeemed = await browser.redeem(started, await signInAtMicrosoft(its.app, started));
		expect(redeemed.kind).toBe('refused');
		expect(await browser.status('current')).toMatchObject({ problem: { code: 'link_ended' } });
	});

	test('that has expired begins nothing', async () => {
		const { id, opaque } = await make({ email: MAILBOX, expiresIn: 60 });
		its.clock.advance(MINUTE_MS);
		await expect(its.openBrowser().beginBy({ link: opaque })).rejects.toMatchObject(linkEnded);
		expect(await statusOf(id)).toBe('expired');
	});

	test('of a made-up text is told as one that has ended', async () => {
		for (const link of ['', 'x'.repeat(43), `k1.${'A'.repeat(32)}`, 17, { toString: 'k1' }]) {
			await expect(its.openBrowser().beginBy({ link })).rejects.toMatchObject(linkEnded);
		}
	});

	test('of another site is not there for anybody’s key but its own', async () => {
		const { id, code } = await returned();
		const other = asSite(otherKey);
		for (const asked of [
			() => other.reportConnectLink(id),
			() => other.cancelConnectLink(id),
			() => other.completeConnectLink(id, code),
		]) {
			await expect(asked()).rejects.toMatchObject(unknownLink);
		}
		expect(await statusOf(id)).toBe('returning');
	});

	test('tells what the last sign-in by it failed for', async () => {
		const { id, opaque } = await make();
		const browser = its.openBrowser();
		await browser.beginBy({ link: opaque });
		await browser.refuse('current', 'access_denied', 'AADSTS65004: declined');
		expect(await asSite().reportConnectLink(id)).toMatchObject({
			status: 'open',
			problem: { code: 'cancelled_at_microsoft', reference: { code: 'AADSTS65004' } },
		});
		const back = await browser.returnUrl('current');
		expect(Object.fromEntries(back.searchParams)).toEqual({
			...{ tab: 'mail', connect_link: id, error: 'cancelled_at_microsoft' },
		});
	});

	test('is kept by Try again', async () => {
		const { id, opaque } = await make();
		const browser = its.openBrowser();
		await browser.signInBy(opaque, 'sam@othercompany.com');
		expect(await browser.status('current')).toMatchObject({ status: 'failed' });
		const again = await browser.beginBy({ again: 'current' });
		expect(again).toMatchObject({ site: SITE, email: MAILBOX });
		await browser.redeem(again, await signInAtMicrosoft(its.app, again));
		expect(await statusOf(id)).toBe('returning');
		const stranger = its.openBrowser();
		await expect(stranger.beginBy({ again: again.sign_in })).rejects.toMatchObject({
			code: 'unknown_sign_in',
		});
	});

	test('that leaves the mailbox open leaves it open to Try again, and one that names it does not', async () => {
		for (const [input, next] of [
			[{ returnUrl: RETURN_URL }, MAILBOX],
			[{ email: PAT, returnUrl: RETURN_URL }, PAT],
		] as const) {
			const { opaque } = await make(input);
			const browser = its.openBrowser();
			await browser.beginBy({ link: opaque, email: PAT });
			const isOpen = next === MAILBOX;
			const status = await browser.status('current');
			expect(status).toMatchObject({ by_link: true, email: PAT });
			expect('email_open' in status).toBe(isOpen);
			expect(await browser.beginBy({ again: 'current', email: MAILBOX })).toMatchObject({
				email: next,
			});
		}
		const { opaque } = await make({ returnUrl: RETURN_URL });
		const browser = its.openBrowser();
		await browser.beginBy({ link: opaque, email: PAT });
		const outside = browser.beginBy({ again: 'current', email: 'a@elsewhere.com' });
		await expect(outside).rejects.toMatchObject({ code: 'mailbox_not_allowed' });
	});

	test('that has expired since is what the page tells of a sign-in that failed by it', async () => {
		const { id, opaque } = await make({ email: MAILBOX, expiresIn: 60 });
		const browser = its.openBrowser();
		await browser.beginBy({ link: opaque });
		await browser.refuse('current', 'access_denied', 'AADSTS65004: declined');
		expect(await browser.status('current')).toMatchObject({ by_link: true });
		its.clock.advance(MINUTE_MS);
		const status = await browser.status('current');
		expect(status).toMatchObject({ status: 'failed', problem: { code: 'link_ended' } });
		expect(status).not.toHaveProperty('by_link');
		expect(await asSite().reportConnectLink(id)).toMatchObject({
			problem: { code: 'cancelled_at_microsoft' },
		});
	});

	test('is not kept by Try again of a session that was replaced', async () => {
		const { opaque } = await make();
		const browser = its.openBrowser();
		const started = await browser.beginBy({ link: opaque });
		const before = browser.copy();
		await browser.redeem(started, await signInAtMicrosoft(its.app, started));
		for (const again of ['current', started.sign_in]) {
			const begun = before.beginBy({ again });
			await expect(begun).rejects.toMatchObject({ code: 'unknown_sign_in' });
		}
	});

	test('whose return URL was taken back ends there', async () => {
		const url = 'https://mysite.equisonline.com/once';
		await change({ addReturnUrls: [url] });
		const { id, opaque } = await make({ email: MAILBOX, returnUrl: url });
		const browser = its.openBrowser();
		const { sign_in: signIn } = await browser.signInBy(opaque);
		await change({ removeReturnUrls: [url] });
		expect(await asSite().reportConnectLink(id)).toMatchObject({ status: 'cancelled' });
		await expect(browser.returnUrl(signIn)).rejects.toMatchObject(linkEnded);
		await expect(browser.beginBy({ link: opaque })).rejects.toMatchObject(linkEnded);
		expect(await browser.status(signIn)).toMatchObject({
			...{ status: 'failed', problem: { code: 'link_ended' } },
		});
		// For good, also where the site has that URL again.
		await change({ addReturnUrls: [url] });
		await expect(browser.beginBy({ link: opaque })).rejects.toMatchObject(linkEnded);
	});
});

describe('a return to the site', () => {
	test('stores nothing where the site takes the mailbox no longer, and the tokens are destroyed', async () => {
		const before = await storedCount();
		const { id, code, browser, signIn } = await returned();
		const nothing = { addTenants: [], removeTenants: [] };
		const [mine, other] = [['mycompany.com'], ['othercompany.com']];
		await its.app.changeSite(SITE, { ...nothing, addMailDomains: other, removeMailDomains: mine });
		await expect(complete(id, code)).rejects.toMatchObject(unknownLink);
		await its.app.changeSite(SITE, { ...nothing, addMailDomains: mine, removeMailDomains: other });
		expect(await browser.status(signIn)).toMatchObject({
			...{ status: 'failed', problem: { code: 'mailbox_not_allowed' } },
		});
		expect(await storedCount()).toBe(before);
		expect(await asSite().reportConnectLink(id)).toMatchObject({
			...{ status: 'open', problem: { code: 'mailbox_not_allowed' } },
		});
	});

	test('stores nothing where the return URL was taken back, though the code was made before', async () => {
		const before = await storedCount();
		const url = 'https://mysite.equisonline.com/taken-back';
		await change({ addReturnUrls: [url] });
		const { id, code, browser, signIn } = await returned({ email: MAILBOX, returnUrl: url });
		await change({ removeReturnUrls: [url] });
		await expect(complete(id, code)).rejects.toMatchObject(unknownLink);
		expect(await storedCount()).toBe(before);
		expect(await browser.status(signIn)).toMatchObject({
			...{ status: 'failed', problem: { code: 'link_ended' } },
		});
		const [row] = await its.sql`select * from sign_ins where id = ${signIn}`;
		expect(row).toMatchObject({ sealed_refresh_token: null, sealed_access_token: null });
	});

	test('sends no browser back to a site that was disabled meanwhile', async () => {
		const { browser, signIn } = await returned();
		await its.app.disableSite(SITE);
		const [back] = await Promise.allSettled([browser.returnUrl(signIn)]);
		await its.app.enableSite(SITE);
		expect(back).toMatchObject({ reason: { code: 'site_not_registered' } });
		expect(await browser.status(signIn)).toMatchObject({
			...{ status: 'failed', problem: { code: 'site_not_registered' } },
		});
	});

	test('tells of the protocols that its site uses by now', async () => {
		await change({ protocols: 'imap,smtp' });
		const { id, browser, signIn, code } = await returned();
		await change({ protocols: 'pop' });
		const { checks } = await complete(id, code);
		const status = await browser.status(signIn);
		await change({ protocols: 'imap,pop,smtp' });
		// What is used since was not tried; nobody waits for a login that never comes.
		const skipped = { status: 'skipped' };
		expect(checks).toEqual({ imap: skipped, pop: skipped, smtp: skipped });
		expect(status).toMatchObject({ status: 'ready', checks: { imap: skipped, pop: skipped } });
	});

	test('stores nothing before the site has presented the code, and then the one identifier', async () => {
		const before = await storedCount();
		const { id, browser, signIn, code } = await returned({
			returnUrl: RETURN_URL,
			email: MAILBOX,
			state: 'a&b=ü',
		});
		expect(await browser.status(signIn)).toEqual({
			...{ status: 'returning', by_link: true, site_name: 'Practice site' },
			...{ site: SITE, email: MAILBOX, signed_in_as: MAILBOX, checks: anyChecks },
		});
		const url = await browser.returnUrl(signIn);
		expect(url.href).toBe(
			`${RETURN_URL}&connect_link=${id}&code=${url.searchParams.get('code')}&state=a%26b%3D%C3%BC`,
		);
		expect(await storedCount()).toBe(before);
		expect(await statusOf(id)).toBe('returning');
		// The press above voided the code before it.
		await expect(complete(id, code)).rejects.toMatchObject(unknownLink);
		expect(await statusOf(id)).toBe('returning');
		const completed = await complete(id, url.searchParams.get('code'));
		expect(completed).toEqual({
			...{ identifier: textMatching(/^ExternalOAuthToken:\d+:equis@mycompany\.com$/) },
			...{ mailbox: MAILBOX, signed_in_as: MAILBOX, checks: anyChecks },
		});
		expect(await asSite().reportConnectLink(id)).toMatchObject({
			...{ status: 'completed', identifier: completed.identifier },
		});
		const resolved = await asSite().resolveIdentifier({
			identifier: completed.identifier,
			minTtl: 0,
		});
		expect(resolved.mailbox).toBe(MAILBOX);
	});

	test('checks the mailbox while the person is still on the page, and keeps what it found', async () => {
		const { id, browser, signIn, code } = await returned();
		const checked = await until('the check is over', async () => {
			const status = await browser.status(signIn);
			if (status.status !== 'returning') throw new Error(status.status);
			return Object.values(status.checks).some((check) => check.status === 'running')
				? undefined
				: status.checks;
		});
		expect(checked).toMatchObject({ imap: { status: 'passed' }, pop: { status: 'failed' } });
		expect((await complete(id, code)).checks).toMatchObject({ imap: { status: 'passed' } });
		expect(await browser.status(signIn)).toMatchObject({
			status: 'ready',
			checks: { imap: { status: 'passed' } },
		});
	});

	test('is presented once: the same code again is unknown, and the link stays completed', async () => {
		const { id, code } = await returned();
		const presented = await Promise.allSettled([complete(id, code), complete(id, code)]);
		expect(presented.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
		await expect(complete(id, code)).rejects.toMatchObject(unknownLink);
		expect(await statusOf(id)).toBe('completed');
		await expect(asSite().cancelConnectLink(id)).rejects.toMatchObject({ code: 'link_completed' });
	});

	test.each([
		['a made-up code', 'x'.repeat(43)],
		['an empty one', ''],
	])('with %s ends the link and destroys what it holds', async (_name, wrong) => {
		const { id, browser, signIn, code } = await returned();
		await expect(complete(id, wrong)).rejects.toMatchObject(unknownLink);
		expect(await statusOf(id)).toBe('cancelled');
		const [row] = await its.sql`select * from sign_ins where id = ${signIn}`;
		expect(row).toMatchObject({
			state: 'failed',
			sealed_refresh_token: null,
			sealed_access_token: null,
		});
		await expect(complete(id, code)).rejects.toMatchObject(unknownLink);
		expect(await browser.status(signIn)).toMatchObject({ problem: { code: 'link_ended' } });
	});

	test('that nobody has come to yet is no reason to end the link', async () => {
		const { id } = await make();
		await expect(complete(id, 'x'.repeat(43))).rejects.toMatchObject({ code: 'not_returned' });
		await expect(complete(id, undefined)).rejects.toMatchObject({ code: 'invalid_input' });
		expect(await statusOf(id)).toBe('open');
	});

	test('after ten minutes is void, and the link is open again', async () => {
		const { id, opaque, browser, signIn, code } = await returned();
		its.clock.advance(10 * MINUTE_MS);
		await expect(complete(id, code)).rejects.toMatchObject(unknownLink);
		const explanation = expect.stringContaining('10 minutes') as string;
		const problem = { code: 'sign_in_expired', explanation };
		expect(await browser.status(signIn)).toMatchObject({ problem });
		const connection = connectDatabase(its.databaseUrl);
		const signIns = createSignInStore(connection.database);
		await endOldPending({ now: its.clock.now, signIns });
		await connection.close();
		expect(await browser.status(signIn)).toMatchObject({ problem });
		expect(await statusOf(id)).toBe('open');
		const again = its.openBrowser();
		const { sign_in } = await again.signInBy(opaque);
		await expect(complete(id, code)).rejects.toMatchObject(unknownLink);
		expect(await statusOf(id)).toBe('returning');
		await complete(id, (await again.returnUrl(sign_in)).searchParams.get('code'));
	});

	test('of two people: the one whose code the site presents, and the other ends', async () => {
		const first = await returned();
		const second = its.openBrowser();
		const { sign_in: other } = await second.signInBy(first.opaque);
		const otherCode = (await second.returnUrl(other)).searchParams.get('code');
		await complete(first.id, first.code);
		expect(await second.status(other)).toMatchObject({ problem: { code: 'link_ended' } });
		await expect(complete(first.id, otherCode)).rejects.toMatchObject(unknownLink);
		const [row] = await its.sql`select * from sign_ins where id = ${other}`;
		expect(row).toMatchObject({ state: 'failed', sealed_refresh_token: null });
	});

	test('is no other link’s: a code of one ends the other', async () => {
		const one = await returned();
		const other = await returned();
		await expect(complete(one.id, other.code)).rejects.toMatchObject(unknownLink);
		expect([await statusOf(one.id), await statusOf(other.id)]).toEqual(['cancelled', 'returning']);
	});

	test('gives no code to a session that was replaced, nor to another browser', async () => {
		const { opaque } = await make();
		const browser = its.openBrowser();
		const started = await browser.beginBy({ link: opaque });
		const before = browser.copy();
		await browser.redeem(started, await signInAtMicrosoft(its.app, started));
		expect(await before.status(started.sign_in)).toMatchObject({ status: 'returning' });
		for (const other of [before, its.openBrowser()]) {
			await expect(other.returnUrl(started.sign_in)).rejects.toMatchObject({
				code: 'unknown_sign_in',
			});
		}
	});

	test('is given up by its person', async () => {
		const { id, browser, signIn, code } = await returned();
		const session = await its.app.findSession(browser.cookie);
		await its.app.forVisitor(VISITOR).revokeOwnToken(session, signIn);
		expect(await browser.status(signIn)).toMatchObject({ problem: { code: 'revoked' } });
		await expect(complete(id, code)).rejects.toMatchObject(unknownLink);
		expect(await statusOf(id)).toBe('open');
	});

	test('that never comes leaves the token that is renewed as it was', async () => {
		const owner = its.openBrowser();
		await owner.signIn();
		const rowOf = async () =>
			(
				await its.sql`select version, sealed_refresh_token, sealed_access_token from stored_tokens where mailbox = ${MAILBOX}`
			)[0];
		const before = await rowOf();
		const identifier = await identifierOf(owner);
		const { id, code } = await returned();
		expect(await rowOf()).toEqual(before);
		const completed = await complete(id, code);
		expect(completed.identifier).toBe(identifier);
		expect(await rowOf()).not.toEqual(before);
	});

	test('comes after confirm where somebody else than the mailbox signed in', async () => {
		const { id, opaque } = await make();
		const browser = its.openBrowser();
		const { sign_in: signIn } = await browser.signInBy(opaque, PAT);
		expect(await browser.status(signIn)).toMatchObject({ status: 'confirm', signed_in_as: PAT });
		await expect(browser.returnUrl(signIn)).rejects.toMatchObject({ code: 'not_returned' });
		await browser.confirm(signIn);
		await until(
			'it is returning',
			async () => (await browser.status(signIn)).status === 'returning',
		);
		const code = (await browser.returnUrl(signIn)).searchParams.get('code');
		expect(await complete(id, code)).toMatchObject({ mailbox: MAILBOX, signed_in_as: PAT });
	});

	test('holds its token set sealed, and neither codes nor tokens are in the log or the database', async () => {
		const { code, signIn } = await returned();
		const rows = JSON.stringify([
			...(await its.sql`select * from sign_ins where id = ${signIn}`),
			...(await its.sql`select * from return_codes`),
		]);
		const log = its.logged();
		for (const secret of [code, ...its.practice.issuedSecrets()]) {
			expect(rows.includes(secret) || log.includes(secret)).toBe(false);
		}
		const counted = await its.app.countByKey();
		const [row] = await its.sql`select
			(select count(sealed_refresh_token) + count(sealed_access_token) from sign_ins)
			+ (select count(sealed_refresh_token) + count(sealed_access_token) from stored_tokens) as n`;
		expect(counted.reduce((sum, { values }) => sum + values, 0)).toBe(Number(row?.['n']));
	});
});

describe('a site that takes its own links alone', () => {
	beforeAll(() => change({ requireLink: 'yes' }));
	afterAll(() => change({ requireLink: 'no' }));

	test('takes no deep link, and says where to go', async () => {
		await expect(its.openBrowser().begin()).rejects.toMatchObject({
			...{ name: 'Problem', code: 'link_required', site: SITE },
		});
	});

	test('takes a connect link and Try again, and a renewal link', async () => {
		const { opaque } = await make({ email: MAILBOX });
		const browser = its.openBrowser();
		await browser.signInBy(opaque, 'sam@othercompany.com');
		const again = await browser.beginBy({ again: 'current' });
		await browser.redeem(again, await signInAtMicrosoft(its.app, again));
		const identifier = await identifierOf(browser);
		const renewing = its.openBrowser();
		await renewing.signInBy(await renewalLink(identifier));
		expect(await identifierOf(renewing)).toBe(identifier);
	});
});

async function renewalLink(identifier: string): Promise<string> {
	await its.app.setPracticeState(identifier, 'sign_in_required');
	const asked = asSite().resolveIdentifier({ identifier, minTtl: 300 });
	const problem = (await asked.catch((error: unknown) => error)) as { signInUrl: string };
	return opaqueOf(problem.signInUrl);
}

describe('a renewal link', () => {
	const connected = async () => {
		const browser = its.openBrowser();
		await browser.signIn();
		return identifierOf(browser);
	};

	/** PAT has signed in for the mailbox, and may use it. */
	async function confirmedBy(browser: TestBrowser): Promise<string> {
		const started = await browser.begin();
		await browser.redeem(started, await signInAtMicrosoft(its.app, started, PAT));
		await browser.confirm('current');
		await until(
			'it is confirmed',
			async () => (await browser.status('current')).status === 'ready',
		);
		return identifierOf(browser);
	}

	test('is one for each token, says nothing of it, and is written nowhere', async () => {
		const identifier = await connected();
		const opaque = await renewalLink(identifier);
		expect(await renewalLink(identifier)).toBe(opaque);
		expect(opaque).toMatch(/^k1\.[\w-]{32}$/);
		const number = identifier.split(':')[1] ?? '';
		expect(opaque).not.toContain(number);
		expect(
			await its.sql`select 1 from connect_links where opaque_sha256 = ${opaque}::bytea`,
		).toHaveLength(0);
		expect(await its.app.forVisitor(VISITOR).showLink(opaque)).toMatchObject({
			email: MAILBOX,
			site: SITE,
		});
	});

	test('renews for the account behind the token, as often as it takes', async () => {
		const identifier = await connected();
		for (let round = 1; round <= 2; round += 1) {
			const opaque = await renewalLink(identifier);
			const browser = its.openBrowser();
			await browser.signInBy(opaque);
			expect(await identifierOf(browser)).toBe(identifier);
		}
	});

	test('is for no other account, even one that may use the mailbox', async () => {
		const identifier = await connected();
		const before = await storedCount();
		const opaque = await renewalLink(identifier);
		const browser = its.openBrowser();
		await browser.signInBy(opaque, PAT);
		expect(await browser.status('current')).toMatchObject({
			...{ status: 'failed', problem: { code: 'account_differs', explanation: anyText } },
		});
		expect(await storedCount()).toBe(before);
	});

	test('ends with its token', async () => {
		const identifier = await connected();
		const opaque = await renewalLink(identifier);
		await its.app.revokeByOperator(identifier);
		await expect(its.openBrowser().beginBy({ link: opaque })).rejects.toMatchObject(linkEnded);
	});

	test('brings no token back that was revoked while its sign-in waited at confirm', async () => {
		const identifier = await confirmedBy(its.openBrowser());
		const browser = its.openBrowser();
		const { sign_in: signIn } = await browser.signInBy(await renewalLink(identifier), PAT);
		expect(await browser.status(signIn)).toMatchObject({ status: 'confirm' });
		const before = await storedCount();
		await its.app.revokeByOperator(identifier);
		await browser.confirm(signIn);
		const ended = await until('the try at confirm is over', async () => {
			const status = await browser.status(signIn);
			return status.status === 'confirm' ? undefined : status;
		});
		expect(ended).toMatchObject({ status: 'failed', problem: { code: 'link_ended' } });
		expect(await storedCount()).toBe(before);
		const [row] = await its.sql`select * from sign_ins where id = ${signIn}`;
		expect(row).toMatchObject({ sealed_refresh_token: null, sealed_access_token: null });
	});
});
