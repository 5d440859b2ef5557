// What a stranger without session or key can make the database do and keep: with ever new cookies, keys, ids and
// addresses, an IPv6 /48 of them included. The figures stand in the messages.

import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ensureBuilt } from '../../scripts/build.js';
import { provideApp } from '../../src/lib/server/app/app-instance.ts';
import type { AuditEvent } from '../../src/lib/domain/audit.ts';
import { createAuditTrail } from '../../src/lib/server/audit/audit-trail.ts';
import { clientAddressOf } from '../../src/lib/server/client-address.ts';
import { connectDatabase } from '../../src/lib/server/database/connection.ts';
import { createLookUpGuard } from '../../src/lib/server/limits/look-up-guard.ts';
import { createApprovalStore } from '../../src/lib/server/approvals/approval-store.ts';
import { createMailDomainStore } from '../../src/lib/server/sites/mail-domain-store.ts';
import { startWebServer, type WebServer } from '../../src/http/web-server.ts';
import { findFreePort } from '../support/free-port.ts';
import { rawRequest, type RawAnswer, type RawRequest } from '../support/raw-request.ts';
import { startStatementCount, type StatementCount } from '../support/statement-count.ts';
import {
	MAILBOX,
	signInAtMicrosoft,
	SITE,
	startTestHelper,
	type TestHelper,
} from '../support/test-helper.ts';

const origin = 'http://localhost:3000';
const ADDRESS_LIMIT = 60;
/** What one address may have looked up in vain at once. */
const ADDRESS_MISSES = 100;
/** Far more than that. */
const REQUESTS = 250;

let its: TestHelper;
let counter: StatementCount;
let server: WebServer;
let port: number;

beforeAll(async () => {
	await ensureBuilt();
	port = await findFreePort();
	its = await startTestHelper({
		limits: { address: ADDRESS_LIMIT },
		reachedAt: async (url) => (counter = await startStatementCount(url)).url,
	});
	provideApp(its.app);
	const at = { origin, mode: 'live', port, host: '127.0.0.1', trustedProxies: 1 } as const;
	server = await startWebServer({ app: its.app, ...at, pages: 'built' });
}, 120_000);
afterAll(async () => {
	await server.stop();
	await its.stop();
	await counter.stop();
});

let lastAddress = 0;
const newAddress = () => `198.51.100.${(lastAddress += 1)}`;
const made = () => randomBytes(32).toString('base64url');
const ids = () => randomBytes(16).toString('base64url');

type Flood = { answers: RawAnswer[]; statements: number; seconds: number };

/** Given back while the flood lasts, and what the helper does by itself meanwhile. */
const meanwhile = (seconds: number, perSecond: number) => 20 + seconds * (perSecond + 2);

type Asked = Omit<RawRequest, 'headers'> & { headers?: Record<string, string> };

/** The request, as often, from the address that each names. */
async function flood(
	count: number,
	requestOf: (turn: number) => Asked,
	address: string | ((turn: number) => string),
): Promise<Flood> {
	const [before, begun] = [counter.count(), performance.now()];
	const answers: RawAnswer[] = [];
	const ask = async (turn: number) => {
		const { headers, ...rest } = requestOf(turn);
		const from = typeof address === 'string' ? address : address(turn);
		const all = { origin, 'x-forwarded-for': from, ...headers };
		answers.push(await rawRequest(port, { ...rest, headers: all }));
	};
	for (let turn = 0; turn < count; turn += 25) {
		await Promise.all(Array.from({ length: Math.min(25, count - turn) }, (_, i) => ask(turn + i)));
	}
	const seconds = Math.ceil((performance.now() - begun) / 1000);
	return { answers, statements: counter.count() - before, seconds };
}

const statusesOf = (answers: RawAnswer[]) => [...new Set(answers.map(({ status }) => status))];

/** A browser with a session of its own, from an address of its own. */
async function openSession(): Promise<{ cookie: string; id: string }> {
	const { headers, text } = await rawRequest(port, {
		method: 'POST',
		path: '/api/sign-ins',
		headers: { origin, 'content-type': 'application/json', 'x-forwarded-for': newAddress() },
		body: JSON.stringify({ site: SITE, email: MAILBOX }),
	});
	const cookie = headers['set-cookie']?.[0]?.split(';')[0] ?? '';
	return { cookie, id: (JSON.parse(text) as { sign_in: string }).sign_in };
}

const withCookie = (path: string, method = 'GET') => ({
	...{ method, path },
	headers: { cookie: `mailkey=${made()}` },
});
const withKey = (path: string, method: string, body?: string) => ({
	...{ method, path, ...(body !== undefined && { body }) },
	headers: { authorization: `Bearer mksite_${made()}`, 'content-type': 'application/json' },
});

describe('look-ups of what is made up', () => {
	test.each<[string, () => Asked, number]>([
		['session cookies', () => withCookie('/api/sign-ins/current'), 200],
		['session cookies to sign out', () => withCookie('/api/sign-out', 'POST'), 204],
		['session cookies to see mailboxes', () => withCookie('/mailboxes'), 200],
		['session cookies at the page', () => withCookie('/microsoft365_oauth.html'), 200],
		['logos of sites', () => ({ path: `/logo/${made()}` }), 404],
		['site keys', () => withKey('/api/v1/tokens', 'GET'), 401],
		['site keys to resolve', () => withKey('/api/v1/resolve', 'POST', '{"identifier":"x"}'), 401],
		['site keys to revoke', () => withKey('/api/v1/tokens/1', 'DELETE'), 401],
		[
			'approval states',
			() => ({ path: `/microsoft365_oauth.html?state=${ids()}&admin_consent=True` }),
			303,
		],
	])('%s are answered from memory once a hundred were made up', async (_name, requestOf, first) => {
		const { answers, statements, seconds } = await flood(REQUESTS, requestOf, newAddress());
		expect(answers[0]?.status).toBe(first);
		const most = ADDRESS_MISSES + meanwhile(seconds, 1);
		const told = `${statements} statements for ${REQUESTS} requests`;
		expect(statements, told).toBeLessThanOrEqual(most);
		expect(statements, told).toBeGreaterThan(50);
		const refused = answers.filter(({ status }) => status === 429);
		expect(refused.length).toBeGreaterThanOrEqual(REQUESTS - most);
		for (const { headers } of refused) expect(headers['retry-after']).toMatch(/^[1-9]\d*$/);
	});

	test.each<[string, string, string]>([
		['GET', '', ''],
		['POST', '/confirm', ''],
		['POST', '/checks', ''],
		['POST', '/test-message', ''],
		['POST', '/revoke', ''],
		['POST', '/refusal', '{"error":"x"}'],
	])('ids of sign-ins with a session of one’s own: %s %s', async (method, act, body) => {
		const { cookie } = await openSession();
		const requestOf = () => ({
			...{ method, path: `/api/sign-ins/${ids()}${act}` },
			headers: { cookie, 'content-type': 'application/json' },
			...(body !== '' && { body }),
		});
		const { answers, statements, seconds } = await flood(150, requestOf, newAddress());
		// One for the session, which is there, and one for each that is not.
		const most = 150 + ADDRESS_MISSES + meanwhile(seconds, 1);
		expect(statements, `${statements} statements`).toBeLessThanOrEqual(most);
		expect(statusesOf(answers).sort()).toEqual([404, 429]);
	});

	test('numbers of mailboxes with a session of one’s own', async () => {
		const { cookie } = await openSession();
		const requestOf = (turn: number) => ({
			...{ method: 'POST', path: `/api/mailboxes/${turn + 1}/revoke` },
			headers: { cookie },
		});
		const { answers } = await flood(150, requestOf, newAddress());
		expect(statusesOf(answers).sort()).toEqual([404, 429]);
	});

	test('a flood with a session that there is is its own', async () => {
		const [{ cookie, id }, other] = [await openSession(), await openSession()];
		const address = newAddress();
		const read = (its: string, of: string) => () => ({
			path: `/api/sign-ins/${of}`,
			headers: { cookie: its },
		});
		const { answers, statements, seconds } = await flood(500, read(cookie, id), address);
		expect(statusesOf(answers).sort()).toEqual([200, 429]);
		// Two for each that is let through: 200 at once, and 20 a second.
		const most = 400 + meanwhile(seconds, 40);
		expect(statements, `${statements} statements for 500 requests`).toBeLessThanOrEqual(most);
		expect((await flood(20, read(other.cookie, other.id), address)).answers[0]?.status).toBe(200);
	});

	test('cost an IPv6 /48 no more than a thousand statements, from however many of its networks', async () => {
		const { answers, statements, seconds } = await flood(
			1_500,
			() => withCookie('/api/sign-ins/current'),
			(turn) => `2001:db8:48:${turn.toString(16)}::1`,
		);
		const most = 1_000 + meanwhile(seconds, 10);
		expect(statements, `${statements} statements for 1500 requests`).toBeLessThanOrEqual(most);
		expect(statusesOf(answers).sort()).toEqual([200, 429]);
	}, 60_000);
});

describe('honest users behind an address that floods', () => {
	let address: string;
	let known: { cookie: string; id: string };
	beforeAll(async () => {
		address = newAddress();
		known = await openSession();
		const { answers } = await flood(300, () => withCookie('/api/sign-ins/current'), address);
		expect(statusesOf(answers)).toContain(429);
	});

	const ask = (sent: Asked) => flood(1, () => sent, address).then(({ answers }) => answers[0]!);
	/** What came back since the flood is used up again, however long the tests in between took. */
	const floodAgain = () => flood(150, () => withCookie('/api/sign-ins/current'), address);

	test('go on with the session and the key that they have', async () => {
		const own = await ask({ path: `/api/sign-ins/${known.id}`, headers: { cookie: known.cookie } });
		expect([own.status, JSON.parse(own.text)]).toEqual([
			200,
			expect.objectContaining({ status: 'started' }),
		]);
		const headers = { authorization: `Bearer ${its.siteKey}` };
		await flood(1, () => ({ path: '/api/v1/tokens', headers }), newAddress());
		const listed = await ask({ path: '/api/v1/tokens', headers });
		expect(listed.status).toBe(200);
	});

	test('see a whole sign-in through', async () => {
		const browser = its.openBrowser();
		const started = await browser.begin();
		const answer = await signInAtMicrosoft(its.app, started);
		const from = its.app.forVisitor(clientAddressOf(address));
		const session = await its.app.findSession(browser.cookie);
		const redeemed = await from.redeemCode(session, started.sign_in, answer);
		if (redeemed.kind === 'refused') throw new Error(redeemed.error);
		const cookie = `mailkey=${redeemed.cookie?.value}`;
		const path = `/api/sign-ins/${started.sign_in}`;
		const status = await ask({ path, headers: { cookie } });
		expect(JSON.parse(status.text)).toMatchObject({ status: 'ready' });
		expect((await ask({ path: '/mailboxes', headers: { cookie } })).status).toBe(200);
	});

	test('begin a sign-in, as nothing has to be looked up that could be missing', async () => {
		const { status } = await ask({
			...{ method: 'POST', path: '/api/sign-ins' },
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify({ site: SITE, email: 'box-honest@mycompany.com' }),
		});
		expect(status).toBe(201);
	});

	test('are told when to come again, by the API in its usual shape', async () => {
		await floodAgain();
		const { status, headers, text } = await ask(withCookie('/api/sign-ins/current'));
		expect([status, JSON.parse(text)]).toEqual([
			429,
			{ error: 'too_many_requests', message: expect.stringMatching(/second/) as string },
		]);
		expect(headers['retry-after']).toMatch(/^[1-9]\d*$/);
		const site = await ask(withKey('/api/v1/tokens', 'GET'));
		expect([site.status, JSON.parse(site.text)]).toMatchObject([
			429,
			{ error: 'too_many_requests' },
		]);
	});

	test('get a page that can be read and used, with 429 and Retry-After', async () => {
		await floodAgain();
		for (const [path, heading] of [
			['/microsoft365_oauth.html', 'OAuth sign-in for Microsoft 365 email'],
			['/mailboxes', 'mailboxes'],
		] as const) {
			const { status, headers, text } = await ask(withCookie(path));
			expect(status, path).toBe(429);
			expect(headers['retry-after']).toMatch(/^[1-9]\d*$/);
			expect(headers['content-type']).toContain('text/html');
			expect(text).toContain(heading);
		}
		const filled = await ask(withCookie(`/microsoft365_oauth.html?site=${SITE}&email=${MAILBOX}`));
		expect(filled.status).toBe(200);
	});
});

test('readiness costs a few statements however often it is asked for', async () => {
	const ready = () => ({ path: '/readyz' });
	const { answers, statements, seconds } = await flood(300, ready, newAddress());
	expect(statusesOf(answers)).toEqual([200]);
	const most = meanwhile(seconds, 8);
	expect(statements, `${statements} statements for 300 requests`).toBeLessThanOrEqual(most);
});

describe('what an IPv6 /48 can have written', () => {
	const from = (turn: number) => clientAddressOf(`2001:db8:57:${turn.toString(16)}::1`);

	test.each<[string, string, (turn: number) => Promise<unknown>]>([
		[
			'approvals',
			'approvals',
			(turn) =>
				its.app
					.forVisitor(from(turn))
					.makeApprovalLink({ site: SITE, email: `a@d${turn}.example.com` }),
		],
		['visits', 'visits', (turn) => its.app.forVisitor(from(turn)).beginVisit(undefined)],
	])(
		'%s: as much as ten addresses',
		async (_name, table, act) => {
			const rows = async (of: string) =>
				Number((await its.sql`select count(*)::int as n from ${its.sql(of)}`)[0]?.['n']);
			const [before, countsBefore] = [await rows(table), await rows('request_counts')];
			for (let turn = 0; turn < 700; turn += 50) {
				const some = Array.from({ length: 50 }, (_, i) => act(turn + i).catch(() => undefined));
				await Promise.all(some);
			}
			const added = (await rows(table)) - before;
			expect(added, `${added} rows from 700 networks`).toBe(10 * ADDRESS_LIMIT);
			const counts = (await rows('request_counts')) - countsBefore;
			expect(counts, `${counts} counts`).toBeLessThanOrEqual(10 * ADDRESS_LIMIT + 1);
		},
		60_000,
	);
});

describe('the audit trail', () => {
	const refused = async () =>
		its.app.auditWritten().then(
			() => its.sql<{ actor: string; detail: string }[]>`
			select actor, detail from audit_events
			where event = 'refused' and detail like '%site_not_registered%' order by id`,
		);

	test('notes a hundred refusals of a kind in an hour, over all addresses, and then their number', async () => {
		const guess = (turn: number) =>
			its.app
				.forVisitor(clientAddressOf(`203.0.${turn >> 8}.${turn & 255}`))
				.beginSignIn(undefined, { site: 'https://guess.example.com', email: MAILBOX })
				.catch(() => undefined);
		for (let turn = 0; turn < 600; turn += 50) {
			await Promise.all(Array.from({ length: 50 }, (_, i) => guess(turn + i)));
		}
		const during = await refused();
		expect(during.length, `${during.length} rows for 600 refusals`).toBe(100);
		its.clock.advance(60 * 60_000);
		await its.app.auditWritten();
		its.clock.reset();
		const after = await refused();
		expect(after.slice(100)).toEqual([
			{
				actor: 'helper',
				detail: expect.stringMatching(
					/^site_not_registered: 500 more in the hour from \d{4}-\d\d-\d\dT\d\d:00Z$/,
				) as string,
			},
		]);
	}, 60_000);

	test('notes as much of starts and failures in an hour as a busy helper has, and then their number', async () => {
		const written: AuditEvent[] = [];
		let at = new Date('2026-11-26T05:10:00Z');
		const audits = {
			add: (events: readonly AuditEvent[]) => Promise.resolve(void written.push(...events)),
			async *list() {},
		};
		const trail = createAuditTrail({ now: () => at, audits, log: undefined as never });
		const note = trail.by({ actor: 'visitor' });
		for (let turn = 0; turn < 6_000; turn += 1) {
			note({ event: 'sign_in_started' });
			note({ event: 'sign_in_failed', detail: turn % 2 ? 'cancelled_at_microsoft' : 'other' });
		}
		note({ event: 'token_stored' });
		await trail.write();
		expect(written).toHaveLength(10_001);
		at = new Date('2026-11-26T06:00:00Z');
		await trail.write();
		note({ event: 'sign_in_started' });
		await trail.finish();
		const told = written.slice(10_001).map(({ event, detail }) => [event, detail]);
		expect(told).toEqual([
			['sign_in_started', '1000 more in the hour from 2026-11-26T05:00Z'],
			['sign_in_failed', '1000 more in the hour from 2026-11-26T05:00Z'],
			['sign_in_started', undefined],
		]);
	});
});

test('of approval links and of the tenants of mail domains, the newest are kept', async () => {
	const connection = connectDatabase(its.databaseUrl);
	try {
		await its.sql`truncate approvals, mail_domain_tenants`;
		await its.sql`insert into approvals select 'state ' || n, 'example.com', now() - n * interval '1 s'
			from generate_series(1, 50) as n`;
		await its.sql`insert into mail_domain_tenants select n || '.example.com', 'x', now() - n * interval '1 s'
			from generate_series(1, 50) as n`;
		const before = new Date(Date.now() - 45_000);
		await createApprovalStore(connection.database).prune(before, 10);
		await createMailDomainStore(connection.database).prune(before, 10);
		expect(await its.sql`select 1 from approvals`).toHaveLength(10);
		expect(await its.sql`select 1 from mail_domain_tenants`).toHaveLength(10);
		expect(await its.sql`select 1 from approvals where state = 'state 1'`).toHaveLength(1);
	} finally {
		await connection.close();
	}
});

describe('the guard', () => {
	const address = clientAddressOf('192.0.2.1');
	const nothing = () => Promise.resolve(undefined);
	const found = () => Promise.resolve('found');
	const tooMany = { name: 'Problem', code: 'too_many_requests' };

	test('charges nothing for what is found, at however many a second', async () => {
		const guard = createLookUpGuard('on', () => 0);
		for (let turn = 0; turn < 1_000; turn += 1) {
			expect(await guard.lookUp(address, `key ${turn}`, found)).toBe('found');
		}
	});

	test('lets no more through than it may charge, when they come at once', async () => {
		const guard = createLookUpGuard('on', () => 0);
		let asked = 0;
		const slow = async () => {
			asked += 1;
			await Promise.resolve();
			return undefined;
		};
		const all = Array.from({ length: 300 }, (_, turn) => guard.lookUp(address, `${turn}`, slow));
		await Promise.allSettled(all);
		expect(asked).toBe(100);
	});

	test('lets pass what was found in the last hour, and charges it when it is gone', async () => {
		let ms = 0;
		const guard = createLookUpGuard('on', () => ms);
		await guard.lookUp(address, 'mine', found);
		for (let turn = 0; turn < 100; turn += 1) await guard.lookUp(address, `${turn}`, nothing);
		await expect(guard.lookUp(address, 'another', found)).rejects.toMatchObject(tooMany);
		expect(await guard.lookUp(address, 'mine', found)).toBe('found');
		expect(await guard.lookUp(address, 'mine', nothing)).toBeUndefined();
		await expect(guard.lookUp(address, 'mine', found)).rejects.toMatchObject(tooMany);
		ms = 60_000;
		expect(await guard.lookUp(address, 'mine', found)).toBe('found');
	});

	test('charges nothing for a database that is down', async () => {
		const guard = createLookUpGuard('on', () => 0);
		const down = () => Promise.reject(new Error('down'));
		for (let turn = 0; turn < 300; turn += 1) {
			await expect(guard.lookUp(address, `${turn}`, down)).rejects.toThrow('down');
		}
	});

	test('off looks everything up', async () => {
		const guard = createLookUpGuard('off', () => 0);
		for (let turn = 0; turn < 500; turn += 1) {
			expect(await guard.lookUp(address, `${turn}`, nothing)).toBeUndefined();
		}
	});
});
