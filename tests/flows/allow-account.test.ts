// Whose account may connect which mailbox to which site: decided after the sign-in, before anything is stored.

import type { JWTPayload } from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { anySignal } from '../support/matchers.ts';
import {
	MAILBOX,
	MY_COMPANY,
	OTHER_COMPANY,
	SITE,
	signInAtMicrosoft,
	startTestHelper,
	type TestHelper,
} from '../support/test-helper.ts';

const BY_TENANT = 'https://by-tenant.example.com';
const BY_BOTH = 'https://by-both.example.com';
const ANY = 'https://any.example.com';
const OTHERS = 'https://others.example.com';

let its: TestHelper;
beforeAll(async () => {
	its = await startTestHelper();
	const add = (url: string, mailDomains: string[], tenants: string[]) =>
		its.app.registerSite({ url, name: 'x', mailDomains, tenants, anyMailbox: url === ANY });
	await add(BY_TENANT, [], [MY_COMPANY]);
	await add(BY_BOTH, ['othercompany.com'], [MY_COMPANY]);
	await add(ANY, [], []);
	await add(OTHERS, ['othercompany.com', 'nowhere.example'], []);
});
afterAll(() => its.stop());
beforeEach(async () => {
	// The look-up that begins with a sign-in may outlast it, and keep what it learnt.
	await its.app.workDone(10_000);
	await its.sql`delete from mail_domain_tenants`;
});
afterEach(() => its.letThrough());

function claimsChanged(change: JWTPayload): void {
	its.practice.nextTokenAnswer({
		kind: 'claims',
		change: (claims) => ({ ...claims, ...change }),
	});
}

/** How often Microsoft was asked who owns a domain. */
function lookUps(domain: string): number {
	return its.asked.filter((url) => url.includes(`/${domain}/v2.0/`)).length;
}

async function keptDomains(): Promise<unknown[][]> {
	const rows = await its.sql`select domain, tenant_id from mail_domain_tenants order by domain`;
	return rows.map((row): unknown[] => [row['domain'], row['tenant_id']]);
}

test.each([
	['the mailbox’s own account', SITE, MAILBOX, MAILBOX, 'ready'],
	['someone else of the same organisation', SITE, MAILBOX, 'pat@mycompany.com', 'confirm'],
	[
		'someone of another organisation',
		SITE,
		MAILBOX,
		'sam@othercompany.com',
		'organisation_not_allowed',
	],
	[
		'the other domain’s own account',
		OTHERS,
		'sam@othercompany.com',
		'sam@othercompany.com',
		'ready',
	],
	[
		'a domain that Microsoft does not know',
		OTHERS,
		'a@nowhere.example',
		MAILBOX,
		'organisation_not_allowed',
	],
	['an account of the site’s tenant', BY_TENANT, MAILBOX, MAILBOX, 'ready'],
	[
		'an account of another tenant, with a mailbox of its own',
		BY_TENANT,
		'sam@othercompany.com',
		'sam@othercompany.com',
		'organisation_not_allowed',
	],
	[
		'an account of the site’s tenant, for a mailbox elsewhere',
		BY_TENANT,
		'a@nowhere.example',
		MAILBOX,
		'confirm',
	],
	[
		'either bound is enough: the domain’s owner',
		BY_BOTH,
		'sam@othercompany.com',
		'sam@othercompany.com',
		'ready',
	],
	['either bound is enough: the tenant', BY_BOTH, 'sam@othercompany.com', MAILBOX, 'confirm'],
	['any mailbox, its own account', ANY, MAILBOX, MAILBOX, 'ready'],
	['any mailbox, someone else', ANY, MAILBOX, 'pat@mycompany.com', 'confirm'],
	[
		'any mailbox, another organisation',
		ANY,
		MAILBOX,
		'sam@othercompany.com',
		'organisation_not_allowed',
	],
	[
		'any mailbox, a domain that Microsoft does not know',
		ANY,
		'a@nowhere.example',
		MAILBOX,
		'organisation_not_allowed',
	],
])('%s: %s, %s, signed in as %s: %s', async (_name, site, mailbox, as, expected) => {
	const before = await its.sql`select id, version from stored_tokens order by id`;
	const status = await its.openBrowser().signIn(as, mailbox, site);
	if (expected === 'ready') {
		expect(status).toMatchObject({ status: 'ready', site, email: mailbox });
		return;
	}
	expect(await its.sql`select id, version from stored_tokens order by id`).toEqual(before);
	if (expected === 'confirm') {
		expect(status).toEqual({ status: 'confirm', site, email: mailbox, signed_in_as: as });
		return;
	}
	expect(status).toMatchObject({
		status: 'failed',
		site,
		email: mailbox,
		problem: { code: expected },
	});
	// The words name both, so that the visitor sees the mistake.
	if (status.status !== 'failed') return;
	expect(status.problem.explanation).toContain(as);
	expect(status.problem.explanation).toContain(mailbox);
});

test('a site that is bound to tenants alone asks nobody who owns the domain', async () => {
	await its.openBrowser().signIn(MAILBOX, MAILBOX, BY_TENANT);
	await its.openBrowser().signIn('sam@othercompany.com', 'sam@othercompany.com', BY_TENANT);
	expect(lookUps('mycompany.com') + lookUps('othercompany.com')).toBe(
		its.asked.filter((url) => /company\.com\/v2\.0/.test(url)).length,
	);
	expect(await keptDomains()).toEqual([]);
});

describe('whose name an account bears', () => {
	test.each<[string, JWTPayload, string]>([
		['the name in other capitals', { preferred_username: 'EQUIS@MyCompany.com' }, 'ready'],
		[
			'another name, and the mailbox as verified address',
			{ preferred_username: 'e.quis@mycompany.com', verified_primary_email: [MAILBOX] },
			'ready',
		],
		[
			'another name, and the mailbox as second verified address',
			{
				preferred_username: 'e.quis@mycompany.com',
				verified_primary_email: [],
				verified_secondary_email: ['x@mycompany.com', 'Equis@mycompany.com'],
			},
			'ready',
		],
		[
			'the mailbox as e-mail claim only, which anybody can set',
			{ preferred_username: 'pat@mycompany.com', verified_primary_email: [], email: MAILBOX },
			'confirm',
		],
		[
			'the mailbox in upn and unique_name only',
			{
				preferred_username: 'pat@mycompany.com',
				verified_primary_email: [],
				upn: MAILBOX,
				unique_name: MAILBOX,
			},
			'confirm',
		],
		[
			'no name at all',
			{ preferred_username: undefined, verified_primary_email: undefined },
			'confirm',
		],
		[
			'names that are no texts',
			{ preferred_username: [MAILBOX], verified_primary_email: { 0: MAILBOX } },
			'confirm',
		],
	])('%s', async (_name, claims, expected) => {
		claimsChanged(claims);
		const status = await its.openBrowser().signIn();
		expect(status.status === 'failed' ? status.problem.code : status.status).toBe(expected);
	});

	test('the right name in another tenant is another organisation', async () => {
		const base = its.practice.authority;
		claimsChanged({ tid: OTHER_COMPANY, iss: `${base}/${OTHER_COMPANY}/v2.0` });
		expect(await its.openBrowser().signIn()).toMatchObject({
			problem: { code: 'organisation_not_allowed' },
		});
	});
});

describe('who owns a domain', () => {
	test('is asked once, and kept', async () => {
		const before = lookUps('mycompany.com');
		await its.openBrowser().signIn();
		await its.openBrowser().signIn();
		await its.openBrowser().signIn('pat@mycompany.com', MAILBOX, ANY);
		expect(lookUps('mycompany.com')).toBe(before + 1);
		expect(await keptDomains()).toEqual([['mycompany.com', MY_COMPANY]]);
	});

	test('is asked again when the account is of another tenant than the kept one: domains move', async () => {
		expect(await its.openBrowser().signIn()).toMatchObject({ status: 'ready' });
		await its.sql`update mail_domain_tenants set tenant_id = ${OTHER_COMPANY}`;
		expect(await its.openBrowser().signIn()).toMatchObject({ status: 'ready' });
		expect(await keptDomains()).toEqual([['mycompany.com', MY_COMPANY]]);
	});

	test('is asked again when Microsoft did not know the domain: at each start and each return', async () => {
		const before = lookUps('nowhere.example');
		await its.openBrowser().signIn(MAILBOX, 'a@nowhere.example', ANY);
		await its.openBrowser().signIn(MAILBOX, 'a@nowhere.example', ANY);
		expect(lookUps('nowhere.example')).toBe(before + 4);
		expect(await keptDomains()).toEqual([]);
	});

	const issuer =
		(text: unknown, more = '') =>
		() =>
			Promise.resolve(Response.json({ issuer: text, more }));
	test.each<[string, () => Promise<Response>]>([
		['no connection', () => Promise.reject(new TypeError('fetch failed'))],
		['no answer in time', () => Promise.reject(new DOMException('timed out', 'TimeoutError'))],
		['status 500', () => Promise.resolve(new Response('<html>', { status: 500 }))],
		['status 500 in JSON', () => Promise.resolve(Response.json({}, { status: 500 }))],
		['status 429', () => Promise.resolve(Response.json({}, { status: 429 }))],
		['status 404', () => Promise.resolve(Response.json({}, { status: 404 }))],
		['no JSON', () => Promise.resolve(new Response('hello'))],
		['a list', () => Promise.resolve(Response.json([]))],
		['a document without end', issuer(`https://x/${MY_COMPANY}/v2.0`, 'x'.repeat(1_000_000))],
		['no issuer', issuer(undefined)],
		['an issuer that is a list', issuer([MY_COMPANY])],
		['an issuer of no tenant', issuer('https://login.example.com/{tenantid}/v2.0')],
	])(
		'%s: Microsoft is unreachable, nothing is kept, and the next sign-in works',
		async (_name, failing) => {
			its.intercept((url) => (url.includes('/mycompany.com/') ? failing() : undefined));
			expect(await its.openBrowser().signIn()).toMatchObject({
				status: 'failed',
				problem: { code: 'microsoft_unreachable', who: 'nobody' },
			});
			expect(await keptDomains()).toEqual([]);
			its.letThrough();
			expect(await its.openBrowser().signIn()).toMatchObject({ status: 'ready' });
		},
	);

	test('is asked of the configured Microsoft, without redirects and with a time limit', async () => {
		let sent: RequestInit | undefined;
		its.intercept((url, answer, init) => {
			if (!url.includes('/mycompany.com/')) return undefined;
			expect(url).toBe(
				`${its.practice.authority}/mycompany.com/v2.0/.well-known/openid-configuration`,
			);
			sent = init;
			return answer();
		});
		await its.openBrowser().signIn();
		expect(sent).toMatchObject({ redirect: 'error', signal: anySignal });
	});
});

test.each([
	['is disabled', 'site_not_registered'],
	['takes the mailbox no longer', 'mailbox_not_allowed'],
])('a site that %s while somebody is at Microsoft: %s', async (how, code) => {
	const url = `https://${code.replaceAll('_', '-')}.example.com`;
	const bounds = { mailDomains: ['mycompany.com', 'othercompany.com'], tenants: [MY_COMPANY] };
	await its.app.registerSite({ url, name: 'x', anyMailbox: false, ...bounds });
	const browser = its.openBrowser();
	const started = await browser.begin(MAILBOX, url);
	const answer = await signInAtMicrosoft(its.app, started, MAILBOX);
	if (how === 'is disabled') await its.app.disableSite(url);
	else {
		const nothing = { addMailDomains: [], addTenants: [], removeTenants: [] };
		await its.app.changeSite(url, { ...nothing, removeMailDomains: ['mycompany.com'] });
	}
	await browser.redeem(started, answer);
	const status = await browser.status(started.sign_in);
	expect(status).toMatchObject({ status: 'failed', problem: { code, who: 'operator' } });
	expect(
		await its.sql`select from stored_tokens join sites on sites.id = site_id where url = ${url}`,
	).toEqual([]);
});
