// A site says what it uses of IMAP, POP and SMTP. Only these rights are asked for at Microsoft, and all that is told of a
// mailbox speaks of these alone.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { MailProtocol } from '../../src/lib/domain/mail-protocol.ts';
import type { ReadySignIn, SignInStatus } from '../../src/lib/domain/sign-in.ts';
import { explainTokenReport } from '../../src/lib/problems/explain-token.ts';
import { startPracticeMail, type PracticeMail } from '../../src/practice/mail/practice-mail.ts';
import { allPages } from '../support/all-pages.ts';
import { testCertificate } from '../support/mail-script.ts';
import { anyText } from '../support/matchers.ts';
import {
	signInAtMicrosoft,
	startTestHelper,
	type TestBrowser,
	type TestHelper,
} from '../support/test-helper.ts';
import { until } from '../support/until.ts';
import { VISITOR } from '../support/visitor.ts';

const EXCHANGE = 'https://outlook.office.com/';
const IDENTITY = 'openid profile email offline_access';
const RIGHTS: Record<MailProtocol, string> = {
	imap: `${EXCHANGE}IMAP.AccessAsUser.All`,
	pop: `${EXCHANGE}POP.AccessAsUser.All`,
	smtp: `${EXCHANGE}SMTP.Send`,
};

let its: TestHelper;
let mail: PracticeMail;
beforeAll(async () => {
	its = await startTestHelper({
		startMail: async (microsoft) => {
			mail = await startPracticeMail({
				microsoft,
				certificate: testCertificate,
				ports: { imap: 0, pop: 0, smtp: 0 },
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

type Registered = { url: string; key: string };

let count = 0;
async function register(protocols: string, more = {}): Promise<Registered> {
	count += 1;
	const url = `https://site-${count}.example.com`;
	const { key } = await its.app.registerSite({
		...{
			url,
			name: `Site ${count}`,
			mailDomains: ['mycompany.com'],
			tenants: [],
			anyMailbox: false,
		},
		...{ protocols, ...more },
	});
	return { url, key };
}

const change = ({ url }: Registered, protocols: string) =>
	its.app.changeSite(url, {
		...{ addMailDomains: [], removeMailDomains: [], addTenants: [], removeTenants: [], protocols },
	});

async function ended(browser: TestBrowser): Promise<SignInStatus> {
	return until('the logins are over', async () => {
		const status = await browser.status('current');
		return JSON.stringify(status).includes('"running"') ? undefined : status;
	});
}

async function connect(site: Registered, mailbox: string, browser = its.openBrowser()) {
	await browser.signIn(mailbox, mailbox, site.url);
	const status = await ended(browser);
	if (status.status !== 'ready') throw new Error(`it is ${JSON.stringify(status)}`);
	return status;
}

const outcomes = ({ checks }: Pick<ReadySignIn, 'checks'>) =>
	Object.fromEntries(
		Object.entries(checks).map(([protocol, { status, problem }]) => [
			protocol,
			problem?.code ?? status,
		]),
	);

const resolve = ({ key }: Registered, { identifier }: ReadySignIn) =>
	its.app.forSite(key, VISITOR).resolveIdentifier({ identifier, minTtl: undefined });

const listed = async ({ key }: Registered) =>
	(await its.app.forSite(key, VISITOR).listTokens()).tokens.map((token) =>
		explainTokenReport(token),
	);

const askedScopes = (kind: 'code' | 'refresh') =>
	its.practice.requests.findLast((request) => request.kind === kind)?.parameters['scope'];

/** As long as no access token lives. */
const untilStale = () => its.clock.advance(2 * 3_600_000);

describe.each<MailProtocol[][]>([
	[['imap']],
	[['pop']],
	[['smtp']],
	[['imap', 'pop']],
	[['imap', 'smtp']],
	[['pop', 'smtp']],
	[['imap', 'pop', 'smtp']],
])('a site that uses %j', (used) => {
	const scope = [IDENTITY, ...used.map((protocol) => RIGHTS[protocol])].join(' ');
	const mailbox = `${used.join('-')}@mycompany.com`;

	test('asks for these rights, is granted them, and hears of nothing else', async () => {
		const site = await register(used.join(','));
		const browser = its.openBrowser();
		const started = await browser.begin(mailbox, site.url);
		expect(started.scopes).toEqual(scope.split(' '));
		await browser.redeem(started, await signInAtMicrosoft(its.app, started, mailbox));
		expect(askedScopes('code')).toBe(scope);
		const status = await ended(browser);
		if (status.status !== 'ready') throw new Error(`it is ${JSON.stringify(status)}`);

		const all: MailProtocol[] = ['imap', 'pop', 'smtp'];
		expect(outcomes(status)).toEqual(
			Object.fromEntries(
				all.map((protocol) => [protocol, used.includes(protocol) ? 'passed' : 'skipped']),
			),
		);
		expect(Object.keys(status.mail)).toEqual(used);
		untilStale();
		const resolved = await resolve(site, status);
		expect(askedScopes('refresh')).toBe(scope);
		expect(all.filter((protocol) => protocol in resolved)).toEqual(used);
		const checked = { status: 'passed', checked_at: anyText };
		const checks = Object.fromEntries(
			all.map((protocol) => [protocol, used.includes(protocol) ? checked : { status: 'skipped' }]),
		);
		const [token] = await until('what the logins came to is kept', async () => {
			const tokens = await listed(site);
			return tokens.some((its) => used.some((protocol) => 'checked_at' in its.checks[protocol]))
				? tokens
				: undefined;
		});
		expect(token).toMatchObject({ missing_rights: [] });
		expect(token?.checks).toEqual(checks);
		expect(await its.sql`select scopes from stored_tokens where mailbox = ${mailbox}`).toEqual([
			{ scopes: used.map((protocol) => RIGHTS[protocol]) },
		]);
	});
});

test('a protocol that is added later is missing until the owner signs in again, behind the same identifier', async () => {
	const site = await register('smtp');
	const browser = its.openBrowser();
	const before = await connect(site, 'later@mycompany.com', browser);
	await change(site, 'imap,smtp');
	const right = { status: 'skipped', problem: { code: 'right_not_requested', who: 'visitor' } };
	expect(await listed(site)).toMatchObject([
		{ missing_rights: ['imap'], checks: { imap: right, pop: { status: 'skipped' } } },
	]);
	const own = async () =>
		its.app.forVisitor(VISITOR).listOwnMailboxes(await its.app.findSession(browser.cookie));
	expect(await own()).toMatchObject([{ protocols: ['imap', 'smtp'], missing_rights: ['imap'] }]);
	untilStale();
	expect(await resolve(site, before)).not.toHaveProperty('imap');
	expect(askedScopes('refresh')).toBe(`${IDENTITY} ${RIGHTS.smtp}`);
	expect((await allPages(its.app.listTokens({ site: site.url })))[0]).toMatchObject({
		missing_rights: ['imap'],
	});

	const after = await connect(site, 'later@mycompany.com', browser);
	expect(after.identifier).toBe(before.identifier);
	expect(outcomes(after)).toEqual({ imap: 'passed', pop: 'skipped', smtp: 'passed' });
	expect(await listed(site)).toMatchObject([{ missing_rights: [] }]);
	expect(await own()).toMatchObject([{ missing_rights: [] }]);
	expect(await resolve(site, before)).toHaveProperty('imap');
});

test('a site that uses less asks for less with the next refresh', async () => {
	const site = await register('imap,pop,smtp');
	const signIn = await connect(site, 'less@mycompany.com');
	await change(site, 'smtp');
	expect(Object.keys(await resolve(site, signIn))).not.toContain('imap');
	untilStale();
	await resolve(site, signIn);
	expect(askedScopes('refresh')).toBe(`${IDENTITY} ${RIGHTS.smtp}`);
});

test('a site that has changed to what nobody agreed to is told that somebody has to sign in, and the token is kept', async () => {
	const site = await register('imap');
	const signIn = await connect(site, 'other@mycompany.com');
	await change(site, 'smtp');
	await expect(resolve(site, signIn)).rejects.toMatchObject({
		...{ code: 'sign_in_required', signInUrl: anyText },
	});
	untilStale();
	await its.app.refreshByOperator(signIn.identifier);
	expect(askedScopes('refresh')).toBe(`${IDENTITY} ${RIGHTS.imap}`);
	await change(site, 'imap');
	expect(await resolve(site, signIn)).toHaveProperty('imap');
});

test('a sign-in that was begun before the site changed is redeemed for what was asked', async () => {
	const site = await register('smtp');
	const browser = its.openBrowser();
	const started = await browser.begin('begun@mycompany.com', site.url);
	const answer = await signInAtMicrosoft(its.app, started, 'begun@mycompany.com');
	await change(site, 'imap,smtp');
	await browser.redeem(started, answer);
	expect(askedScopes('code')).toBe(`${IDENTITY} ${RIGHTS.smtp}`);
	expect(outcomes((await ended(browser)) as ReadySignIn)).toEqual({
		...{ imap: 'right_not_requested', pop: 'skipped', smtp: 'passed' },
	});
});

test('a shared mailbox goes on sending while a right to read that came later is missing', async () => {
	const site = await register('smtp');
	const browser = its.openBrowser();
	await browser.signIn('pat@mycompany.com', 'shared@mycompany.com', site.url);
	await browser.confirm('current');
	const status = await ended(browser);
	if (status.status !== 'ready') throw new Error(`it is ${JSON.stringify(status)}`);
	await change(site, 'imap,smtp');
	const { checks } = await its.app.checkByOperator(status.identifier);
	expect(checks).toMatchObject({
		imap: { status: 'skipped', problem: { code: 'right_not_requested' } },
		smtp: { status: 'passed' },
	});
	const [token] = await listed(site);
	expect(token?.checks.imap.problem?.next_step).toContain('Sign in as pat@mycompany.com');
});

describe('a site that only sends', () => {
	const SHARED = 'shared@mycompany.com';
	const asOther = async (site: Registered, account: string) => {
		const browser = its.openBrowser();
		await browser.signIn(account, SHARED, site.url);
		expect(await browser.status('current')).toMatchObject({ status: 'confirm', proof: 'message' });
		return browser;
	};

	test('is confirmed by one message from the mailbox to itself that the server accepts', async () => {
		const site = await register('smtp');
		const browser = await asOther(site, 'pat@mycompany.com');
		const before = mail.messages.length;
		await browser.confirm('current');
		const status = (await ended(browser)) as ReadySignIn;
		expect(status).toMatchObject({ status: 'ready' });
		expect(outcomes(status)).toEqual({ imap: 'skipped', pop: 'skipped', smtp: 'passed' });
		expect(mail.messages.slice(before)).toMatchObject([{ from: SHARED, to: [SHARED] }]);
		// A shared mailbox has no login of its own.
		expect(await resolve(site, status)).toMatchObject({ smtp: { user: 'pat@mycompany.com' } });
		expect((await its.app.checkByOperator(status.identifier)).checks).toMatchObject({
			...{ imap: { status: 'skipped' }, smtp: { status: 'passed' } },
		});
	});

	test('is not confirmed by somebody who may not send as the mailbox, though their own login passes', async () => {
		const site = await register('smtp');
		const browser = await asOther(site, 'eve@mycompany.com');
		const before = mail.messages.length;
		await browser.confirm('current');
		expect(await ended(browser)).toMatchObject({
			status: 'confirm',
			checks: {
				...{ imap: { status: 'skipped' }, pop: { status: 'skipped' } },
				smtp: { status: 'failed', problem: { code: 'send_as_denied' } },
			},
		});
		expect(mail.messages).toHaveLength(before);
		await browser.confirm('current');
		expect(await ended(browser)).toMatchObject({ status: 'confirm' });
	});

	test('and one that reads as well is confirmed by a login that reads, and nothing is sent', async () => {
		const site = await register('imap,smtp');
		const browser = its.openBrowser();
		await browser.signIn('pat@mycompany.com', SHARED, site.url);
		const before = mail.messages.length;
		await browser.confirm('current');
		expect(outcomes((await ended(browser)) as ReadySignIn)).toEqual({
			...{ imap: 'passed', pop: 'skipped', smtp: 'passed' },
		});
		expect(mail.messages).toHaveLength(before);
	});
});

test('owners are told the site’s own servers where it has some, and sites the mail servers themselves', async () => {
	const site = await register('imap,pop,smtp', {
		servers: { imap: 'imap://gateway.example:1143', smtp: 'smtp://127.0.0.1:1587' },
	});
	const status = await connect(site, 'gateway@mycompany.com');
	const { pop } = mail.servers;
	expect(status.mail).toEqual({
		imap: { host: 'gateway.example', port: 1143, security: 'starttls' },
		pop: { host: pop.host, port: pop.port, security: pop.security },
		smtp: { host: '127.0.0.1', port: 1587, security: 'none' },
	});
	expect(await resolve(site, status)).toMatchObject({ imap: { host: mail.servers.imap.host } });
});
