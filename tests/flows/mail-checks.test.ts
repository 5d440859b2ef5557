// The mailbox check as a browser, an operator and a site see it: after the sign-in, on demand, and in what resolve gives.

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { ReadySignIn } from '../../src/lib/domain/sign-in.ts';
import { startPracticeMail, type PracticeMail } from '../../src/practice/mail/practice-mail.ts';
import { testCertificate } from '../support/mail-script.ts';
import {
	signInAtMicrosoft,
	startTestHelper,
	type TestBrowser,
	type TestHelper,
} from '../support/test-helper.ts';
import { VISITOR } from '../support/visitor.ts';

let its: TestHelper;
let mail: PracticeMail;

beforeAll(async () => {
	its = await startTestHelper({
		startMail: async (microsoft) => {
			mail = await startPracticeMail({
				microsoft,
				certificate: testCertificate,
				ports: { imap: 0, pop: 0, smtp: 0 },
				slowMs: 300,
			});
			return mail.servers;
		},
	});
});

beforeEach(() => its.clock.reset());

afterAll(async () => {
	await its.stop();
	await mail.stop();
});

async function readyOf(browser: TestBrowser): Promise<ReadySignIn> {
	const status = await browser.status('current');
	if (status.status !== 'ready') throw new Error(`it is ${status.status}`);
	return status;
}

function outcomes({ checks }: ReadySignIn) {
	return Object.values(checks).map(({ status, problem }) => problem?.code ?? status);
}

/** When nothing runs any more. */
async function ended(browser: TestBrowser): Promise<ReadySignIn> {
	return expect
		.poll(() => readyOf(browser), { timeout: 15_000 })
		.toSatisfy((status: ReadySignIn) => !JSON.stringify(status).includes('"running"'))
		.then(() => readyOf(browser));
}

async function session(browser: TestBrowser) {
	return its.app.findSession(browser.cookie);
}

async function resolve({ identifier }: ReadySignIn) {
	return its.app.forSite(its.siteKey, VISITOR).resolveIdentifier({ identifier, minTtl: undefined });
}

test('it begins with the identifier, which does not wait for it', async () => {
	const browser = its.openBrowser();
	await browser.signIn('slow@mycompany.com');
	expect(outcomes(await readyOf(browser))).toEqual(['running', 'running', 'running']);
	expect(outcomes(await ended(browser))).toEqual(['passed', 'passed', 'passed']);
});

test('each protocol has its own outcome in the status', async () => {
	const browser = its.openBrowser();
	await browser.signIn('smtp-off@mycompany.com');
	expect(outcomes(await ended(browser))).toEqual(['passed', 'passed', 'smtp_off_for_organisation']);
});

test('what is kept of it is codes, and never words', async () => {
	const browser = its.openBrowser();
	await browser.signIn('smtp-off@mycompany.com');
	await ended(browser);
	const rows = await its.sql<{ checks: { results: { smtp: { problem?: object } } } }[]>`
		select checks from sign_ins where state = 'ready' and entered_email = 'smtp-off@mycompany.com'`;
	expect(rows[0]?.checks.results.smtp.problem).toEqual({
		code: 'smtp_off_for_organisation',
		protocol: 'smtp',
		who: 'microsoft_365_administrator',
		stage: 'authenticate',
		reference: { answer: expect.stringContaining('SmtpClientAuthentication') as string },
	});
});

test('one that was kept in words is told in the words of today', async () => {
	const browser = its.openBrowser();
	await browser.signIn('smtp-off@mycompany.com');
	const now = outcomeInWords(await ended(browser));
	const old = {
		code: 'smtp_off_for_organisation',
		who: 'visitor',
		title: 'Old',
		explanation: 'Old',
	};
	await its.sql`
		update sign_ins set checks = jsonb_set(checks, '{results,smtp}',
			${JSON.stringify({ status: 'failed', problem: { ...old, next_step: 'Old' } })}::text::jsonb)
		where state = 'ready' and entered_email = 'smtp-off@mycompany.com'`;
	expect(outcomeInWords(await readyOf(browser))).toEqual({ ...now, reference: undefined });
});

function outcomeInWords({ checks }: ReadySignIn) {
	return { reference: undefined, ...checks.smtp.problem };
}

test('it runs again when its owner asks, and for nobody else', async () => {
	const browser = its.openBrowser();
	const { sign_in: id } = await browser.begin('again@mycompany.com');
	await expect(
		its.app.forVisitor(VISITOR).checkAgain(await session(browser), id),
	).rejects.toMatchObject({
		code: 'not_ready',
	});
	// The newest is told apart by its time.
	its.clock.advance(1_000);
	await browser.signIn('again@mycompany.com');
	await ended(browser);
	await its.sql`update sign_ins set checks = jsonb_set(checks, '{results,imap,status}', '"failed"')`;
	const stranger = its.openBrowser();
	await stranger.begin('stranger@mycompany.com');
	await expect(
		its.app.forVisitor(VISITOR).checkAgain(await session(stranger), id),
	).rejects.toMatchObject({
		code: 'unknown_sign_in',
	});
	expect(outcomes(await readyOf(browser))).toEqual(['failed', 'passed', 'passed']);
	await its.app.forVisitor(VISITOR).checkAgain(await session(browser), 'current');
	expect(outcomes(await ended(browser))).toEqual(['passed', 'passed', 'passed']);
});

test('a run whose server died is told as failed after two minutes, and can be begun again', async () => {
	const browser = its.openBrowser();
	await browser.signIn('died@mycompany.com');
	await ended(browser);
	const begunAt = its.clock.now().toISOString();
	const checks = { begun_at: begunAt, results: {} };
	await its.sql`update sign_ins set checks = ${its.sql.json(checks)} where mailbox = 'died@mycompany.com'`;
	expect(outcomes(await readyOf(browser))).toEqual(['running', 'running', 'running']);
	await its.app.forVisitor(VISITOR).checkAgain(await session(browser), 'current');
	expect(outcomes(await readyOf(browser))).toEqual(['running', 'running', 'running']);
	its.clock.advance(2 * 60_000);
	const status = await readyOf(browser);
	expect(outcomes(status)).toEqual(['timed_out', 'timed_out', 'timed_out']);
	expect(status.checks.imap.problem?.next_step).toContain('Check again');
	await its.app.forVisitor(VISITOR).checkAgain(await session(browser), 'current');
	expect(outcomes(await ended(browser))).toEqual(['passed', 'passed', 'passed']);
});

test('a test message goes out once a minute, and its outcome is in the status', async () => {
	const browser = its.openBrowser();
	await browser.signIn('writer@mycompany.com');
	await ended(browser);
	await its.app.forVisitor(VISITOR).requestTestMessage(await session(browser), 'current');
	expect((await ended(browser)).test_message).toEqual({ status: 'passed' });
	expect(mail.messages.at(-1)).toMatchObject({
		from: 'writer@mycompany.com',
		to: ['writer@mycompany.com'],
	});
	const sent = mail.messages.length;
	its.clock.advance(20_000);
	await expect(
		its.app.forVisitor(VISITOR).requestTestMessage(await session(browser), 'current'),
	).rejects.toMatchObject({ code: 'too_many_requests', retryAfterSeconds: 40 });
	its.clock.advance(40_000);
	await its.app.forVisitor(VISITOR).requestTestMessage(await session(browser), 'current');
	await ended(browser);
	expect(mail.messages).toHaveLength(sent + 1);
});

test('whose name SMTP took at a shared mailbox is given out by resolve', async () => {
	const browser = its.openBrowser();
	const started = await browser.begin('shared@mycompany.com');
	await browser.redeem(started, await signInAtMicrosoft(its.app, started, 'pat@mycompany.com'));
	await its.app.forVisitor(VISITOR).confirmSignIn(await session(browser), 'current');
	await expect
		.poll(() => browser.status('current'), { timeout: 5_000 })
		.toMatchObject({ status: 'ready' });
	const status = await ended(browser);
	expect(outcomes(status)).toEqual(['passed', 'passed', 'passed']);
	await expect
		.poll(async () => (await resolve(status)).smtp?.user, { timeout: 5_000 })
		.toBe('pat@mycompany.com');
	const resolved = await resolve(status);
	expect(resolved.imap?.user).toBe('shared@mycompany.com');
	const [user] = Buffer.from(resolved.smtp?.xoauth2 ?? '', 'base64')
		.toString()
		.split('\u0001');
	expect(user).toBe('user=pat@mycompany.com');
});

test('the operator gets the same by identifier, with a fresh token', async () => {
	const browser = its.openBrowser();
	await browser.signIn('operated@mycompany.com');
	const { identifier } = await ended(browser);
	its.clock.advance(2 * 60 * 60_000);
	const before = its.practice.requests.filter(({ kind }) => kind === 'refresh').length;
	const { checks } = await its.app.checkByOperator(identifier);
	expect(Object.values(checks).map(({ status }) => status)).toEqual(['passed', 'passed', 'passed']);
	expect(its.practice.requests.filter(({ kind }) => kind === 'refresh')).toHaveLength(before + 1);
	await its.app.revokeByOperator(identifier);
	await expect(its.app.checkByOperator(identifier)).rejects.toThrow('revoked');
});

test('no token reaches the log or the rows of the sign-ins', async () => {
	const rows = await its.sql`select checks, test_message from sign_ins`;
	const text = JSON.stringify(rows) + its.logged();
	for (const secret of its.practice.issuedSecrets()) expect(text).not.toContain(secret);
});
