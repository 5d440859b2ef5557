// What somebody connected, and how they get to see it: after a sign-in, or by a visit that asks Microsoft for nothing but
// who they are.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StartedVisit } from '../../src/lib/domain/sign-in.ts';
import type { Session } from '../../src/lib/server/owners/sessions.ts';
import { returnOf } from '../../src/practice/microsoft/sign-in-at-microsoft.ts';
import {
	MAILBOX,
	OTHER_COMPANY,
	signInAtMicrosoft,
	SITE,
	startTestHelper,
	type TestBrowser,
	type TestHelper,
} from '../support/test-helper.ts';
import { VISITOR } from '../support/visitor.ts';

const OTHER = 'engine@mycompany.com';

let its: TestHelper;
beforeAll(async () => {
	its = await startTestHelper();
});
afterAll(() => its.stop());

const asVisitor = () => its.app.forVisitor(VISITOR);
const sessionOf = (cookie: string | undefined) => its.app.findSession(cookie);
const list = async (cookie: string | undefined) =>
	asVisitor().listOwnMailboxes(await sessionOf(cookie));

async function connect(account: string, mailbox = account): Promise<TestBrowser> {
	const browser = its.openBrowser();
	const status = await browser.signIn(account, mailbox);
	expect(status).toMatchObject({ status: 'ready' });
	return browser;
}

async function returned({ visit, nonce }: StartedVisit, account: string) {
	const { microsoft } = its.app.page;
	const request = { ...microsoft, scopes: microsoft.visitScopes };
	return returnOf({ ...request, sign_in: visit, nonce, email: account, choice: account });
}

/** The cookie of the browser afterwards. */
async function visit(account: string, session?: Session): Promise<string | undefined> {
	const { cookie, ...started } = await asVisitor().beginVisit(session);
	const answer = await returned(started, account);
	const result = await asVisitor().redeemVisit(
		await sessionOf(cookie?.value),
		started.visit,
		answer,
	);
	if (result.kind === 'refused') throw new Error(result.error);
	return result.cookie?.value;
}

describe('the list', () => {
	test('is there after a sign-in, with site, mailbox, since when, last use and identifier', async () => {
		const browser = await connect(MAILBOX);
		await its.app.workDone(5_000);
		expect(await list(browser.cookie)).toEqual([
			{
				number: expect.any(Number) as number,
				site: SITE,
				site_name: 'Practice site',
				identifier: expect.stringMatching(
					/^ExternalOAuthToken:\d+:equis@mycompany\.com$/,
				) as string,
				mailbox: MAILBOX,
				created_at: expect.stringMatching(/^\d{4}-/) as string,
				last_used_at: null,
				...{ protocols: ['imap', 'pop', 'smtp'], missing_rights: [] },
				signed_in_as: MAILBOX,
				needs_sign_in: false,
				sign_in_url: expect.stringMatching(/\?link=k1\.[\w-]{32}$/) as string,
				last_check: {
					at: expect.stringMatching(/^\d{4}-/) as string,
					checks: expect.objectContaining({ imap: expect.anything() as unknown }) as unknown,
				},
			},
		]);
	});

	test('is there after a visit, for the same account alone', async () => {
		await connect(OTHER);
		const cookie = await visit(OTHER);
		expect((await list(cookie))?.map(({ mailbox }) => mailbox)).toEqual([OTHER]);
	});

	test('is empty for somebody who connected nothing, and not there for a browser that nobody signed in with', async () => {
		expect(await list(await visit('pat@mycompany.com'))).toEqual([]);
		expect(await list(undefined)).toBeUndefined();
		const begun = its.openBrowser();
		await begun.begin();
		expect(await list(begun.cookie)).toBeUndefined();
	});

	test('is by organisation and object id, never by name', async () => {
		const name = 'box-renamed@mycompany.com';
		await connect(name);
		const change = (claims: object) => {
			its.practice.nextTokenAnswer({ kind: 'claims', change: (own) => ({ ...own, ...claims }) });
		};
		change({ oid: '0b1ec7ed-0000-4000-8000-000000000001' });
		expect(await list(await visit(name))).toEqual([]);
		const iss = `${its.practice.authority}/${OTHER_COMPANY}/v2.0`;
		change({ tid: OTHER_COMPANY, iss });
		expect(await list(await visit(name))).toEqual([]);
		expect(await list(await visit(name))).toHaveLength(1);
	});

	test('tells the last problem', async () => {
		const browser = await connect('box-problem@mycompany.com');
		await its.sql`update stored_tokens set state = 'sign_in_required', problem_code = 'sign_in_required',
			problem_reference = '{}' where mailbox = 'box-problem@mycompany.com'`;
		expect(await list(browser.cookie)).toMatchObject([
			{ needs_sign_in: true, last_problem: { code: 'sign_in_required', reference: {} } },
		]);
	});
});

describe('a visit', () => {
	test('asks Microsoft for nothing but who it is, and stores no token', async () => {
		const before = its.practice.requests.length;
		const [{ n: stored } = { n: -1 }] = await its.sql<{ n: number }[]>`
			select count(*)::int as n from stored_tokens`;
		await visit('box-visit@mycompany.com');
		const code = its.practice.requests.slice(before).find(({ kind }) => kind === 'code');
		expect(JSON.stringify(code)).not.toMatch(/IMAP|POP|SMTP|offline_access/);
		const [{ n: after } = { n: -1 }] = await its.sql<{ n: number }[]>`
			select count(*)::int as n from stored_tokens`;
		expect(after).toBe(stored);
	});

	test('is redeemed once, in the browser that began it, and for an hour', async () => {
		const { cookie, ...started } = await asVisitor().beginVisit(undefined);
		const answer = await returned(started, MAILBOX);
		const unknown = { name: 'Problem', code: 'unknown_sign_in' };
		const redeem = async (session: Session | undefined) =>
			asVisitor().redeemVisit(session, started.visit, answer);
		const stranger = await asVisitor().beginVisit(undefined);
		await expect(redeem(await sessionOf(stranger.cookie?.value))).rejects.toMatchObject(unknown);
		await expect(redeem(undefined)).rejects.toMatchObject(unknown);
		const session = await sessionOf(cookie?.value);
		expect(await redeem(session)).toMatchObject({ kind: 'redeemed' });
		await expect(redeem(session)).rejects.toMatchObject(unknown);
		const late = await asVisitor().beginVisit(undefined);
		const lateSession = await sessionOf(late.cookie?.value);
		its.clock.advance(60 * 60_000 + 1);
		await expect(asVisitor().redeemVisit(lateSession, late.visit, answer)).rejects.toMatchObject(
			unknown,
		);
		its.clock.reset();
	});

	test('that a session began is not redeemed once that session was replaced', async () => {
		const browser = its.openBrowser();
		const signIn = await browser.begin();
		const session = await sessionOf(browser.cookie);
		const begun = await asVisitor().beginVisit(session);
		const answer = await returned(begun, MAILBOX);
		const before = browser.cookie;
		await browser.redeem(signIn, await signInAtMicrosoft(its.app, signIn));
		const late = asVisitor().redeemVisit(await sessionOf(before), begun.visit, answer);
		await expect(late).rejects.toMatchObject({ name: 'Problem', code: 'unknown_sign_in' });
	});

	test('with the answer to another one signs nobody in', async () => {
		const { cookie, ...started } = await asVisitor().beginVisit(undefined);
		const other = await asVisitor().beginVisit(undefined);
		const answer = await returned(other, MAILBOX);
		const session = await sessionOf(cookie?.value);
		const result = await asVisitor().redeemVisit(session, started.visit, answer);
		expect(result).toMatchObject({ kind: 'refused', error: 'invalid_grant' });
		expect(await list(cookie?.value)).toBeUndefined();
	});

	test('gives the browser a new session when the person is known', async () => {
		const { cookie, ...started } = await asVisitor().beginVisit(undefined);
		const session = await sessionOf(cookie?.value);
		const result = await asVisitor().redeemVisit(
			session,
			started.visit,
			await returned(started, MAILBOX),
		);
		if (result.kind === 'refused') throw new Error(result.error);
		expect(result.cookie?.value).toMatch(/^[A-Za-z0-9_-]{43}$/);
		expect(result.cookie?.value).not.toBe(cookie?.value);
		expect(await list(cookie?.value)).toBeUndefined();
	});
});

describe('what is one’s own', () => {
	test('can be checked and revoked, and what is another’s cannot', async () => {
		const owner = await connect('box-own@mycompany.com');
		const stranger = await connect('box-stranger@mycompany.com');
		const [mine] = (await list(owner.cookie)) ?? [];
		const number = mine?.number ?? 0;
		const unknown = { name: 'Problem', code: 'unknown_identifier' };
		for (const cookie of [stranger.cookie, undefined]) {
			const session = await sessionOf(cookie);
			await expect(asVisitor().checkOwnMailbox(session, number)).rejects.toMatchObject(unknown);
			await expect(asVisitor().revokeOwnMailbox(session, number)).rejects.toMatchObject(unknown);
			await expect(asVisitor().revokeOwnMailbox(session, 999_999)).rejects.toMatchObject(unknown);
		}
		const session = await sessionOf(owner.cookie);
		const { checks } = await asVisitor().checkOwnMailbox(session, number);
		expect(Object.keys(checks).sort()).toEqual(['imap', 'pop', 'smtp']);
		await asVisitor().revokeOwnMailbox(session, number);
		expect(await list(owner.cookie)).toEqual([]);
		await expect(asVisitor().revokeOwnMailbox(session, number)).rejects.toMatchObject(unknown);
	});

	test('is not shown, checked or revoked from a session that was replaced', async () => {
		const browser = await connect('box-before@mycompany.com');
		const before = browser.cookie;
		const [mine] = (await list(before)) ?? [];
		const number = mine?.number ?? 0;
		expect(await browser.signIn('box-after@mycompany.com')).toMatchObject({ status: 'ready' });
		expect(browser.cookie).not.toBe(before);
		expect(await list(before)).toBeUndefined();
		const session = await sessionOf(before);
		const unknown = { name: 'Problem', code: 'unknown_identifier' };
		await expect(asVisitor().checkOwnMailbox(session, number)).rejects.toMatchObject(unknown);
		await expect(asVisitor().revokeOwnMailbox(session, number)).rejects.toMatchObject(unknown);
	});
});
