// How often something may be begun: per client address, per mailbox and per site key; over all instances, without
// anything that was entered being lost, and without the limits becoming a fault of their own.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientAddressOf } from '../../src/lib/server/client-address.ts';
import { connectDatabase } from '../../src/lib/server/database/connection.ts';
import { createRequestCountStore } from '../../src/lib/server/limits/request-count-store.ts';
import { createTokenBuckets } from '../../src/lib/server/limits/token-buckets.ts';
import { provideApp } from '../../src/lib/server/app/app-instance.ts';
import { startWebServer, type WebServer } from '../../src/http/web-server.ts';
import { ensureBuilt } from '../../scripts/build.js';
import { findFreePort } from '../support/free-port.ts';
import { rawRequest } from '../support/raw-request.ts';
import {
	MAILBOX,
	signInAtMicrosoft,
	SITE,
	startTestHelper,
	type TestHelper,
} from '../support/test-helper.ts';

const MINUTE_MS = 60_000;
const ADDRESS_LIMIT = 6;
const MAILBOX_LIMIT = 4;
const RESOLVE_LIMIT = 2;

let its: TestHelper;
beforeAll(async () => {
	const limits = { address: ADDRESS_LIMIT, mailbox: MAILBOX_LIMIT, resolve: RESOLVE_LIMIT };
	its = await startTestHelper({ limits });
});
afterAll(() => its.stop());

/** Above that of the browsers. */
let lastAddress = 100;
const newAddress = () => clientAddressOf(`192.0.2.${(lastAddress += 1)}`);
let lastMailbox = 0;
const newMailbox = () => `box-${(lastMailbox += 1)}@mycompany.com`;

function startFrom(address = newAddress(), email = newMailbox(), site = SITE) {
	return its.app.forVisitor(address).beginSignIn(undefined, { site, email });
}

async function times(count: number, act: () => Promise<unknown>): Promise<void> {
	for (let turn = 0; turn < count; turn += 1) await act();
}

const tooMany = { name: 'Problem', code: 'too_many_requests' };

describe('starts', () => {
	test('from one client address are counted, whatever the mailbox, and begin again after ten minutes', async () => {
		const address = newAddress();
		await times(ADDRESS_LIMIT, () => startFrom(address));
		const refused = startFrom(address);
		await expect(refused).rejects.toMatchObject({ ...tooMany, retryAfterSeconds: 600 });
		its.clock.advance(4 * MINUTE_MS);
		await expect(startFrom(address)).rejects.toMatchObject({ retryAfterSeconds: 360 });
		its.clock.advance(6 * MINUTE_MS);
		await startFrom(address);
	});

	test('from another address are not held up', async () => {
		const address = newAddress();
		await times(ADDRESS_LIMIT, () => startFrom(address));
		await expect(startFrom(address)).rejects.toMatchObject(tooMany);
		await startFrom();
	});

	test('for one mailbox are counted, whatever the address and however it is written', async () => {
		await times(MAILBOX_LIMIT, () => startFrom(newAddress(), MAILBOX));
		await expect(startFrom(newAddress(), ' Equis@MyCompany.com ')).rejects.toMatchObject(tooMany);
		await startFrom();
	});

	test('that are refused for their site are counted too, so that sites cannot be tried out without end', async () => {
		const address = newAddress();
		const guess = () => startFrom(address, newMailbox(), 'https://guess.example.com');
		await times(ADDRESS_LIMIT, () => guess().catch(() => undefined));
		await expect(guess()).rejects.toMatchObject(tooMany);
	});

	test('and what is asked about a site before them are limited alike; what was entered rightly costs nothing', async () => {
		const address = newAddress();
		const ask = (entered: string) => its.app.forVisitor(address).findEnteredSite(entered);
		await times(2 * ADDRESS_LIMIT, () => ask(SITE));
		await times(ADDRESS_LIMIT, () => ask('https://guess.example.com'));
		await expect(ask('https://guess.example.com')).rejects.toMatchObject(tooMany);
		await expect(ask(SITE)).rejects.toMatchObject(tooMany);
		await startFrom(address);
	});

	test('that go on after a refusal are refused without asking the database', async () => {
		const address = newAddress();
		await times(ADDRESS_LIMIT, () => startFrom(address));
		await expect(startFrom(address)).rejects.toMatchObject(tooMany);
		await its.sql`alter table request_counts rename to request_counts_hidden`;
		try {
			await expect(startFrom(address)).rejects.toMatchObject(tooMany);
		} finally {
			await its.sql`alter table request_counts_hidden rename to request_counts`;
		}
	});

	test('that cannot be counted do not begin', async () => {
		await its.sql`alter table request_counts rename to request_counts_hidden`;
		try {
			await expect(startFrom()).rejects.toThrow();
		} finally {
			await its.sql`alter table request_counts_hidden rename to request_counts`;
		}
	});

	test('that were entered wrongly are not counted', async () => {
		const address = newAddress();
		await times(ADDRESS_LIMIT, () => startFrom(address, 'equis').catch(() => undefined));
		await startFrom(address);
	});

	test('that come all at once are as many as may be, and not one more', async () => {
		const address = newAddress();
		const all = await Promise.allSettled(Array.from({ length: 30 }, () => startFrom(address)));
		expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(ADDRESS_LIMIT);
	});

	test('are counted for all instances together', async () => {
		const address = newAddress();
		await times(ADDRESS_LIMIT, () => startFrom(address));
		const connection = connectDatabase(its.databaseUrl);
		try {
			const store = createRequestCountStore(connection.database);
			const limit = { max: ADDRESS_LIMIT, windowMs: 10 * MINUTE_MS, now: its.clock.now() };
			const counted = await store.count(`start address ${address}`, limit);
			expect(counted).toEqual({ fullUntil: expect.any(Date) as Date });
		} finally {
			await connection.close();
		}
	});
});

test.each<[string, (address: ReturnType<typeof newAddress>) => Promise<unknown>]>([
	[
		'posts of a code',
		(address) => {
			const input = { code: 'x', codeVerifier: 'y' };
			return its.app.forVisitor(address).redeemCode(undefined, 'current', input);
		},
	],
	[
		'approval links',
		(address) => its.app.forVisitor(address).makeApprovalLink({ site: SITE, email: MAILBOX }),
	],
	[
		'posts of the code of a visit',
		(address) => {
			const input = { code: 'x', codeVerifier: 'y' };
			return its.app.forVisitor(address).redeemVisit(undefined, 'x', input);
		},
	],
	[
		'look-ups of a mail domain',
		(address) => its.app.forVisitor(address).adviseOnMailDomain('mycompany.com' as never),
	],
])('%s are counted for themselves', async (_name, act) => {
	const address = newAddress();
	await times(ADDRESS_LIMIT, () => startFrom(address));
	await times(ADDRESS_LIMIT, () => act(address).catch(() => undefined));
	await expect(act(address)).rejects.toMatchObject(tooMany);
});

test('checks of one mailbox are counted, and the sign-in stays as it was', async () => {
	const browser = its.openBrowser();
	const started = await browser.begin('engine@mycompany.com');
	const { sign_in: id } = started;
	await browser.redeem(started, await signInAtMicrosoft(its.app, started, started.email));
	const session = await its.app.findSession(browser.cookie);
	const check = () => its.app.forVisitor(newAddress()).checkAgain(session, id);
	await times(MAILBOX_LIMIT, check);
	await expect(check()).rejects.toMatchObject(tooMany);
	const message = its.app.forVisitor(newAddress()).requestTestMessage(session, id);
	await expect(message).rejects.toMatchObject(tooMany);
	const [own] = (await its.app.forVisitor(newAddress()).listOwnMailboxes(session)) ?? [];
	const ownCheck = its.app.forVisitor(newAddress()).checkOwnMailbox(session, own?.number ?? 0);
	await expect(ownCheck).rejects.toMatchObject(tooMany);
	expect(await browser.status(id)).toMatchObject({ status: 'ready' });
});

test('visits begin under the same limit as sign-ins', async () => {
	const address = newAddress();
	await times(ADDRESS_LIMIT, () => its.app.forVisitor(address).beginVisit(undefined));
	const next = its.app.forVisitor(address).beginVisit(undefined);
	await expect(next).rejects.toMatchObject(tooMany);
	await expect(startFrom(address)).rejects.toMatchObject(tooMany);
});

test('presses of “Use this account” are counted for their mailbox and for their address', async () => {
	const [one, two, three] = [await atConfirm(), await atConfirm(), await atConfirm()];
	await times(MAILBOX_LIMIT, () => one(newAddress()));
	await expect(one(newAddress())).rejects.toMatchObject(tooMany);
	const address = newAddress();
	await times(MAILBOX_LIMIT, () => two(address));
	await times(ADDRESS_LIMIT - MAILBOX_LIMIT, () => three(address));
	await expect(three(address)).rejects.toMatchObject(tooMany);
});

/** Somebody else than the mailbox signed in. */
async function atConfirm() {
	const { cookie, ...started } = await startFrom();
	const before = await its.app.findSession(cookie?.value);
	const answer = await signInAtMicrosoft(its.app, started, 'pat@mycompany.com');
	const redeemed = await its.app
		.forVisitor(newAddress())
		.redeemCode(before, started.sign_in, answer);
	if (redeemed.kind !== 'redeemed') throw new Error(redeemed.error);
	const session = await its.app.findSession(redeemed.cookie?.value);
	return (address: ReturnType<typeof newAddress>) =>
		its.app.forVisitor(address).confirmSignIn(session, started.sign_in);
}

test('asking what became of a sign-in is counted in memory, and a patient page never notices', async () => {
	const address = newAddress();
	const ask = () => its.app.forVisitor(address).signInStatus(undefined, 'current');
	await times(300, ask);
	const flood = Array.from({ length: 2_000 }, () => ask().catch(codeOf));
	expect(await Promise.all(flood)).toContain('too_many_requests');
	await expect(
		its.app.forVisitor(newAddress()).signInStatus(undefined, 'current'),
	).resolves.toEqual({ status: 'none' });
});

describe('over HTTP', () => {
	let server: WebServer;
	let port: number;
	const origin = 'http://localhost:3000';
	beforeAll(async () => {
		await ensureBuilt();
		port = await findFreePort();
		provideApp(its.app);
		const at = { origin, mode: 'live', port, host: '127.0.0.1', trustedProxies: 1 } as const;
		server = await startWebServer({ app: its.app, ...at, pages: 'built' });
	}, 120_000);
	afterAll(() => server.stop());

	const start = (forwardedFor: string, headers: Record<string, string> = {}) =>
		rawRequest(port, {
			method: 'POST',
			path: '/api/sign-ins',
			headers: {
				...{ origin, 'content-type': 'application/json', 'x-forwarded-for': forwardedFor },
				...headers,
			},
			body: JSON.stringify({ site: SITE, email: newMailbox() }),
		});

	test('the answer is 429 with Retry-After and a sentence, for the address that the proxy saw', async () => {
		for (let turn = 0; turn < ADDRESS_LIMIT; turn += 1) {
			const { status } = await start(`203.0.113.${turn}, 198.51.100.1`);
			expect(status).toBe(201);
		}
		const refused = await start('203.0.113.99, 198.51.100.1', {
			'x-real-ip': '203.0.113.98',
			x_forwarded_for: '203.0.113.97',
			'mailkey-client-address': '203.0.113.96',
			forwarded: 'for=203.0.113.95',
		});
		expect(refused.status).toBe(429);
		expect(Number(refused.headers['retry-after'])).toBeGreaterThan(500);
		expect(JSON.parse(refused.text)).toEqual({
			error: 'too_many_requests',
			message: 'This was done too often in a short time. Try again in 10 minutes.',
		});
		expect((await start('198.51.100.2')).status).toBe(201);
	});

	test('the site API answers in the same way', async () => {
		const key = `mksite_${'B'.repeat(43)}`;
		const ask = () =>
			rawRequest(port, {
				path: '/api/v1/tokens',
				headers: { authorization: `Bearer ${key}` },
			});
		const answers = await Promise.all(Array.from({ length: 60 }, ask));
		const refused = answers.find(({ status }) => status === 429);
		expect(refused?.headers['retry-after']).toBe('1');
		expect(JSON.parse(refused?.text ?? '')).toMatchObject({ error: 'too_many_requests' });
	});
});

describe('a site key', () => {
	const resolve = (key: string) =>
		its.app
			.forSite(key, newAddress())
			.resolveIdentifier({ identifier: `ExternalOAuthToken:1:${MAILBOX}`, minTtl: undefined });

	test('that floods is told to wait, and holds up no other site', async () => {
		const other = await its.app.registerSite({
			url: 'https://other.equisonline.com',
			name: 'Other site',
			mailDomains: ['mycompany.com'],
			tenants: [],
			anyMailbox: false,
		});
		const flood = Array.from({ length: 200 }, () => resolve(its.siteKey));
		const codes = await Promise.all(flood.map((asked) => asked.catch(codeOf)));
		const passed = codes.filter((code) => code === 'unknown_identifier').length;
		expect(passed).toBeGreaterThanOrEqual(RESOLVE_LIMIT * 10);
		expect(passed).toBeLessThan(RESOLVE_LIMIT * 10 + 20);
		expect(codes.filter((code) => code === 'too_many_requests')).toHaveLength(200 - passed);
		await expect(resolve(its.siteKey)).rejects.toMatchObject({ ...tooMany, retryAfterSeconds: 1 });
		await expect(resolve(other.key)).rejects.toMatchObject({ code: 'unknown_identifier' });
	});

	test('that nobody has is counted as well, before the database is asked', async () => {
		const unknown = `mksite_${'A'.repeat(43)}`;
		const codes = await Promise.all(
			Array.from({ length: 100 }, () => resolve(unknown).catch(codeOf)),
		);
		expect(new Set(codes)).toEqual(new Set(['invalid_site_key', 'too_many_requests']));
	});
});

function codeOf(error: unknown): unknown {
	return error instanceof Error && 'code' in error ? error.code : error;
}

describe('buckets', () => {
	test('hold a burst, and fill at their rate', () => {
		let ms = 0;
		const buckets = createTokenBuckets({ perSecond: 2, burst: 4 }, () => ms);
		expect([1, 2, 3, 4].map(() => buckets.take('a'))).toEqual([0, 0, 0, 0]);
		expect(buckets.take('a')).toBe(1);
		expect(buckets.take('b')).toBe(0);
		ms = 500;
		expect(buckets.take('a')).toBe(0);
		expect(buckets.take('a')).toBe(1);
		ms = 3_600_000;
		expect([1, 2, 3, 4].map(() => buckets.take('a'))).toEqual([0, 0, 0, 0]);
		expect(buckets.take('a')).toBe(1);
	});

	test('are forgotten when there are too many, the one that was used longest ago first', () => {
		const buckets = createTokenBuckets({ perSecond: 1, burst: 1 }, () => 0);
		buckets.take('old');
		buckets.take('kept');
		for (let key = 0; key < 19_998; key += 1) buckets.take(`key ${key}`);
		expect(buckets.take('kept')).toBe(1);
		buckets.take('one more');
		expect(buckets.take('kept')).toBe(1);
		expect(buckets.take('old')).toBe(0);
	});

	test('that are off give leave for ever', () => {
		const buckets = createTokenBuckets({ perSecond: 0, burst: 0 }, () => 0);
		expect(Array.from({ length: 1_000 }, () => buckets.take('a')).every((wait) => wait === 0)).toBe(
			true,
		);
	});
});
