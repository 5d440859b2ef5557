// The fault table: every answer of Microsoft's to a refresh, and what becomes of the token, when it is tried again, and
// what a caller gets, with a token that still lives and with one that does not.

import { createServer } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { TokenFault } from '../../src/practice/microsoft/token-fault.ts';
import { createMigratedDatabase } from '../support/database.ts';
import type { VaultInstance } from '../support/vault-instance.ts';
import { connectMailbox, type ConnectedMailbox, type TokenRow } from '../support/vault-mailbox.ts';
import { openVaultWorld, type VaultWorld } from '../support/vault-world.ts';

let world: VaultWorld;
let instance: VaultInstance;
let closedPort: number;
/** What stands between the helper and Microsoft: nothing, unless a test says so. */
let onTheWay: typeof fetch = fetch;

beforeAll(async () => {
	world = await openVaultWorld(await createMigratedDatabase());
	instance = world.open({ fetch: (input, init) => onTheWay(input, init) });
	closedPort = await portWithNobodyThere();
});
beforeEach(() => {
	world.clock.reset();
	onTheWay = fetch;
});
afterAll(() => world.close());

const connect = () => connectMailbox(world, instance);

/** One that is well: the same as long as it is, because each sign-in takes its time. */
let used: ConnectedMailbox | undefined;
async function connected(): Promise<ConnectedMailbox> {
	if ((await used?.row())?.state !== 'active') used = await connect();
	await world.sql`update stored_tokens set refresh_started_at = null where id = ${used!.number}`;
	await used!.setLife(3600);
	return used!;
}

const minutes = (count: number) => count * 60_000;

type Signal = TokenFault | 'no connection';

const oauth = (error: string, aadsts: number, status = 400): TokenFault => ({
	kind: 'error',
	error,
	aadsts,
	status,
});
const http = (status: number, headers: Record<string, string> = {}, body = ''): TokenFault => ({
	kind: 'status',
	status,
	headers,
	body,
});
const html = { 'content-type': 'text/html' };
const json = { 'content-type': 'application/json' };
/** As HTTP writes dates: whole seconds. */
const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000).toUTCString();

/** Retry-After as a date is read against the server's clock, which goes on while the test runs. */
const slackMs = 15_000;

type Expected = { code: string; waitMs: readonly [number, number] };

const passing: Expected = { code: 'microsoft_unreachable', waitMs: [minutes(1), minutes(1.25)] };
const faultyRequest: Expected = {
	code: 'request_not_accepted',
	waitMs: [minutes(1), minutes(1.25)],
};
const throttled = (least: number, most: number): Expected => ({
	code: 'microsoft_throttles',
	waitMs: [least, most],
});

/** Sent with whatever OAuth error, these numbers say that it will pass. */
const transientNumbers = [
	50033, 50087, 90006, 90012, 90024, 90033, 90090, 40010, 70012, 80005,
] as const;

const table: [string, () => Signal, Expected][] = [
	['no connection', () => 'no connection', passing],
	['a connection that breaks', () => ({ kind: 'reset' }), passing],
	['500', () => http(500), passing],
	['502 with a page', () => http(502, html, '<html>Bad gateway</html>'), passing],
	['503', () => http(503), passing],
	['504 that quotes invalid_grant', () => oauth('invalid_grant', 50173, 504), passing],
	[
		'503 that names a time',
		() => http(503, { 'retry-after': '900' }),
		{ ...passing, waitMs: [minutes(15), minutes(18.75)] },
	],
	['temporarily_unavailable', () => oauth('temporarily_unavailable', 90033), passing],
	['temporarily_unavailable, 503', () => oauth('temporarily_unavailable', 1, 503), passing],
	['server_error', () => oauth('server_error', 90000), passing],
	['half a JSON text', () => ({ kind: 'garbage' }), passing],
	['a page in place of an answer', () => http(200, html, '<html>Sign in</html>'), passing],
	['an answer without a token', () => http(200, json, '{"token_type":"Bearer"}'), passing],
	['an answer that is a list', () => http(200, json, '[]'), passing],
	['an endless answer', () => http(200, json, `{"a":"${'x'.repeat(1_100_000)}"}`), passing],
	['a redirect', () => http(302, { location: 'https://example.com/' }), passing],
	['400 without a word', () => http(400), passing],
	['an error that nobody knows', () => oauth('new_error', 99_999), passing],
	...transientNumbers.map((number): [string, () => Signal, Expected] => [
		`invalid_grant with AADSTS${number}`,
		() => oauth('invalid_grant', number),
		passing,
	]),
	[
		'429 that names a minute',
		() => http(429, { 'retry-after': '60' }),
		throttled(minutes(1), minutes(1.25)),
	],
	[
		'429 that names a quarter of an hour',
		() => http(429, { 'retry-after': '900' }),
		throttled(minutes(15), minutes(18.75)),
	],
	[
		'429 that names a date',
		() => http(429, { 'retry-after': inSeconds(900) }),
		throttled(minutes(15) - slackMs, minutes(18.75)),
	],
	['429 that names no time', () => http(429), throttled(minutes(1), minutes(6.25))],
	[
		'429 that names nonsense',
		() => http(429, { 'retry-after': 'soon' }),
		throttled(minutes(1), minutes(6.25)),
	],
	[
		'429 that names next year',
		() => http(429, { 'retry-after': '31536000' }),
		throttled(minutes(15), minutes(24 * 60)),
	],
	[
		'invalid_grant with AADSTS50196, the loop detection',
		() => oauth('invalid_grant', 50196),
		throttled(minutes(2), minutes(10)),
	],
	[
		'AADSTS90055, the tenant is throttled',
		() => oauth('invalid_grant', 90055),
		throttled(minutes(1), minutes(10)),
	],
	['invalid_request', () => oauth('invalid_request', 900144), faultyRequest],
	['invalid_scope', () => oauth('invalid_scope', 70011), faultyRequest],
	['invalid_resource', () => oauth('invalid_resource', 500011), faultyRequest],
	['unsupported_grant_type', () => oauth('unsupported_grant_type', 70003), faultyRequest],
	['unsupported_response_type', () => oauth('unsupported_response_type', 700054), faultyRequest],
];

describe('what passes', () => {
	test.each(table)('%s: degraded, tried again in time, all kept', async (_, signal, expected) => {
		const mailbox = await connected();
		const original = await mailbox.row();
		const { body: before } = await mailbox.resolve();

		await mailbox.setLife(200);
		expect(await failing(mailbox, signal())).toMatchObject({
			status: 200,
			body: { access_token: before['access_token'] },
			asked: 1,
		});
		const first = await mailbox.row();
		expect(first).toMatchObject({ state: 'degraded', failures: 1, problem_code: expected.code });
		expectWait(first, expected.waitMs);
		expectKept(first, original);

		await mailbox.setLife(-1);
		expect(await failing(mailbox, undefined)).toMatchObject({
			status: 503,
			body: { error: 'temporarily_unavailable' },
			retryAfter: Math.ceil(waitOf(first) / 1000),
			asked: 0,
		});
		world.clock.advance(waitOf(first) - 1);
		expect(await failing(mailbox, undefined)).toMatchObject({ retryAfter: 1, asked: 0 });

		world.clock.advance(1);
		const again = await failing(mailbox, signal());
		const second = await mailbox.row();
		expect(again).toMatchObject({ status: 503, asked: 1 });
		expect(again.retryAfter).toBe(Math.ceil(waitOf(second) / 1000));
		expect(second).toMatchObject({ state: 'degraded', failures: 2, refused_at: null });
		expectKept(second, original);

		world.clock.advance(waitOf(second));
		expect(await failing(mailbox, undefined)).toMatchObject({ status: 200, asked: 1 });
		expect(await mailbox.row()).toMatchObject({ state: 'active', failures: 0, retry_at: null });
	});

	test('the waits grow with each failure in a row, to an hour or so and not beyond', async () => {
		const mailbox = await connect();
		await mailbox.setLife(-1);
		const waits: number[] = [];
		for (let failure = 0; failure < 12; failure += 1) {
			expect((await failing(mailbox, http(500))).asked).toBe(1);
			const row = await mailbox.row();
			waits.push(waitOf(row));
			world.clock.advance(waitOf(row));
		}
		const beforeReport: number[] = [];
		let passed = 0;
		for (const [failure, wait] of waits.entries()) {
			const least = Math.min(minutes(2 ** failure), minutes(60));
			passed += wait;
			if (wait < least) beforeReport.push(passed);
			else expect(wait).toBeLessThanOrEqual(least * 1.25);
		}
		expect(beforeReport, 'one try right before the site is told, after an hour').toHaveLength(1);
		expect(beforeReport[0]).toBeGreaterThanOrEqual(minutes(57));
		expect(beforeReport[0]).toBeLessThanOrEqual(minutes(59));
		expect(await mailbox.row()).toMatchObject({ state: 'degraded', failures: 12 });
	});

	test('the waits of many tokens are spread, so that they do not march in step', async () => {
		const mailboxes = await Promise.all(Array.from({ length: 6 }, connect));
		await Promise.all(mailboxes.map((mailbox) => mailbox.setLife(-1)));
		onTheWay = () => Promise.reject(new TypeError('fetch failed'));
		await Promise.all(mailboxes.map((mailbox) => mailbox.resolve()));
		const rows = await Promise.all(mailboxes.map((mailbox) => mailbox.row()));
		expect(new Set(rows.map(waitOf)).size).toBeGreaterThan(3);
	});

	test('after an outage of an hour no mailbox needs a person', async () => {
		const mailboxes = await Promise.all(Array.from({ length: 3 }, connect));
		await Promise.all(mailboxes.map((mailbox) => mailbox.setLife(60)));
		onTheWay = () => Promise.reject(new TypeError('fetch failed'));
		for (let minute = 0; minute < 60; minute += 5) {
			await Promise.all(mailboxes.map((mailbox) => mailbox.resolve()));
			world.clock.advance(minutes(5));
		}
		onTheWay = fetch;
		world.clock.advance(minutes(75));
		for (const mailbox of mailboxes) expect((await mailbox.resolve()).status).toBe(200);
	});
});

describe('what a person has to mend', () => {
	const refusals: [string, TokenFault][] = [
		['revoked', oauth('invalid_grant', 50173)],
		['unused for 90 days', oauth('invalid_grant', 700082)],
		['expired', oauth('invalid_grant', 70008)],
		['the account is disabled', oauth('invalid_grant', 50057)],
		['consent is withdrawn', oauth('invalid_grant', 65001)],
		['the sign-in frequency', oauth('invalid_grant', 70043)],
		['a number that nobody knows', oauth('invalid_grant', 99_999_999)],
		['no number', http(400, json, '{"error":"invalid_grant"}')],
		['interaction_required', oauth('interaction_required', 50076)],
		['blocked by a policy', oauth('interaction_required', 53003)],
		['consent_required', oauth('consent_required', 65001)],
		['login_required', oauth('login_required', 50058)],
	];

	test.each(refusals)('%s: settled by a second refusal minutes later', async (_, signal) => {
		const mailbox = await connect();
		const original = await mailbox.row();
		const { body: before } = await mailbox.resolve();
		await mailbox.setLife(200);
		expect(await failing(mailbox, signal)).toMatchObject({
			status: 200,
			body: { access_token: before['access_token'] },
			asked: 1,
		});
		const refusedAt = world.clock.now();
		const first = await mailbox.row();
		expect(first).toMatchObject({
			state: 'degraded',
			problem_code: 'refused_once',
			refused_at: refusedAt,
		});
		expectWait(first, [minutes(2), minutes(10)]);
		expectKept(first, original);

		await mailbox.setLife(-1);
		world.clock.advance(waitOf(first) - 1);
		expect(await failing(mailbox, undefined)).toMatchObject({ status: 503, asked: 0 });
		world.clock.advance(1);
		expect(await failing(mailbox, signal)).toMatchObject({
			status: 409,
			body: { error: 'sign_in_required', sign_in_url: expect.stringContaining('?link=') as string },
			asked: 1,
		});
		const second = await mailbox.row();
		expect(second).toMatchObject({
			state: 'sign_in_required',
			problem_code: 'sign_in_required',
			lease_owner: null,
		});
		expectKept(second, original);
	});

	test('after that Microsoft is not asked again until someone signs in', async () => {
		const mailbox = await refusedTwice();
		for (const wait of [0, 1, 4, 60, 24 * 60]) {
			world.clock.advance(minutes(wait));
			expect(await failing(mailbox, undefined)).toMatchObject({ status: 409, asked: 0 });
		}
		world.clock.reset();
		await mailbox.signInAgain();
		await mailbox.setLife(-1);
		expect(await failing(mailbox, undefined)).toMatchObject({ status: 200, asked: 1 });
	});

	test('the token that still lives is served all the same, until it ends', async () => {
		const mailbox = await refusedTwice();
		await mailbox.setLife(120);
		expect((await mailbox.resolve()).status).toBe(200);
		world.clock.advance(minutes(2));
		expect((await mailbox.resolve()).status).toBe(409);
	});

	test('a refusal, an outage and a success: active, and the refusal is forgotten', async () => {
		const mailbox = await connect();
		await mailbox.setLife(-1);
		await failing(mailbox, oauth('invalid_grant', 50173));
		const refused = await mailbox.row();
		for (let failure = 0; failure < 3; failure += 1) {
			world.clock.advance(waitOf(await mailbox.row()));
			expect(await failing(mailbox, http(503))).toMatchObject({ status: 503, asked: 1 });
			expect(await mailbox.row()).toMatchObject({
				state: 'degraded',
				problem_code: 'microsoft_unreachable',
				refused_at: refused.refused_at,
			});
		}
		world.clock.advance(waitOf(await mailbox.row()));
		expect(await failing(mailbox, undefined)).toMatchObject({ status: 200, asked: 1 });
		expect(await mailbox.row()).toMatchObject({ state: 'active', refused_at: null });

		world.clock.advance(minutes(2));
		await mailbox.setLife(-1);
		expect(await failing(mailbox, oauth('invalid_grant', 50173))).toMatchObject({ status: 503 });
		expect(await mailbox.row()).toMatchObject({ state: 'degraded', problem_code: 'refused_once' });
	});

	test('a refusal, an outage and another refusal: settled', async () => {
		const mailbox = await connect();
		await mailbox.setLife(-1);
		for (const signal of [oauth('invalid_grant', 1), http(500), oauth('invalid_grant', 1)]) {
			await failing(mailbox, signal);
			world.clock.advance(waitOf(await mailbox.row()));
		}
		expect(await mailbox.row()).toMatchObject({ state: 'sign_in_required' });
	});

	async function refusedTwice(): Promise<ConnectedMailbox> {
		const mailbox = await connect();
		await mailbox.setLife(-1);
		for (let refusal = 0; refusal < 2; refusal += 1) {
			await failing(mailbox, oauth('invalid_grant', 50173));
			world.clock.advance(waitOf(await mailbox.row()));
		}
		expect((await mailbox.row()).state).toBe('sign_in_required');
		return mailbox;
	}
});

describe('what the operator has to mend', () => {
	const wrongSecret: typeof fetch = (input, init) => {
		const { body } = init ?? {};
		if (body instanceof URLSearchParams) body.set('client_secret', 'expired');
		return fetch(input, init);
	};

	test.each([
		['invalid_client', oauth('invalid_client', 7000222, 401)],
		['invalid_client, 400', oauth('invalid_client', 700027)],
	])('%s: no token is touched, and the one that lives is served', async (_, signal) => {
		const of = freshInstance();
		const mailbox = await connectMailbox(world, of);
		await mailbox.setLife(200);
		const original = await mailbox.row();
		expect(await failing(mailbox, signal)).toMatchObject({ status: 200, asked: 1 });
		expect(untouched(await mailbox.row())).toEqual(untouched(original));
		await mailbox.setLife(-1);
		const dead = await failing(mailbox, undefined);
		expect(dead).toMatchObject({ status: 503, asked: 0 });
		expect(dead.retryAfter).toBeGreaterThan(0);
		expect(dead.retryAfter).toBeLessThanOrEqual(60);
		await of.close();
	});

	test('an instance that Microsoft refuses does not use up the minute of a token: another one refreshes it at once', async () => {
		const [accepted, refused] = [world.open(), world.open({ fetch: wrongSecret })];
		const mailbox = await connectMailbox(world, accepted);
		await mailbox.setLife(-1);
		expect((await mailbox.resolve(undefined, refused)).status).toBe(503);
		expect(await mailbox.row()).toMatchObject({ lease_owner: null, refresh_started_at: null });
		expect((await mailbox.resolve(undefined, accepted)).status).toBe(200);
		await Promise.all([accepted.close(), refused.close()]);
	});

	test('a wrong secret is said once for all sites, costs no token, and is over within a minute', async () => {
		const of = freshInstance();
		const mailboxes = await Promise.all(Array.from({ length: 8 }, () => connectMailbox(world, of)));
		await Promise.all(mailboxes.map((mailbox) => mailbox.setLife(-1)));
		const rows = () => Promise.all(mailboxes.map((mailbox) => mailbox.row()));
		const all = async () => {
			const answers = await Promise.all(mailboxes.map((mailbox) => mailbox.resolve()));
			return new Set(answers.map(({ status }) => status));
		};
		const original = await rows();
		const loggedBefore = world.logged.length;

		onTheWay = wrongSecret;
		const before = world.refreshes();
		for (let second = 0; second < 300; second += 15) {
			expect(await all()).toEqual(new Set([503]));
			world.clock.advance(15_000);
		}
		expect((await rows()).map(untouched)).toEqual(original.map(untouched));
		// All at once at the first moment; from then on only now and then, whoever asks.
		expect(world.refreshes() - before).toBeLessThanOrEqual(8 * 6);
		const alarms = world.logged.slice(loggedBefore).filter((line) => line.includes('"error"'));
		expect(alarms).toHaveLength(1);
		expect(alarms[0]).toContain('client secret');
		expect(alarms[0]).toContain('AADSTS7000215');

		onTheWay = fetch;
		let seconds = 0;
		while (seconds < 60 && !(await isAll(200))) {
			world.clock.advance(5_000);
			seconds += 5;
		}
		expect(await all()).toEqual(new Set([200]));
		const recovered = world.logged.slice(loggedBefore).filter((line) => line.includes('again'));
		expect(recovered).toHaveLength(1);
		await of.close();

		async function isAll(status: number): Promise<boolean> {
			const statuses = await all();
			return statuses.size === 1 && statuses.has(status);
		}
	});

	test('one organisation that switched the application off does not stop all others', async () => {
		const of = freshInstance();
		const other = await connectMailbox(world, of);
		const theirs = await Promise.all([connectMailbox(world, of), connectMailbox(world, of)]);
		await Promise.all([other, ...theirs].map((mailbox) => mailbox.setLife(-1)));
		const statuses: number[] = [];
		for (let second = 0; second < 180; second += 10) {
			onTheWay = switchedOff;
			for (const mailbox of theirs) await mailbox.resolve();
			onTheWay = fetch;
			statuses.push((await other.resolve()).status);
			world.clock.advance(10_000);
		}
		expect(statuses).toContain(200);
		await of.close();

		// AADSTS7000112 is one tenant's answer: its administrator disabled the enterprise application.
		function switchedOff(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
			world.microsoft.nextTokenAnswer(oauth('unauthorized_client', 7000112));
			return fetch(input, init);
		}
	});

	/** The alarm belongs to a process, so each test of it gets one. */
	function freshInstance(): VaultInstance {
		instance = world.open({ fetch: (input, init) => onTheWay(input, init) });
		return instance;
	}
});

describe('at the end of all this', () => {
	test('no failure emptied a sealed column', async () => {
		const [count] = await world.sql<{ all: string; empty: string }[]>`
			select count(*) as all, count(*) filter (
				where sealed_refresh_token is null or sealed_access_token is null) as empty
			from stored_tokens`;
		expect(Number(count?.all)).toBeGreaterThan(35);
		expect(Number(count?.empty)).toBe(0);
	});

	test('no secret stands in the database or in the log', async () => {
		expect(world.logged.length).toBeGreaterThan(100);
		expect(await world.leaks()).toEqual([]);
	});

	test('and the search would have found one', async () => {
		const { value } = world.microsoft.issued().find(({ kind }) => kind === 'refresh_token')!;
		world.logged.push(`{"quoted":"${encodeURIComponent(`refresh_token=${value}`)}"}`);
		expect(await world.leaks()).toEqual([expect.stringContaining('refresh_token')]);
	});
});

type Failing = {
	status: number;
	body: Record<string, unknown>;
	retryAfter: number;
	/** How often Microsoft, or nobody where Microsoft should be, was asked. */
	asked: number;
};

/** Resolves while the next refresh, if there is one, meets this fault. */
async function failing(mailbox: ConnectedMailbox, signal: Signal | undefined): Promise<Failing> {
	let asked = 0;
	const way = onTheWay;
	onTheWay = async (input, init) => {
		asked += 1;
		if (signal === 'no connection') return fetch(`http://127.0.0.1:${closedPort}/`, init);
		if (signal !== undefined) world.microsoft.nextTokenAnswer(signal);
		return way(input, init);
	};
	const { status, body, headers } = await mailbox.resolve(undefined, instance);
	onTheWay = way;
	return { status, body, retryAfter: Number(headers.get('retry-after')), asked };
}

function waitOf({ retry_at: retryAt }: TokenRow): number {
	return (retryAt?.getTime() ?? 0) - world.clock.now().getTime();
}

function expectWait(row: TokenRow, [least, most]: readonly [number, number]): void {
	const wait = waitOf(row);
	expect(wait, `waits ${wait / 1000} s`).toBeGreaterThanOrEqual(least);
	expect(wait, `waits ${wait / 1000} s`).toBeLessThanOrEqual(most);
}

function expectKept(row: TokenRow, original: TokenRow): void {
	expect(row.sealed_refresh_token).toBe(original.sealed_refresh_token);
	expect(row.sealed_access_token).toBe(original.sealed_access_token);
	expect(row.version).toBe(original.version);
	expect([row.lease_owner, row.lease_until]).toEqual([null, null]);
}

/** All but when somebody last tried, and the lease meanwhile. */
function untouched(row: TokenRow): Partial<TokenRow> {
	return { ...row, refresh_started_at: null, lease_owner: null, lease_until: null };
}

async function portWithNobodyThere(): Promise<number> {
	const server = createServer();
	return new Promise((resolve) => {
		server.listen(0, '127.0.0.1', () => {
			const address = server.address();
			const port = typeof address === 'object' && address ? address.port : 0;
			server.close(() => resolve(port));
		});
	});
}
