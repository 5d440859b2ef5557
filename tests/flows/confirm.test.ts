// Somebody else than the mailbox signed in: the sign-in stands at `confirm`, and a real login as the mailbox decides.

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createSignInStore } from '../../src/lib/server/sign-ins/sign-in-store.ts';
import {
	connectDatabase,
	type DatabaseConnection,
} from '../../src/lib/server/database/connection.ts';
import { endOldPending } from '../../src/lib/server/app/background-jobs.ts';
import { createVault, signInPlace, storedTokenPlace } from '../../src/lib/server/vault/vault.ts';
import type { MailLoginResult } from '../../src/lib/domain/mail-login.ts';
import type { SignInId, SignInStatus } from '../../src/lib/domain/sign-in.ts';
import { anyText } from '../support/matchers.ts';
import {
	MAILBOX,
	SITE,
	signInAtMicrosoft,
	startTestHelper,
	type TestBrowser,
	type TestHelper,
} from '../support/test-helper.ts';
import { VISITOR } from '../support/visitor.ts';
import { until } from '../support/until.ts';

const PAT = 'pat@mycompany.com';
const REFUSED: MailLoginResult = {
	kind: 'refused',
	stage: 'authenticate',
	answer: 'A1 NO AUTHENTICATE failed.',
};
const PASSED: MailLoginResult = { kind: 'passed' };

let its: TestHelper;
let connection: DatabaseConnection;
let logins: { protocol: string; user: string; accessToken: string }[] = [];
let answers: Record<string, () => Promise<MailLoginResult>> = {};

beforeAll(async () => {
	its = await startTestHelper({
		mailClient: {
			login: (protocol, credential) => {
				logins.push({ protocol, ...credential });
				return (answers[protocol] ?? (() => Promise.resolve(REFUSED)))();
			},
			send: () => Promise.reject(new Error('nothing is sent here')),
		},
	});
	connection = connectDatabase(its.databaseUrl);
});
afterAll(async () => {
	await connection.close();
	await its.stop();
});
afterEach(() => {
	logins = [];
	answers = {};
	its.clock.reset();
	its.letThrough();
});

/** A browser whose sign-in stands at `confirm`. */
async function standing(): Promise<{ browser: TestBrowser; id: SignInId }> {
	const browser = its.openBrowser();
	const started = await browser.begin();
	await browser.redeem(started, await signInAtMicrosoft(its.app, started, PAT));
	return { browser, id: started.sign_in };
}

async function settled(browser: TestBrowser, id: SignInId): Promise<SignInStatus> {
	return until('the logins are over', async () => {
		const status = await browser.status(id);
		const isRunning =
			(status.status === 'confirm' || status.status === 'ready') &&
			Object.values(status.checks ?? {}).some((check) => check.status === 'running');
		return isRunning ? undefined : status;
	});
}

const rowOf = async (id: SignInId) => (await its.sql`select * from sign_ins where id = ${id}`)[0];
const storedCount = async () =>
	Number((await its.sql`select count(*) from stored_tokens`)[0]?.['count']);

test('the status names both, and nothing is stored where it could be resolved', async () => {
	const before = await storedCount();
	const { browser, id } = await standing();
	expect(await browser.status(id)).toEqual({
		status: 'confirm',
		site: anyText,
		email: MAILBOX,
		signed_in_as: PAT,
	});
	expect(await storedCount()).toBe(before);
	expect(logins).toEqual([]);
});

test('the token set is sealed for this row alone', async () => {
	const { id } = await standing();
	const row = await rowOf(id);
	const vault = createVault(its.keys);
	const sealed = String(row?.['sealed_refresh_token']);
	const place = { id, siteId: its.siteId, mailbox: MAILBOX };
	expect(its.practice.issuedSecrets()).toContain(
		vault.open(sealed, signInPlace('sealed_refresh_token', place)),
	);
	for (const other of [
		signInPlace('sealed_access_token', place),
		signInPlace('sealed_refresh_token', { ...place, id: 'another' }),
		signInPlace('sealed_refresh_token', { ...place, siteId: its.siteId + 1 }),
		signInPlace('sealed_refresh_token', { ...place, mailbox: PAT }),
		storedTokenPlace('sealed_refresh_token', { ...place, id: 1 }),
	]) {
		expect(() => vault.open(sealed, other)).toThrow('not_authentic');
	}
	for (const secret of its.practice.issuedSecrets()) {
		expect(JSON.stringify(row)).not.toContain(secret);
	}
});

test.each(['imap', 'pop'])('one login by %s as the mailbox makes it ready', async (protocol) => {
	answers[protocol] = () => Promise.resolve(PASSED);
	const { browser, id } = await standing();
	await browser.confirm(id);
	const status = await settled(browser, id);
	expect(status).toMatchObject({ status: 'ready', email: MAILBOX });
	// The check of the connected mailbox comes after these.
	expect(
		logins
			.slice(0, 2)
			.map((login) => [login.protocol, login.user])
			.sort(),
	).toEqual([
		['imap', MAILBOX],
		['pop', MAILBOX],
	]);
	const row = await rowOf(id);
	expect(row).toMatchObject({
		scopes: null,
		sealed_refresh_token: null,
		sealed_access_token: null,
		tries: null,
		signed_in_as: PAT,
	});
	const identifier = status.status === 'ready' ? status.identifier : '';
	const resolved = await its.app.forSite(its.siteKey, VISITOR).resolveIdentifier({
		identifier,
		minTtl: undefined,
	});
	expect(JSON.stringify(resolved)).toContain(logins[0]?.accessToken);
});

test('no login passes: it stays, says why for each protocol, and can be posted again', async () => {
	const { browser, id } = await standing();
	const before = await storedCount();
	await browser.confirm(id);
	const status = await settled(browser, id);
	expect(status).toMatchObject({
		status: 'confirm',
		checks: {
			imap: { status: 'failed', problem: { code: 'no_access_to_mailbox', who: 'visitor' } },
			pop: { status: 'failed', problem: { code: 'no_access_to_mailbox' } },
			smtp: { status: 'skipped' },
		},
	});
	expect(await storedCount()).toBe(before);
	answers['pop'] = () => Promise.resolve(PASSED);
	await browser.confirm(id);
	expect(await settled(browser, id)).toMatchObject({ status: 'ready' });
});

test('while the logins run, each is reported as it ends, and another press begins none', async () => {
	let release: (result: MailLoginResult) => void = () => undefined;
	answers['pop'] = () => new Promise((resolve) => (release = resolve));
	const { browser, id } = await standing();
	await browser.confirm(id);
	await expect
		.poll(() => browser.status(id))
		.toMatchObject({ checks: { imap: { status: 'failed' }, pop: { status: 'running' } } });
	await browser.confirm(id);
	expect(logins).toHaveLength(2);
	answers['pop'] = () => Promise.resolve(PASSED);
	release(PASSED);
	expect(await settled(browser, id)).toMatchObject({ status: 'ready' });
});

test('a try whose process died can be begun again', async () => {
	const hanging: ((result: MailLoginResult) => void)[] = [];
	answers['imap'] = answers['pop'] = () => new Promise((resolve) => hanging.push(resolve));
	const { browser, id } = await standing();
	await browser.confirm(id);
	expect(await browser.status(id)).toMatchObject({ checks: { imap: { status: 'running' } } });
	its.clock.advance(76_000);
	expect(await browser.status(id)).toMatchObject({ checks: { imap: { status: 'skipped' } } });
	answers['imap'] = answers['pop'] = () => Promise.resolve(PASSED);
	// Here the process lives on, and the turns of its hanging logins with it.
	for (const end of hanging) end(REFUSED);
	await browser.confirm(id);
	expect(await settled(browser, id)).toMatchObject({ status: 'ready' });
});

test('SMTP proves nothing', async () => {
	answers['smtp'] = () => Promise.resolve(PASSED);
	const { browser, id } = await standing();
	await browser.confirm(id);
	expect(await settled(browser, id)).toMatchObject({ status: 'confirm' });
	expect(logins.map(({ protocol }) => protocol)).not.toContain('smtp');
});

test('an account that is let into the mailbox no more proves nothing by SMTP of its own', async () => {
	answers['imap'] = () => Promise.resolve(PASSED);
	const { browser, id } = await standing();
	await browser.confirm(id);
	await its.app.workDone(5_000);
	await settled(browser, id);
	logins = [];
	const own = () => Promise.resolve(logins.at(-1)?.user === PAT ? PASSED : REFUSED);
	answers = { smtp: own };
	const session = await its.app.findSession(browser.cookie);
	await its.app.forVisitor(VISITOR).checkAgain(session, id);
	await its.app.workDone(5_000);
	expect(await settled(browser, id)).toMatchObject({ checks: { smtp: { status: 'failed' } } });
	expect(logins.map(({ user }) => user)).toEqual([MAILBOX, MAILBOX, MAILBOX]);
});

test('an access token that is about to end is refreshed before the logins', async () => {
	const { browser, id } = await standing();
	await its.sql`update sign_ins set access_token_expires_at = ${new Date(its.clock.now().getTime() + 30_000)} where id = ${id}`;
	answers['imap'] = () => Promise.resolve(PASSED);
	const before = its.practice.requests.filter(({ kind }) => kind === 'refresh').length;
	await browser.confirm(id);
	expect(await settled(browser, id)).toMatchObject({ status: 'ready' });
	expect(its.practice.requests.filter(({ kind }) => kind === 'refresh')).toHaveLength(before + 1);
});

test('two accounts for one mailbox get numbers of their own', async () => {
	answers['imap'] = () => Promise.resolve(PASSED);
	const own = await its.openBrowser().signIn();
	const { browser, id } = await standing();
	await browser.confirm(id);
	const shared = await settled(browser, id);
	if (own.status !== 'ready' || shared.status !== 'ready') throw new Error('not ready');
	expect(shared.identifier).not.toBe(own.identifier);
	expect(await its.openBrowser().signIn()).toMatchObject({ identifier: own.identifier });
});

describe('whose it is', () => {
	test('another browser knows nothing of it', async () => {
		const { id } = await standing();
		const other = its.openBrowser();
		await expect(other.confirm(id)).rejects.toMatchObject({ code: 'unknown_sign_in' });
		await other.begin();
		await expect(other.confirm(id)).rejects.toMatchObject({ code: 'unknown_sign_in' });
	});

	test('the session before reads, and confirms nothing', async () => {
		const browser = its.openBrowser();
		const started = await browser.begin();
		const before = browser.copy();
		await browser.redeem(started, await signInAtMicrosoft(its.app, started, PAT));
		expect(browser.cookie).not.toBe(before.cookie);
		expect(await before.status(started.sign_in)).toMatchObject({ status: 'confirm' });
		await expect(before.confirm(started.sign_in)).rejects.toMatchObject({
			code: 'unknown_sign_in',
		});
	});

	test('the session before begins nothing: the browser gets a new one', async () => {
		const browser = its.openBrowser();
		const started = await browser.begin();
		const before = browser.copy();
		const planted = before.cookie;
		await browser.redeem(started, await signInAtMicrosoft(its.app, started, PAT));
		await before.begin();
		expect(before.cookie).not.toBe(planted);
	});

	test('in any other state there is nothing to confirm', async () => {
		const browser = its.openBrowser();
		const { sign_in: id } = await browser.begin();
		await expect(browser.confirm(id)).rejects.toMatchObject({ code: 'not_at_confirm' });
		await browser.signIn();
		await expect(browser.confirm('current')).rejects.toMatchObject({ code: 'not_at_confirm' });
		await browser.signIn('sam@othercompany.com', MAILBOX);
		await expect(browser.confirm('current')).rejects.toMatchObject({ code: 'not_at_confirm' });
	});
});

describe('after an hour', () => {
	test('it has expired, cannot be confirmed, and its tokens are destroyed', async () => {
		const { browser, id } = await standing();
		its.clock.advance(61 * 60_000);
		expect(await browser.status(id)).toMatchObject({
			status: 'failed',
			problem: { code: 'sign_in_expired' },
		});
		await expect(browser.confirm(id)).rejects.toMatchObject({ code: 'not_at_confirm' });
		expect(await rowOf(id)).toMatchObject({ sealed_refresh_token: anyText });
		await endOldPending({
			now: its.clock.now,
			signIns: createSignInStore(connection.database),
		});
		expect(await rowOf(id)).toMatchObject({
			state: 'failed',
			sealed_refresh_token: null,
			sealed_access_token: null,
		});
		expect(await browser.status(id)).toMatchObject({ problem: { code: 'sign_in_expired' } });
	});

	test('a login that passes too late stores nothing', async () => {
		let release: (result: MailLoginResult) => void = () => undefined;
		answers['imap'] = () => new Promise((resolve) => (release = resolve));
		const { browser, id } = await standing();
		const before = await storedCount();
		await browser.confirm(id);
		its.clock.advance(61 * 60_000);
		release(PASSED);
		await its.app.workDone(5_000);
		expect(await browser.status(id)).toMatchObject({ status: 'failed' });
		expect(await storedCount()).toBe(before);
	});
});

describe('a site that is changed while its sign-in stands at `confirm`', () => {
	const change = { addMailDomains: [], removeMailDomains: [], addTenants: [], removeTenants: [] };

	test.each([
		[
			'disabled',
			'site_not_registered',
			(url: string) => its.app.disableSite(url),
			(url: string) => its.app.enableSite(url),
		],
		[
			'bound to other mail domains',
			'mailbox_not_allowed',
			(url: string) =>
				its.app.changeSite(url, {
					...{ ...change, addMailDomains: ['othercompany.com'] },
					removeMailDomains: ['mycompany.com'],
				}),
			(url: string) => its.app.changeSite(url, { ...change, addMailDomains: ['mycompany.com'] }),
		],
	])('%s: gets no token, and the tokens are destroyed', async (_how, code, end, undo) => {
		answers['imap'] = () => Promise.resolve(PASSED);
		const { browser, id } = await standing();
		const before = await storedCount();
		await end(SITE);
		await browser.confirm(id);
		await its.app.workDone(5_000);
		expect(await browser.status(id)).toMatchObject({ status: 'failed', problem: { code } });
		expect(await storedCount()).toBe(before);
		expect(await rowOf(id)).toMatchObject({ signed_in_as: PAT, sealed_refresh_token: null });
		await undo(SITE);
		const next = await standing();
		await next.browser.confirm(next.id);
		expect(await settled(next.browser, next.id)).toMatchObject({ status: 'ready' });
	});
});
