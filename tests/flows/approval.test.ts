// Approval by an administrator: the link, and the return from Microsoft without any of our cookies.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { approvalMail, explainApprovalReturn } from '../../src/lib/problems/approval-words.ts';
import { anyText } from '../support/matchers.ts';
import {
	CLIENT_ID,
	MAILBOX,
	MY_COMPANY,
	SITE,
	startTestHelper,
	type TestHelper,
} from '../support/test-helper.ts';
import { VISITOR } from '../support/visitor.ts';

let its: TestHelper;
beforeAll(async () => {
	its = await startTestHelper();
});
afterAll(() => its.stop());

async function link(email = MAILBOX, site: unknown = SITE) {
	const request = await its.app.forVisitor(VISITOR).makeApprovalLink({ site, email });
	return { url: request.url, mail: approvalMail(request, 'en') };
}

async function stateOf(): Promise<string> {
	return new URL((await link()).url).searchParams.get('state') ?? '';
}

async function returned(query: Record<string, string>) {
	const visitor = its.app.forVisitor(VISITOR);
	const answer = await visitor.returnFromApproval(new URLSearchParams(query));
	return answer && explainApprovalReturn(answer, 'en');
}

describe('the link', () => {
	test('leads straight to Microsoft, with all that its page needs and nothing else', async () => {
		await its.sql`delete from mail_domain_tenants`;
		const url = new URL((await link()).url);
		expect(url.origin + url.pathname).toBe(
			`${its.practice.authority}/organizations/v2.0/adminconsent`,
		);
		expect(Object.fromEntries(url.searchParams)).toEqual({
			client_id: CLIENT_ID,
			scope: 'https://outlook.office.com/.default',
			redirect_uri: 'http://localhost:3000/microsoft365_oauth.html',
			state: anyText,
		});
	});

	test('names the organisation’s tenant once Microsoft has told it', async () => {
		await its.openBrowser().signIn();
		expect((await link()).url).toContain(`/${MY_COMPANY}/v2.0/adminconsent?`);
	});

	test('has another opaque state each time', async () => {
		const [a, b] = [await stateOf(), await stateOf()];
		expect(a).toMatch(/^[A-Za-z0-9_-]{22}$/);
		expect(b).not.toBe(a);
	});

	test('asks Microsoft nothing', async () => {
		const before = its.asked.length;
		await link('someone@nowhere.example');
		expect(its.asked).toHaveLength(before);
	});

	test('stands in an e-mail that names mailbox, site and what is approved', async () => {
		const { url, mail } = await link('Equis@MyCompany.com', 'MySite.EquisOnline.com/');
		expect(mail.subject).toContain('mycompany.com');
		for (const part of [url, MAILBOX, SITE, 'IMAP, POP and SMTP', 'seven days']) {
			expect(mail.text).toContain(part);
		}
		expect((await link(MAILBOX, 'no site')).mail.text).not.toContain('no site');
	});

	test.each(['', 'nonsense', '@mycompany.com', 5, undefined])(
		'is not made for %j',
		async (email) => {
			await expect(
				its.app.forVisitor(VISITOR).makeApprovalLink({ site: SITE, email }),
			).rejects.toMatchObject({
				code: 'invalid_input',
				fieldFaults: { email: expect.stringMatching(/^email_/) as string },
			});
		},
	);
});

describe('the return', () => {
	test('says approved, names the mail domain and nobody, and may be opened twice', async () => {
		const state = await stateOf();
		for (let round = 0; round < 2; round += 1) {
			const answer = await returned({ admin_consent: 'True', tenant: 'forged', state });
			expect(answer).toMatchObject({
				outcome: 'approved',
				title: 'Approved: mycompany.com, according to this link',
			});
			expect(JSON.stringify(answer)).not.toMatch(/equis|mysite|forged|@/i);
		}
	});

	test('claims nothing but that the link says so: anybody can make one', async () => {
		const state = await stateOf();
		for (const answer of [
			await returned({ admin_consent: 'True', state }),
			await returned({ error: 'access_denied', state }),
			await returned({ error: 'server_error', state }),
		]) {
			expect(answer?.title).toMatch(/according to this link$/);
			expect(answer?.explanation).toMatch(/^This link says that /);
		}
	});

	test('looks at the error first', async () => {
		const state = await stateOf();
		const description =
			'AADSTS65004: User declined. Correlation ID: 0197a1b2-0000-7000-8000-0000000000aa <b>x</b>';
		const answer = await returned({
			admin_consent: 'True',
			error: 'access_denied',
			error_description: description,
			state,
		});
		expect(answer).toMatchObject({
			outcome: 'not_approved',
			title: 'Not approved yet: mycompany.com, according to this link',
			reference: { code: 'AADSTS65004' },
		});
		expect(JSON.stringify(answer)).not.toContain('<b>');
		expect(await returned({ error: 'server_error', state })).toMatchObject({
			outcome: 'not_approved',
		});
		expect(await returned({ admin_consent: 'True', error: '', state })).toMatchObject({
			outcome: 'not_approved',
		});
		expect(await returned({ admin_consent: 'False', state })).toMatchObject({
			outcome: 'not_approved',
		});
	});

	test.each(['', 'x', 'AAAAAAAAAAAAAAAAAAAAAA', "' or 1=1 --", 'x'.repeat(100_000), '\0'])(
		'with a state that is none of ours counts for nothing (%#)',
		async (state) => {
			expect(await returned({ admin_consent: 'True', state })).toBeUndefined();
		},
	);

	test('with two states counts for nothing', async () => {
		const state = await stateOf();
		const query = new URLSearchParams([
			['admin_consent', 'True'],
			['state', state],
			['state', state],
		]);
		expect(await its.app.forVisitor(VISITOR).returnFromApproval(query)).toBeUndefined();
	});

	test('counts for a week', async () => {
		const state = await stateOf();
		const day = 24 * 60 * 60_000;
		its.clock.advance(6.9 * day);
		expect(await returned({ admin_consent: 'True', state })).toMatchObject({ outcome: 'approved' });
		its.clock.advance(0.2 * day);
		expect(await returned({ admin_consent: 'True', state })).toBeUndefined();
		its.clock.reset();
	});

	test('changes no sign-in', async () => {
		const browser = its.openBrowser();
		await browser.begin();
		const rows = () => its.sql`select * from sign_ins order by id`;
		const before = await rows();
		await returned({ admin_consent: 'True', state: await stateOf() });
		expect(await rows()).toEqual(before);
	});
});

describe('a mail domain', () => {
	const home = (domain: string) => its.app.forVisitor(VISITOR).adviseOnMailDomain(domain as never);
	test.each([
		['mycompany.com', { home: 'here' }],
		['nowhere.example', { home: 'not_at_microsoft' }],
		['govcompany.com', { home: 'other_cloud', cloud: 'us-gov' }],
		['defencecompany.com', { home: 'other_cloud', cloud: 'us-dod' }],
		['chinacompany.com', { home: 'other_cloud', cloud: 'china' }],
	])('%s', async (domain, expected) => {
		expect(await home(domain)).toEqual(expected);
	});

	test('that lives elsewhere is not kept, nor one that could not be looked up', async () => {
		await its.sql`delete from mail_domain_tenants`;
		await home('govcompany.com');
		its.intercept(() => Promise.reject(new TypeError('fetch failed')));
		expect(await home('mycompany.com')).toEqual({ home: 'unknown' });
		its.letThrough();
		expect(await its.sql`select * from mail_domain_tenants`).toHaveLength(0);
	});
});
