// PostgreSQL goes down and comes back: what Microsoft gave is not lost, nothing is stored by halves, and everybody is told
// that it passes.

import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { closedMailClient } from '../support/closed-mail-client.ts';
import { startDatabaseProxy, type DatabaseProxy } from '../support/database-proxy.ts';
import {
	MAILBOX,
	signInAtMicrosoft,
	SITE,
	startTestHelper,
	type TestHelper,
} from '../support/test-helper.ts';
import { VISITOR } from '../support/visitor.ts';

let its: TestHelper;
let proxy: DatabaseProxy;
let mailServersAnswer: Promise<unknown>;
// A pool that has lost connections takes seconds to close; nobody has to wait for that here.
const closing: Promise<void>[] = [];

beforeEach(async () => {
	mailServersAnswer = Promise.resolve();
	its = await startTestHelper({
		limits: { address: 1_000, mailbox: 1_000 },
		mailClient: {
			...closedMailClient,
			login: (...asked) => mailServersAnswer.then(() => closedMailClient.login(...asked)),
		},
		async reachedAt(databaseUrl) {
			proxy = await startDatabaseProxy(databaseUrl);
			return proxy.url;
		},
	});
});
afterEach(() => {
	const { stop } = proxy;
	closing.push(its.stop().then(stop));
});
afterAll(() => Promise.all(closing));

// What is thrown where nobody can catch it ends the process, and with it every other visitor's sign-in.
let uncaught: unknown[] = [];
let listeners: NodeJS.UncaughtExceptionListener[] = [];
const note = (error: unknown) => void uncaught.push(error);
beforeEach(() => {
	uncaught = [];
	listeners = process.listeners('uncaughtException');
	process.removeAllListeners('uncaughtException');
	process.on('uncaughtException', note);
});
afterEach(() => {
	process.off('uncaughtException', note);
	for (const listener of listeners) process.on('uncaughtException', listener);
	expect(uncaught, 'would have ended the process').toEqual([]);
});

/** A browser with a code in its hands. */
async function returned() {
	const browser = its.openBrowser();
	const started = await browser.begin();
	return { browser, started, answer: await signInAtMicrosoft(its.app, started) };
}

/** Does `work` when Microsoft has answered the token request, before the helper sees the answer. */
function whenTokensAreThere(work: () => void | Promise<void>): void {
	its.intercept((url, real) => {
		if (!url.endsWith('/token')) return undefined;
		return real().then(async (answer) => {
			await work();
			return answer;
		});
	});
}

async function waitUntilLogged(text: string): Promise<void> {
	await expect.poll(() => its.logged(), { timeout: 10_000, interval: 20 }).toContain(text);
}

/** Redeems, and stops where the helper writes to `table`; `go` lets it write. */
async function redeemUpTo(
	table: string,
	{ browser, started, answer }: Awaited<ReturnType<typeof returned>>,
) {
	const other = await its.sql.reserve();
	whenTokensAreThere(async () => {
		await other`begin`;
		await other`lock table ${its.sql(table)} in access exclusive mode`;
	});
	const redeeming = browser.redeem(started, answer).catch((error: unknown) => error);
	const waiting = () => its.sql`
		select pid from pg_stat_activity
		where datname = current_database() and application_name = 'mailkey' and wait_event_type = 'Lock'`;
	await expect.poll(async () => (await waiting()).length, { timeout: 5_000, interval: 10 }).toBe(1);
	const go = async () => {
		await other`commit`;
		other.release();
	};
	return { redeeming, go };
}

/** All that the helper has. */
async function terminateConnections(): Promise<void> {
	await its.sql`
		select pg_terminate_backend(pid) from pg_stat_activity
		where datname = current_database() and application_name = 'mailkey'`;
}

async function expectStoredOnce(): Promise<void> {
	expect(await its.sql`select state, version from stored_tokens`).toEqual([
		{ state: 'active', version: 1 },
	]);
	expect(its.practice.requests.filter(({ kind }) => kind === 'code')).toHaveLength(1);
	expectNoSecretLogged();
}

function expectNoSecretLogged(): void {
	const log = its.logged();
	expect(its.practice.issuedSecrets().filter((secret) => log.includes(secret))).toEqual([]);
}

describe('the tokens wait, and are stored when it is back', () => {
	test('down when they arrive', async () => {
		const sent = await returned();
		whenTokensAreThere(() => proxy.cut());
		const redeeming = sent.browser.redeem(sent.started, sent.answer);
		await waitUntilLogged('the database is down');
		proxy.restore();
		expect(await redeeming).toMatchObject({ kind: 'redeemed' });
		expect(await sent.browser.status(sent.started.sign_in)).toMatchObject({ status: 'ready' });
		await expectStoredOnce();
	});

	test.each(['visitors', 'sessions', 'stored_tokens'])(
		'down while %s is written',
		async (table) => {
			const sent = await returned();
			const { redeeming, go } = await redeemUpTo(table, sent);
			proxy.cut();
			await go();
			await waitUntilLogged('answers wait to be stored');
			proxy.restore();
			expect(await redeeming).toMatchObject({ kind: 'redeemed' });
			expect(await sent.browser.status(sent.started.sign_in)).toMatchObject({ status: 'ready' });
			await expectStoredOnce();
		},
	);

	test('its connections are terminated in the middle of the transaction', async () => {
		const sent = await returned();
		const { redeeming, go } = await redeemUpTo('stored_tokens', sent);
		await terminateConnections();
		await go();
		expect(await redeeming).toMatchObject({ kind: 'redeemed' });
		expect(await sent.browser.status(sent.started.sign_in)).toMatchObject({ status: 'ready' });
		await expectStoredOnce();
	});
});

test('down for as long as a failover takes: the tokens have waited, and are stored', async () => {
	const sent = await returned();
	whenTokensAreThere(() => proxy.cut());
	const redeeming = sent.browser.redeem(sent.started, sent.answer);
	await waitUntilLogged('the database is down');
	its.clock.advance(170_000);
	const refused = proxy.refused();
	await expect.poll(proxy.refused, { timeout: 5_000 }).toBeGreaterThan(refused + 1);
	proxy.restore();
	expect(await redeeming).toMatchObject({ kind: 'redeemed' });
	expect(await sent.browser.status(sent.started.sign_in)).toMatchObject({ status: 'ready' });
	await expectStoredOnce();
});

test('down for longer than the tokens wait: it is told as passing, and nothing is stored by halves', async () => {
	const sent = await returned();
	const tab = sent.browser.copy();
	const { redeeming, go } = await redeemUpTo('visitors', sent);
	proxy.cut();
	await go();
	await waitUntilLogged('answers wait to be stored');
	its.clock.advance(181_000);
	await waitUntilLogged('the exchange of a code broke off');
	its.clock.advance(181_000);
	expect(await redeeming).toMatchObject({ name: 'Problem', code: 'temporarily_unavailable' });
	proxy.restore();
	await expect
		.poll(() => tab.status(sent.started.sign_in).catch(() => 'down'), { timeout: 10_000 })
		.toMatchObject({ status: 'failed', problem: { code: 'sign_in_interrupted' } });
	expect(await its.sql`select 1 from stored_tokens`).toHaveLength(0);
	expectNoSecretLogged();
});

test('a failure of Microsoft while the database is down is written down when it is back', async () => {
	const { browser, started, answer } = await returned();
	its.practice.nextTokenAnswer({ kind: 'error', error: 'invalid_grant', aadsts: 70008 });
	whenTokensAreThere(() => proxy.cut());
	const redeeming = browser.redeem(started, answer);
	await waitUntilLogged('database is down');
	proxy.restore();
	expect(await redeeming).toMatchObject({ kind: 'refused', error: 'invalid_grant' });
	expect(await browser.status(started.sign_in)).toMatchObject({
		problem: { code: 'authorization_code_refused' },
	});
});

test('what the mail servers answer while the database is down is told when it is back', async () => {
	const { browser, started, answer } = await returned();
	let answerAll = () => {};
	mailServersAnswer = new Promise<void>((resolve) => (answerAll = resolve));
	await browser.redeem(started, answer);
	const checks = async () => {
		const status = await browser.status(started.sign_in).catch(() => undefined);
		return status?.status === 'ready' && Object.values(status.checks).map((one) => one.status);
	};
	expect(await checks()).toEqual(['running', 'running', 'running']);
	proxy.cut();
	answerAll();
	await waitUntilLogged('answers wait to be stored');
	proxy.restore();
	await expect.poll(checks, { timeout: 15_000 }).toEqual(['failed', 'failed', 'failed']);
	expect(its.logged()).not.toContain('was not saved');
});

describe('while it is down', () => {
	test('everything that needs it says that it passes, and works again when it is back', async () => {
		const { browser, started, answer } = await returned();
		const session = await its.app.findSession(browser.cookie);
		proxy.cut();
		const down = { name: 'Problem', code: 'temporarily_unavailable' };
		const { app } = its;
		const input = { site: SITE, email: MAILBOX };
		await expect(app.findSession(browser.cookie)).rejects.toMatchObject(down);
		await expect(app.forVisitor(VISITOR).beginSignIn(session, input)).rejects.toMatchObject(down);
		await expect(app.forVisitor(VISITOR).signInStatus(session, 'current')).rejects.toMatchObject(
			down,
		);
		await expect(
			app.forVisitor(VISITOR).redeemCode(session, started.sign_in, answer),
		).rejects.toMatchObject(down);
		await expect(
			app.forVisitor(VISITOR).refuseSignIn(session, 'current', { error: 'x', description: '' }),
		).rejects.toMatchObject(down);
		expect(await app.readiness()).toMatchObject({ status: 'not_ready', missing: 'database' });
		proxy.restore();
		await expect
			.poll(async () => (await app.readiness()).status, { timeout: 40_000 })
			.toBe('ready');
		expect(its.practice.requests.filter(({ kind }) => kind === 'code')).toHaveLength(0);
		await expect
			.poll(() => browser.status(started.sign_in).catch(() => 'down'), { timeout: 40_000 })
			.toMatchObject({ status: 'started' });

		// Each is told after at most the five seconds that a connection may take.
	}, 120_000);

	test('what was entered wrongly is still told as that', async () => {
		proxy.cut();
		await expect(
			its.app.forVisitor(VISITOR).beginSignIn(undefined, { site: '', email: '' }),
		).rejects.toMatchObject({
			code: 'invalid_input',
		});
	});
});
