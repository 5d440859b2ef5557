// POST /api/v1/resolve as a site's mail engine meets it: what it gets, what it is refused, and how often Microsoft is
// asked on its behalf.

import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createMigratedDatabase } from '../support/database.ts';
import { textMatching } from '../support/matchers.ts';
import type { SiteAnswer, VaultInstance } from '../support/vault-instance.ts';
import { jsonPost } from '../support/vault-instance.ts';
import { connectMailbox, registerSite, type ConnectedMailbox } from '../support/vault-mailbox.ts';
import { insertTokens } from '../support/vault-many.ts';
import { openVaultWorld, type VaultWorld } from '../support/vault-world.ts';

let world: VaultWorld;
let instance: VaultInstance;

beforeAll(async () => {
	world = await openVaultWorld(await createMigratedDatabase());
	instance = world.open();
});
beforeEach(() => world.clock.reset());
afterAll(() => world.close());

const connect = () => connectMailbox(world, instance);

/** One for all who only look at it. */
let plain: Promise<ConnectedMailbox> | undefined;
const anyMailbox = () => (plain ??= connect());

/** What the practice Microsoft answers when it is told to grant something else than usual. */
function tokenAnswer(body: Record<string, unknown>) {
	const accessToken = `short-lived-${crypto.randomUUID()}`;
	world.secrets.push({ name: 'short-lived access token', value: accessToken });
	const answer = { token_type: 'Bearer', access_token: accessToken, ...body };
	const headers = { 'content-type': 'application/json' };
	const fault = { kind: 'status', status: 200, headers, body: JSON.stringify(answer) } as const;
	return { accessToken, fault };
}

describe('the answer', () => {
	test('holds the token, its end, and per protocol the host, port, user and SASL string', async () => {
		const mailbox = await connect();
		const { status, headers, body } = await mailbox.resolve();
		expect(status).toBe(200);
		expect(headers.get('content-type')).toMatch(/^application\/json/);
		const token = String(body['access_token']);
		const xoauth2 = Buffer.from(
			`user=${mailbox.address}\u0001auth=Bearer ${token}\u0001\u0001`,
		).toString('base64');
		const login = { user: mailbox.address, xoauth2 };
		expect(body).toEqual({
			access_token: token,
			token_type: 'Bearer',
			expires_at: (await mailbox.row()).access_token_expires_at?.toISOString(),
			mailbox: mailbox.address,
			imap: { host: 'outlook.office365.com', port: 993, security: 'tls', ...login },
			pop: { host: 'outlook.office365.com', port: 995, security: 'tls', ...login },
			smtp: { host: 'smtp.office365.com', port: 587, security: 'starttls', ...login },
		});
		expect(world.microsoft.issued()).toContainEqual({ kind: 'access_token', value: token });
	});

	test.each([
		['IMAP and SMTP', ['IMAP.AccessAsUser.All', 'SMTP.Send'], ['imap', 'smtp']],
		['POP alone', ['POP.AccessAsUser.All'], ['pop']],
	])('names only what Microsoft granted: %s', async (_, rights, protocols) => {
		const scope = rights.map((right) => `https://outlook.office.com/${right}`);
		world.microsoft.nextTokenAnswer({
			kind: 'scopes',
			granted: ['openid', 'profile', 'email', 'offline_access', ...scope],
		});
		const { body } = await (await connect()).resolve();
		expect(Object.keys(body).filter((key) => ['imap', 'pop', 'smtp'].includes(key))).toEqual(
			protocols,
		);
	});

	test('names what the last refresh granted, when that is less than before', async () => {
		const mailbox = await connect();
		await mailbox.setLife(-1);
		world.microsoft.nextTokenAnswer({
			kind: 'scopes',
			granted: ['offline_access', 'https://outlook.office.com/SMTP.Send'],
		});
		const { body } = await mailbox.resolve();
		expect(body).toMatchObject({ smtp: { port: 587 } });
		expect(body).not.toHaveProperty('imap');
	});

	test('is the same for the same mailbox in capital letters', async () => {
		const mailbox = await connect();
		const identifier = `ExternalOAuthToken:${mailbox.number}:${mailbox.address.toUpperCase()}`;
		const { status, body } = await instance.resolve(mailbox.site.key, { identifier });
		expect([status, body['mailbox']]).toEqual([200, mailbox.address]);
	});
});

describe('min_ttl', () => {
	test.each([
		['left out', undefined, 300],
		['0', 0, 0.001],
		['1', 1, 1],
		['3000', 3000, 3000],
	])('%s: a token is refreshed when it lives shorter, and not before', async (_, minTtl, least) => {
		const mailbox = await connect();
		const before = world.refreshes();
		await mailbox.setLife(least);
		const first = await mailbox.resolve(minTtl);
		expect([first.status, world.refreshes() - before]).toEqual([200, 0]);
		await mailbox.setLife(least - 0.001);
		const second = await mailbox.resolve(minTtl);
		expect([second.status, world.refreshes() - before]).toEqual([200, 1]);
		expect(second.body['access_token']).not.toBe(first.body['access_token']);
	});

	test.each([[-1], [3001], [1e308], ['300'], [null], [true], [[300]]])(
		'%j is refused',
		async (minTtl) => {
			const mailbox = await anyMailbox();
			const { status, body } = await mailbox.resolve(minTtl);
			expect([status, body['error']]).toEqual([422, 'invalid_input']);
			expect(body['fields']).toHaveProperty('min_ttl');
		},
	);

	test('a fraction of a second is a number of seconds too', async () => {
		expect((await (await anyMailbox()).resolve(0.5)).status).toBe(200);
	});
});

describe('a site key', () => {
	test('that is missing, malformed, unknown, or sent in another scheme is 401', async () => {
		const mailbox = await anyMailbox();
		const { identifier } = mailbox;
		const answers = await Promise.all([
			instance.resolve(undefined, { identifier }),
			instance.resolve('', { identifier }),
			instance.resolve('mksite_short', { identifier }),
			instance.resolve(`mksite_${'A'.repeat(43)}`, { identifier }),
			instance.resolve(`${mailbox.site.key}x`, { identifier }),
			instance.ask('/api/v1/resolve', undefined, {
				...jsonPost({ identifier }),
				headers: { 'content-type': 'application/json', authorization: `Basic ${mailbox.site.key}` },
			}),
		]);
		expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 401));
		expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
		expect(answers[0].body).toMatchObject({ error: 'invalid_site_key' });
		expect(answers[0].headers.get('www-authenticate')).toBe('Bearer');
	});

	test('works beside the new one until the grace is over, and is then 401', async () => {
		const mailbox = await connect();
		const { site, identifier } = mailbox;
		const rotated = await instance.app.rotateSiteKey(site.url, 3_600_000);
		world.secrets.push({ name: 'rotated key', value: rotated.key });
		const statuses = async () => {
			const answers = [site.key, rotated.key].map((key) => instance.resolve(key, { identifier }));
			return (await Promise.all(answers)).map(({ status }) => status);
		};
		expect(await statuses()).toEqual([200, 200]);
		world.clock.advance(3_599_999);
		await mailbox.setLife(600);
		expect(await statuses()).toEqual([200, 200]);
		world.clock.advance(1);
		expect(await statuses()).toEqual([401, 200]);
	});

	test('that is ending gets no longer life by another rotation', async () => {
		const { site, identifier } = await connect();
		for (const graceMs of [60_000, 3_600_000]) {
			const { key } = await instance.app.rotateSiteKey(site.url, graceMs);
			world.secrets.push({ name: 'rotated key', value: key });
		}
		world.clock.advance(60_000);
		expect((await instance.resolve(site.key, { identifier })).status).toBe(401);
	});

	test('of a disabled site is 401', async () => {
		const mailbox = await connect();
		await instance.app.disableSite(mailbox.site.url);
		expect((await mailbox.resolve()).status).toBe(401);
		expect((await instance.ask('/api/v1/tokens', mailbox.site.key)).status).toBe(401);
	});

	test('is told of before anything is said about the identifier or min_ttl', async () => {
		const { identifier } = await anyMailbox();
		const { status } = await instance.resolve(undefined, { identifier, min_ttl: -1 });
		expect(status).toBe(401);
	});
});

describe('an identifier', () => {
	test('that is unknown, another site’s, malformed, revoked or of another mailbox is one and the same 404', async () => {
		const mailbox = await anyMailbox();
		const foreign = await connect();
		const revoked = await connectMailbox(world, instance, { site: mailbox.site });
		await instance.ask(`/api/v1/tokens/${revoked.number}`, mailbox.site.key, { method: 'DELETE' });
		const { number, address } = mailbox;
		const identifiers = [
			foreign.identifier,
			revoked.identifier,
			`ExternalOAuthToken:999999999:${address}`,
			`ExternalOAuthToken:9007199254740991:${address}`,
			`ExternalOAuthToken:9999999999999999:${address}`,
			`ExternalOAuthToken:${number}:${foreign.address}`,
			`ExternalOAuthToken:${foreign.number}:${address}`,
			`ExternalOAuthToken:0${number}:${address}`,
			`ExternalOAuthToken:-${number}:${address}`,
			`ExternalOAuthToken:${number}.0:${address}`,
			`ExternalOAuthToken:${number}:`,
			`ExternalOAuthToken:${number}`,
			`externaloauthtoken:${number}:${address}`,
			`${number}`,
			`ExternalOAuthToken:${number}:${address}\u0000`,
			`ExternalOAuthToken:${number}:${address}' or ''='`,
			'x'.repeat(10_000),
			'',
			number,
			null,
			undefined,
			[mailbox.identifier],
			{ number, mailbox: address },
		];
		const answers = await Promise.all(
			identifiers.map((identifier) => instance.resolve(mailbox.site.key, { identifier })),
		);
		const [first] = answers;
		expect([first?.status, first?.body['error']]).toEqual([404, 'unknown_identifier']);
		for (const [index, answer] of answers.entries()) {
			expect([identifiers[index], answer.status, answer.text]).toEqual([
				identifiers[index],
				404,
				first?.text,
			]);
			expect(withoutDate(answer.headers)).toEqual(withoutDate(first!.headers));
		}
		expect((await mailbox.resolve()).status).toBe(200);
	});
});

function withoutDate(headers: Headers): [string, string][] {
	return [...headers].filter(([name]) => name !== 'date');
}

describe('a request', () => {
	test.each(['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD'])(
		'by %s is 405 and names the right method',
		async (method) => {
			const answer = await instance.ask('/api/v1/resolve', (await anyMailbox()).site.key, {
				method,
			});
			expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
		},
	);

	test.each([
		['no JSON', 'application/json', '{"identifier":'],
		['a list', 'application/json', '[]'],
		['null', 'application/json', 'null'],
		['nothing', 'application/json', ''],
		['a form', 'application/x-www-form-urlencoded', 'identifier=x'],
		['JSON that calls itself text', 'text/plain', '{}'],
	])('whose body is %s is 400', async (_, type, body) => {
		const { site } = await anyMailbox();
		const answer = await instance.ask('/api/v1/resolve', site.key, {
			method: 'POST',
			headers: { 'content-type': type },
			body,
		});
		expect([answer.status, answer.body['error']]).toEqual([400, 'invalid_request']);
	});

	test('whose body is longer than any identifier needs is 413', async () => {
		const { site } = await anyMailbox();
		const body = { identifier: 'x'.repeat(20_000) };
		const { status } = await instance.resolve(site.key, body);
		expect(status).toBe(413);
	});

	test('whose long body still arrives is told 413 all the same', async () => {
		const { site } = await anyMailbox();
		expect(await postInPieces(site.key, 40)).toBe(413);
	});
});

/** Sends kilobyte after kilobyte and says what status came back. */
async function postInPieces(key: string, pieces: number): Promise<number | undefined> {
	const url = `${await instance.url()}/api/v1/resolve`;
	const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
	return new Promise((resolve, reject) => {
		const outgoing = httpRequest(url, { method: 'POST', headers }, (answer) => {
			answer.resume();
			resolve(answer.statusCode);
		});
		outgoing.on('error', reject);
		let sent = 0;
		const timer = setInterval(() => {
			outgoing.write('x'.repeat(1024));
			if (++sent < pieces) return;
			clearInterval(timer);
			outgoing.end();
		}, 2);
	});
}

describe('how often Microsoft is asked', () => {
	test('the redemption of a sign-in does not count: the first refresh may follow at once', async () => {
		const mailbox = await connect();
		const before = world.refreshes();
		await mailbox.setLife(60);
		expect((await mailbox.resolve()).status).toBe(200);
		expect(world.refreshes() - before).toBe(1);
		expect((await mailbox.row()).version).toBe(2);
	});

	test('a token that was just refreshed is served though it lives shorter than asked', async () => {
		const mailbox = await connect();
		await mailbox.setLife(-1);
		const { accessToken, fault } = tokenAnswer({ expires_in: 120 });
		world.microsoft.nextTokenAnswer(fault);
		const before = world.refreshes();
		for (const minTtl of [300, 3000, undefined]) {
			const { status, body } = await mailbox.resolve(minTtl);
			expect([status, body['access_token']]).toEqual([200, accessToken]);
		}
		expect(world.refreshes() - before).toBe(1);
	});

	test('once a minute at most, whatever callers ask', async () => {
		const mailbox = await connect();
		await mailbox.setLife(-1);
		const before = world.refreshes();
		const counts: number[] = [];
		for (let minute = 0; minute < 3; minute += 1) {
			for (const second of [0, 1, 29, 30 - 0.001]) {
				world.clock.advance(second * 1000);
				// Lives for half an hour: not for as long as is asked.
				world.microsoft.nextTokenAnswer(tokenAnswer({ expires_in: 1800 }).fault);
				const askedOf = world.refreshes();
				const answers = await Promise.all([3000, 3000, 2999].map((ttl) => mailbox.resolve(ttl)));
				expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
				counts.push(world.refreshes() - askedOf);
				if (world.refreshes() === askedOf) await takeBackFault();
			}
			world.clock.advance(1);
		}
		expect(counts).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0]);
		expect(world.refreshes() - before).toBe(3);
	});

	test('a new sign-in ends the minute’s wait, and its own token is served', async () => {
		const mailbox = await connect();
		await mailbox.setLife(-1);
		await mailbox.resolve();
		await mailbox.signInAgain();
		const before = world.refreshes();
		await mailbox.setLife(-1);
		expect((await mailbox.resolve()).status).toBe(200);
		expect(world.refreshes() - before).toBe(1);
	});

	test('many callers at once share one refresh and get the same token', async () => {
		const mailbox = await connect();
		await mailbox.setLife(-1);
		world.microsoft.nextTokenAnswer({ kind: 'latency', ms: 200 });
		const before = world.refreshes();
		const answers = await Promise.all(Array.from({ length: 50 }, () => mailbox.resolve()));
		expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
		expect(new Set(answers.map(({ body }) => body['access_token'])).size).toBe(1);
		expect(world.refreshes() - before).toBe(1);
	});
});

/** A fault that nobody met would meet the next test: somebody else's request takes it. */
async function takeBackFault(): Promise<void> {
	const other = await connect().catch(() => undefined);
	expect(other).toBeUndefined();
}

describe('while Microsoft is down', () => {
	test('the token is served as long as it lives, then 503 says when to come again', async () => {
		const mailbox = await connect();
		const { body: first } = await mailbox.resolve();
		await mailbox.setLife(200);
		for (const second of [0, 60, 60, 79.999]) {
			world.clock.advance(second * 1000);
			world.microsoft.nextTokenAnswer({ kind: 'status', status: 503 });
			const { status, body } = await mailbox.resolve();
			expect([status, body['access_token']]).toEqual([200, first['access_token']]);
		}
		world.clock.advance(1);
		const { status, headers, body } = await mailbox.resolve();
		expect([status, body['error']]).toEqual([503, 'temporarily_unavailable']);
		const { retry_at: retryAt } = await mailbox.row();
		const seconds = (retryAt!.getTime() - world.clock.now().getTime()) / 1000;
		expect(Number(headers.get('retry-after'))).toBe(Math.ceil(seconds));
		world.clock.advance(Math.ceil(seconds) * 1000);
		await drainFaults();
		expect((await mailbox.resolve()).status).toBe(200);
		expect(await mailbox.row()).toMatchObject({ state: 'active', failures: 0, problem_code: null });
	});

	test('after a refresh that nobody ended, 503 says when the next may begin', async () => {
		const mailbox = await connect();
		await mailbox.setLife(-1);
		const at = world.clock.now().getTime();
		await world.sql`
			update stored_tokens set refresh_started_at = ${new Date(at - 50_000)}, lease_owner = 'gone',
				lease_until = ${new Date(at - 5_000)}
			where id = ${mailbox.number}`;
		const { status, headers } = await mailbox.resolve();
		expect([status, headers.get('retry-after')]).toEqual([503, '10']);
		world.clock.advance(10_000);
		expect((await mailbox.resolve()).status).toBe(200);
	});

	/** Whatever is still queued for the token endpoint is met by sign-ins until one succeeds. */
	async function drainFaults(): Promise<void> {
		for (;;) {
			if (await connect().catch(() => undefined)) return;
		}
	}

	test('a token endpoint that never answers holds up a mailbox for a minute or so, not for good', async () => {
		const mailbox = await connect();
		const impatient = world.open({ durations: { callerWaitMs: 100, leaseMs: 300 } });
		await mailbox.setLife(-1);
		world.microsoft.nextTokenAnswer({ kind: 'hang' });
		expect((await mailbox.resolve(undefined, impatient)).status).toBe(503);
		world.clock.advance(61_000);
		const answer = () => mailbox.resolve(undefined, impatient);
		await expect.poll(async () => (await answer()).status, { timeout: 5_000 }).toBe(200);
	});
});

describe('when somebody has to sign in again', () => {
	async function refusedTwice(): Promise<ConnectedMailbox> {
		const mailbox = await connect();
		await mailbox.setLife(-1);
		for (let refusal = 0; refusal < 2; refusal += 1) {
			world.microsoft.nextTokenAnswer({ kind: 'error', error: 'invalid_grant', aadsts: 50173 });
			expect((await mailbox.resolve()).status).toBe(refusal === 0 ? 503 : 409);
			world.clock.advance(600_000);
		}
		return mailbox;
	}

	test('409 names a renewal link, and writes none', async () => {
		const mailbox = await refusedTwice();
		const { status, body } = await mailbox.resolve();
		expect([status, body['error']]).toEqual([409, 'sign_in_required']);
		const url = new URL(String(body['sign_in_url']));
		expect(url.origin + url.pathname).toBe('http://localhost:3000/microsoft365_oauth.html');
		expect(Object.fromEntries(url.searchParams)).toEqual({
			link: textMatching(/^test\.[\w-]{32}$/),
		});
		expect(await world.sql`select 1 from connect_links`).toHaveLength(0);
	});

	test('a new sign-in brings the mailbox back behind the same identifier', async () => {
		const mailbox = await refusedTwice();
		const again = await mailbox.signInAgain();
		expect(again.identifier).toBe(mailbox.identifier);
		expect((await mailbox.resolve()).status).toBe(200);
		expect(await mailbox.row()).toMatchObject({
			state: 'active',
			failures: 0,
			refused_at: null,
			retry_at: null,
			problem_code: null,
		});
	});
});

describe('what a resolve leaves behind', () => {
	test('last uses are gathered and written later, in one batch', async () => {
		const other = world.open();
		const mailboxes = await Promise.all([connect(), connect()]);
		const at = world.clock.now();
		for (const mailbox of mailboxes) {
			expect((await mailbox.resolve(undefined, other)).status).toBe(200);
		}
		const before = await Promise.all(mailboxes.map((mailbox) => mailbox.row()));
		expect(before.map((row) => row.last_resolved_at)).toEqual([null, null]);
		world.clock.advance(5_000);
		await mailboxes[0].resolve(undefined, other);
		await other.close();
		const after = await Promise.all(mailboxes.map((mailbox) => mailbox.row()));
		const later = new Date(at.getTime() + 5_000);
		expect(after.map((row) => row.last_resolved_at)).toEqual([later, at]);
		const { keys } = await instance.app.showSite(mailboxes[0].site.url);
		expect(keys[0]?.lastUsedAt).toEqual(later);
	});

	test('a failed resolve of an unknown identifier is no use of any token', async () => {
		const other = world.open();
		const mailbox = await connect();
		await other.resolve(mailbox.site.key, { identifier: `${mailbox.identifier}x` });
		await other.close();
		expect((await mailbox.row()).last_resolved_at).toBeNull();
	});
});

test('GET /api/v1/tokens tells a site of its own tokens and of no secret', async () => {
	const mailbox = await connect();
	await connect();
	await registerSite(world, instance);
	const { status, text, body } = await instance.ask('/api/v1/tokens', mailbox.site.key);
	expect(status).toBe(200);
	const row = await mailbox.row();
	expect(body).toEqual({
		tokens: [
			{
				identifier: mailbox.identifier,
				mailbox: mailbox.address,
				status: 'active',
				signed_in_as: mailbox.address,
				created_at: row.last_refreshed_at.toISOString(),
				last_refreshed_at: row.last_refreshed_at.toISOString(),
				lapses_at: new Date(row.last_refreshed_at.getTime() + 90 * 86_400_000).toISOString(),
				last_resolved_at: null,
				missing_rights: [],
				failed_protocols: [],
				// Kept a moment after the check of the sign-in is over; its own tests look into it.
				checks: expect.any(Object) as object,
			},
		],
	});
	for (const secret of world.microsoft.issuedSecrets()) expect(text).not.toContain(secret);
});

describe('GET /api/v1/tokens of a site with many', () => {
	let site: Awaited<ReturnType<typeof registerSite>>;
	let mailboxes: ConnectedMailbox[];
	beforeAll(async () => {
		site = await registerSite(world, instance);
		mailboxes = [];
		for (let count = 0; count < 5; count += 1) {
			mailboxes.push(await connectMailbox(world, instance, { site }));
			// Two that are made in the same moment are told apart by their numbers.
			if (count % 2 === 0) world.clock.advance(1_000);
		}
	});
	const ask = (query: string) => instance.ask(`/api/v1/tokens${query}`, site.key);
	const listed = ({ body }: SiteAnswer) =>
		(body['tokens'] as { identifier: string }[]).map(({ identifier }) => identifier);

	test('comes in pages that hold each token once, the oldest first', async () => {
		const whole = listed(await ask(''));
		expect([...whole].sort()).toEqual(mailboxes.map(({ identifier }) => identifier).sort());
		const pages: string[][] = [];
		for (let query: string | undefined = '?limit=2'; query !== undefined;) {
			const page: SiteAnswer = await ask(query);
			pages.push(listed(page));
			const next = page.body['next'];
			query = typeof next === 'string' ? `?limit=2&after=${next}` : undefined;
		}
		expect(pages.map(({ length }) => length)).toEqual([2, 2, 1]);
		expect(pages.flat()).toEqual(whole);
		expect((await ask('?limit=5')).body).not.toHaveProperty('next');
	});

	test('holds each token once too where a page is read in many steps', async () => {
		const large = await registerSite(world, instance);
		const tokenKeys = world.environment['TOKEN_KEYS'] ?? '';
		const at = world.clock.now();
		const { ids } = await insertTokens(world.sql, { siteId: large.id, count: 160, tokenKeys, at });
		const page = async (query: string) => {
			const { body } = await instance.ask(`/api/v1/tokens${query}`, large.key);
			return { listed: body['tokens'] as { identifier: string }[], next: body['next'] };
		};
		const first = await page('?limit=150');
		const second = await page(`?limit=150&after=${String(first.next)}`);
		expect([first.listed.length, second.listed.length, second.next]).toEqual([150, 10, undefined]);
		const numbers = [...first.listed, ...second.listed].map((one) => one.identifier.split(':')[1]);
		expect(numbers.sort()).toEqual(ids.map(String).sort());
	});

	test('lists those of one state', async () => {
		const [first, second] = mailboxes;
		await instance.ask(`/api/v1/tokens/${second?.number}`, site.key, { method: 'DELETE' });
		expect(listed(await ask('?status=revoked'))).toEqual([second?.identifier]);
		const active = await ask(`?status=active&after=${first?.number}`);
		expect(listed(active)).toHaveLength(3);
	});

	test('refuses what it cannot go by, another site’s number too', async () => {
		const foreign = await connect();
		const queries = ['?limit=0', '?limit=1001', '?limit=x', '?status=lost', '?after=x'];
		for (const query of [...queries, `?after=${foreign.number}`, '?after=999999999']) {
			const { status, body } = await ask(query);
			expect([query, status, body['error']]).toEqual([query, 422, 'invalid_input']);
			const [name = ''] = query.slice(1).split('=');
			expect(Object.keys(body['fields'] as object)).toEqual([name]);
		}
	});
});

test('of a busy token a narrow row is written in place, and its wide one once a day', async () => {
	const mailbox = await connect();
	const before = await inPlace();
	const versions = new Set<unknown>();
	for (let count = 0; count < 40; count += 1) {
		await mailbox.resolve();
		await instance.app.usesWritten();
		const [row] = await world.sql`select xmin from stored_tokens where id = ${mailbox.number}`;
		versions.add(row?.['xmin']);
	}
	await expect.poll(async () => (await inPlace()) - before).toBeGreaterThanOrEqual(36);
	// At midnight it is written once more.
	expect(versions.size).toBeLessThanOrEqual(2);
	const [used] = await world.sql<{ at: Date; count: number }[]>`
		select max(last_at) as at, sum(count)::int as count from token_uses
		where stored_token_id = ${mailbox.number}`;
	expect(used?.count).toBe(40);
	const { body } = await instance.ask('/api/v1/tokens', mailbox.site.key);
	expect(body['tokens']).toMatchObject([{ last_resolved_at: used?.at.toISOString() }]);

	async function inPlace(): Promise<number> {
		const [row] = await world.sql<{ count: number }[]>`
			select n_tup_hot_upd::int as count from pg_stat_user_tables where relname = 'token_uses'`;
		return row?.count ?? 0;
	}
});

describe('at the end of all this', () => {
	test('no secret stands in the database or in the log', async () => {
		expect(world.logged.length).toBeGreaterThan(10);
		expect(await world.leaks()).toEqual([]);
	});

	test('and the search would have found one', async () => {
		const mailbox = await connect();
		const token = String((await mailbox.resolve()).body['access_token']);
		await world.sql`update stored_tokens set signed_in_as = ${encodeURIComponent(token)}
			where id = ${mailbox.number}`;
		expect(await world.leaks()).toEqual([expect.stringContaining('access_token')]);
		await world.sql`update stored_tokens set signed_in_as = '' where id = ${mailbox.number}`;
		instance.app.log.info(Buffer.from(`key=${mailbox.site.key}.`).toString('base64'));
		expect(await world.leaks()).toEqual([expect.stringContaining(mailbox.site.url)]);
	});
});
