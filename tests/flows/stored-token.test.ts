// The number of the identifier: the same for the same site, mailbox and Microsoft account, another for anybody else, and
// none that was revoked comes back.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createVault } from '../../src/lib/server/vault/vault.ts';
import { parseIdentifier } from '../../src/lib/domain/identifier.ts';
import { allPages } from '../support/all-pages.ts';
import { anyText } from '../support/matchers.ts';
import {
	MAILBOX,
	signInAtMicrosoft,
	SITE,
	startTestHelper,
	type TestHelper,
} from '../support/test-helper.ts';
import { VISITOR } from '../support/visitor.ts';

const SECOND = 'https://second.example.com';
const oid = (digit: number) => `${digit}`.repeat(8) + '-1111-4111-8111-111111111111';

let its: TestHelper;
beforeAll(async () => {
	its = await startTestHelper();
	await its.app.registerSite({
		url: SECOND,
		name: 'x',
		mailDomains: ['mycompany.com'],
		tenants: [],
		anyMailbox: false,
	});
});
afterAll(() => its.stop());
beforeEach(async () => {
	await its.app.workDone(10_000);
	await its.sql`truncate stored_tokens, sign_ins cascade`;
	its.clock.reset();
});

async function numberOf(mailbox = MAILBOX, site = SITE, objectId?: string): Promise<number> {
	if (objectId) {
		its.practice.nextTokenAnswer({
			kind: 'claims',
			change: (claims) => ({ ...claims, oid: objectId }),
		});
	}
	const status = await its.openBrowser().signIn(mailbox, mailbox, site);
	if (status.status !== 'ready') throw new Error(JSON.stringify(status));
	const identifier = parseIdentifier(status.identifier);
	if (!identifier) throw new Error(status.identifier);
	// The check of the mailbox that was just connected writes to the rows that the tests change.
	await its.app.workDone(10_000);
	return identifier.number;
}

async function rowOf(number: number) {
	const [row] = await its.sql`select * from stored_tokens where id = ${number}`;
	return row;
}

test('signing in again keeps the number and renews the token behind it', async () => {
	const first = await numberOf();
	const before = await rowOf(first);
	its.clock.advance(60_000);
	expect(await numberOf('Equis@MyCompany.com')).toBe(first);
	const after = await rowOf(first);
	expect(await its.sql`select 1 from stored_tokens`).toHaveLength(1);
	expect(after).toMatchObject({
		state: 'active',
		version: 2,
		created_at: before?.['created_at'] as unknown,
	});
	expect(after?.['last_refreshed_at']).toEqual(its.clock.now());
	expect(after?.['sealed_refresh_token']).not.toBe(before?.['sealed_refresh_token']);
	const opened = createVault(its.keys).open(String(after?.['sealed_refresh_token']), {
		table: 'stored_tokens',
		column: 'sealed_refresh_token',
		row: first,
		site: its.siteId,
		mailbox: MAILBOX,
	});
	expect(opened).toBe(
		its.practice.issued().findLast(({ kind }) => kind === 'refresh_token')?.value,
	);
});

test('the number is the row’s id', async () => {
	const number = await numberOf();
	expect(await rowOf(number)).toMatchObject({ mailbox: MAILBOX });
});

test('the number is 15 random digits: of the next one it says nothing', async () => {
	const [first, second] = [await numberOf(), await numberOf('pat@mycompany.com')];
	for (const number of [first, second]) expect(String(number)).toMatch(/^[1-9][0-9]{14}$/);
	// Two random ones are this close once in four million runs.
	expect(Math.abs(first - second), `${first} and ${second}`).toBeGreaterThan(100_000_000);
});

test('a number that is taken, be it by a revoked token, is drawn anew', async () => {
	const first = await numberOf();
	await its.sql`update stored_tokens set state = 'revoked', sealed_refresh_token = null`;
	its.drawNumbers(first, first, 777_777_777_777_777);
	expect(await numberOf('pat@mycompany.com')).toBe(777_777_777_777_777);
	expect(await rowOf(first)).toMatchObject({ mailbox: MAILBOX, state: 'revoked' });
});

test('a number from before numbers were random stays valid', async () => {
	its.drawNumbers(41_823);
	expect(await numberOf()).toBe(41_823);
	its.clock.advance(60_000);
	expect(await numberOf()).toBe(41_823);
});

test('a site, an owner and the operator see tokens by when they were stored', async () => {
	its.drawNumbers(900_000_000_000_000, 500_000_000_000_000, 100_000_000_000_000);
	const owner = its.openBrowser();
	await owner.signIn(MAILBOX);
	its.clock.advance(1_000);
	await its.openBrowser().signIn('pat@mycompany.com');
	its.clock.advance(1_000);
	await owner.signIn(MAILBOX, MAILBOX, SECOND);
	const firstDigits = (tokens: readonly { identifier: string }[] | undefined) =>
		tokens?.map(({ identifier }) => String(parseIdentifier(identifier)?.number)[0]).join('');
	const { app } = its;
	const session = await app.findSession(owner.cookie);
	expect({
		site: firstDigits((await app.forSite(its.siteKey, VISITOR).listTokens()).tokens),
		operator: firstDigits(await allPages(app.listTokens())),
		owner: firstDigits(await app.forVisitor(VISITOR).listOwnMailboxes(session)),
	}).toEqual({ site: '95', operator: '951', owner: '91' });
});

describe('another number for', () => {
	test('another Microsoft account', async () => {
		const [mine, theirs] = [await numberOf(), await numberOf(MAILBOX, SITE, oid(2))];
		expect(theirs).not.toBe(mine);
		expect(await numberOf(MAILBOX, SITE, oid(2))).toBe(theirs);
		expect(await numberOf()).toBe(mine);
	});

	test('another mailbox, and another site', async () => {
		const numbers = [
			await numberOf(),
			await numberOf('pat@mycompany.com'),
			await numberOf(MAILBOX, SECOND),
		];
		expect(new Set(numbers).size).toBe(3);
	});

	test('the same account after its token was revoked: the old number never comes back', async () => {
		const first = await numberOf();
		await its.sql`
			update stored_tokens set state = 'revoked', sealed_refresh_token = null, sealed_access_token = null`;
		const second = await numberOf();
		expect(second).not.toBe(first);
		expect(await numberOf()).toBe(second);
		expect(await rowOf(first)).toMatchObject({
			state: 'revoked',
			sealed_refresh_token: null,
			sealed_access_token: null,
		});
	});
});

test.each(['degraded', 'sign_in_required'])(
	'a token that is %s is active again, behind its number',
	async (state) => {
		const first = await numberOf();
		await its.sql`update stored_tokens set state = ${state}`;
		expect(await numberOf()).toBe(first);
		expect(await rowOf(first)).toMatchObject({ state: 'active' });
	},
);

test('a sign-in that failed leaves the token as it is', async () => {
	const number = await numberOf();
	const before = await rowOf(number);
	its.practice.nextTokenAnswer({ kind: 'claims', change: (claims) => ({ ...claims, nonce: 'x' }) });
	expect(await its.openBrowser().signIn()).toMatchObject({ status: 'failed' });
	expect(await its.openBrowser().signIn('sam@othercompany.com', MAILBOX)).toMatchObject({
		status: 'failed',
	});
	expect(await rowOf(number)).toEqual(before);
});

test('four sign-ins of one account at the same time end at one row', async () => {
	const ready = await Promise.all(
		Array.from({ length: 4 }, async () => {
			const browser = its.openBrowser();
			const started = await browser.begin();
			return { browser, started, answer: await signInAtMicrosoft(its.app, started) };
		}),
	);
	// All four look for the row before any of them can write it.
	const other = await its.sql.reserve();
	await other`begin`;
	await other`lock table stored_tokens in exclusive mode`;
	const redeeming = ready.map(({ browser, started, answer }) => browser.redeem(started, answer));
	const waiting = () => its.sql`
		select pid from pg_stat_activity
		where datname = current_database() and application_name = 'mailkey' and wait_event_type = 'Lock'`;
	await expect.poll(async () => (await waiting()).length, { timeout: 5_000, interval: 10 }).toBe(4);
	await other`commit`;
	other.release();
	expect((await Promise.all(redeeming)).map(({ kind }) => kind)).toEqual(
		ready.map(() => 'redeemed'),
	);
	const statuses = await Promise.all(ready.map(({ browser }) => browser.status('current')));
	const identifiers = statuses.map((status) => status.status === 'ready' && status.identifier);
	expect(identifiers).toEqual(ready.map(() => anyText));
	expect(new Set(identifiers).size).toBe(1);
	expect(await its.sql`select version from stored_tokens`).toEqual([{ version: 4 }]);
});

test('sign-ins of different accounts at the same time end at different rows', async () => {
	const mailboxes = Array.from({ length: 6 }, (_, index) => `user${index}@mycompany.com`);
	const numbers = await Promise.all(mailboxes.map((mailbox) => numberOf(mailbox)));
	expect(new Set(numbers).size).toBe(6);
});
