// The database goes down under load, comes back, refuses to write, and gives way to others: whoever asks gets a token or
// 503, everything works again without a restart, and no token that Microsoft gave is lost.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Sql } from 'postgres';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { SiteAnswer, VaultInstance } from '../support/vault-instance.ts';
import { startStoppableDatabase, type StoppableDatabase } from '../support/vault-database.ts';
import { connectMailbox, type ConnectedMailbox } from '../support/vault-mailbox.ts';
import { startVaultProcess } from '../support/vault-processes.ts';
import { openVaultWorld, type VaultWorld } from '../support/vault-world.ts';
import { until } from '../support/until.ts';

let database: StoppableDatabase;
let world: VaultWorld;
let instance: VaultInstance;
let live: ConnectedMailbox;

beforeAll(async () => {
	database = await startStoppableDatabase();
	world = await openVaultWorld(database.url, 'real');
	instance = world.open();
	live = await connect();
});
afterEach(async () => {
	await Promise.allSettled(loads.splice(0).map((load) => load.end()));
	await untilServed(live);
});
afterAll(async () => {
	await world.close();
	await database.remove();
});

/** Whoever signs in just after an outage may be told to come again. */
async function connect(): Promise<ConnectedMailbox> {
	return until('a sign-in', () => connectMailbox(world, instance).catch(() => undefined), 20_000);
}

type Load = { answers: SiteAnswer[]; end(): Promise<SiteAnswer[]> };

const loads: Load[] = [];

/** Six callers, each of whom asks again as soon as it has an answer: for tokens that live and for stale ones. */
function startLoad(asks: (() => Promise<SiteAnswer>)[]): Load {
	let over = false;
	const answers: SiteAnswer[] = [];
	const callers = Array.from({ length: 6 }, async (_, index) => {
		while (!over) {
			answers.push(await asks[index % asks.length]!());
			await sleep(15);
		}
	});
	// Reported by `end`; until then nobody listens.
	for (const caller of callers) caller.catch(() => undefined);
	const load = {
		answers,
		async end() {
			over = true;
			await Promise.all(callers);
			return answers;
		},
	};
	loads.push(load);
	return load;
}

/** Nothing else than a token or "come again then". */
function expectSteady(answers: readonly SiteAnswer[]): void {
	for (const { status, headers, text } of answers) {
		expect([200, 503], text).toContain(status);
		if (status === 503) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
	}
	expect(answers.some(({ status }) => status === 200)).toBe(true);
}

const count = (answers: readonly SiteAnswer[], status: number) =>
	answers.filter((answer) => answer.status === status).length;

function untilServed(mailbox: ConnectedMailbox, limitMs = 25_000): Promise<unknown> {
	return until('served again', async () => (await mailbox.resolve()).status === 200, limitMs);
}

function untilAnswered(load: Load, status: number, from = 0): Promise<unknown> {
	return until(`${status} ten times`, () => count(load.answers.slice(from), status) >= 10);
}

/** The helper has an answer of Microsoft's that it could not store. */
function untilItWaits(from: number): Promise<unknown> {
	const waits = () => world.logged.slice(from).join('').includes('answers wait to be stored');
	return until('an answer waits', waits);
}

describe('PostgreSQL stopped and started under load', () => {
	test('gives 503 meanwhile, is used again within seconds, and has lost nothing', async () => {
		const stale = await connect();
		await stale.setLife(60);
		const versions = () => Promise.all([live, stale].map(async (one) => (await one.row()).version));
		const load = startLoad([live, stale].map((mailbox) => () => mailbox.resolve()));
		await untilAnswered(load, 200);
		await database.stop();
		await untilAnswered(load, 503);
		const duringOutage = load.answers.length;
		await database.start();
		await untilServed(live, 10_000);
		await untilAnswered(load, 200, duringOutage);
		expectSteady(await load.end());
		expect(await versions()).toEqual([1, 2]);
		expect(await stale.row()).toMatchObject({ state: 'active', lease_owner: null });
	});

	test('a refresh whose answer comes while the database is down is stored afterwards', async () => {
		const mailbox = await connect();
		await mailbox.setLife(-1);
		const [before, logged] = [world.refreshes(), world.logged.length];
		world.microsoft.nextTokenAnswer({ kind: 'held', arrived: () => database.stop() });
		const caller = mailbox.resolve();
		await untilItWaits(logged);
		await database.start();
		expectSteady([await caller]);
		expect((await mailbox.resolve()).body['access_token']).toBe(
			(await caller).body['access_token'],
		);
		expect(world.refreshes() - before).toBe(1);
		expect(await mailbox.row()).toMatchObject({ state: 'active', version: 2, lease_owner: null });
	});

	test('a refusal that is heard while the database is down counts once', async () => {
		const mailbox = await connect();
		await mailbox.setLife(-1);
		const held = world.open({
			fetch: async (input, init) => {
				const response = await fetch(input, init);
				await database.stop();
				return response;
			},
		});
		world.microsoft.nextTokenAnswer({ kind: 'error', error: 'invalid_grant', aadsts: 50173 });
		const caller = mailbox.resolve(undefined, held);
		await expect.poll(() => count503OfLive(), { timeout: 10_000 }).toBe(1);
		await database.start();
		expect((await caller).status).toBe(503);
		await held.close();
		await untilServed(live);
		expect(await mailbox.row()).toMatchObject({
			state: 'degraded',
			failures: 1,
			problem_code: 'refused_once',
			lease_owner: null,
		});

		async function count503OfLive(): Promise<number> {
			return count([await live.resolve()], 503);
		}
	});
});

describe('connections that are cut', () => {
	test('again and again under load give 503 at most, and nothing is lost', async () => {
		const stale = await Promise.all([connect(), connect()]);
		// In a process of its own: an error that nobody handles would end it.
		const other = await startVaultProcess(world, {});
		let end: NodeJS.Signals | null | undefined;
		void other.ended.then((signal) => (end = signal));
		const load = startLoad(
			[live, ...stale].map(
				({ site, identifier }) =>
					() =>
						other.resolve(site.key, identifier),
			),
		);
		const cut = await database.asOperator(async (sql) => {
			let connections = 0;
			for (let round = 0; round < 25; round += 1) {
				if (round % 8 === 0) await Promise.all(stale.map((mailbox) => setStale(sql, mailbox)));
				connections += await until('connections', () => cutConnections(sql));
			}
			return connections;
		});
		expect(end, world.logged.slice(-3).join('')).toBeUndefined();
		expect(cut).toBeGreaterThan(20);
		await untilServed(live, 10_000);
		expectSteady(await load.end());
		other.signal('SIGKILL');
		for (const mailbox of stale) {
			await untilServed(mailbox, 10_000);
			expect(await mailbox.row()).toMatchObject({ state: 'active', failures: 0 });
		}
	});
});

describe('a database that does not write', () => {
	afterEach(() => readOnly('off'));

	test('still serves tokens that live, 503 for stale ones, and recovers by itself', async () => {
		const stale = await connect();
		await stale.setLife(-1);
		const before = world.refreshes();
		await readOnly('on');
		const load = startLoad([live, stale].map((mailbox) => () => mailbox.resolve()));
		await untilAnswered(load, 503);
		expect((await live.resolve()).status).toBe(200);
		const refused = await stale.resolve();
		expect([refused.status, refused.body['error']]).toEqual([503, 'temporarily_unavailable']);
		// Nobody asks Microsoft for what cannot be stored.
		expect(world.refreshes() - before).toBe(0);
		await readOnly('off');
		await untilServed(stale, 5_000);
		const answers = await load.end();
		expectSteady(answers);
		expect(count(answers, 503)).toBeGreaterThan(0);
		expect(world.refreshes() - before).toBe(1);
	});

	test('once Microsoft has answered: the token waits, and is stored when it writes again', async () => {
		const mailbox = await connect();
		await mailbox.setLife(-1);
		const logged = world.logged.length;
		world.microsoft.nextTokenAnswer({ kind: 'held', arrived: () => readOnly('on') });
		const caller = mailbox.resolve();
		await untilItWaits(logged);
		expect((await mailbox.row()).version).toBe(1);
		await readOnly('off');
		expect((await caller).status).toBe(200);
		expect(await mailbox.row()).toMatchObject({ version: 2, state: 'active' });
	});

	/** As when another server takes over: connections are cut, and those that follow find it so. */
	async function readOnly(value: 'on' | 'off'): Promise<void> {
		await database.asOperator(async (sql) => {
			await sql`set default_transaction_read_only = off`;
			await sql.unsafe(`alter database mailkey set default_transaction_read_only = ${value}`);
			await cutConnections(sql);
		});
	}
});

describe('a database that is busy with others', () => {
	test('a serialization failure when the lease is taken is 503 at most, and passes', async () => {
		const mailbox = await connect();
		await strictIsolation('repeatable read');
		const other = world.open();
		await mailbox.setLife(-1);
		const answer = await whileRowIsChanged(mailbox, () => mailbox.resolve(undefined, other));
		expect([200, 503], answer.text).toContain(answer.status);
		await untilServed(mailbox, 5_000);
		expect(world.logged.slice(-20).join('')).not.toContain('request to the site API failed');
		await other.close();
		await strictIsolation('read committed');
	});

	test('a serialization failure when the answer is stored loses nothing', async () => {
		const mailbox = await connect();
		await mailbox.setLife(-1);
		await strictIsolation('repeatable read');
		const other = world.open();
		const before = world.refreshes();
		world.microsoft.nextTokenAnswer({ kind: 'latency', ms: 400 });
		const caller = mailbox.resolve(undefined, other);
		await mailbox.untilLeased();
		const answer = await whileRowIsChanged(mailbox, () => caller);
		expect(answer.status, answer.text).toBe(200);
		expect(world.refreshes() - before).toBe(1);
		expect(await mailbox.row()).toMatchObject({ version: 2, state: 'active' });
		expect(world.logged.slice(-10).join('')).toContain('40001');
		await other.close();
		await strictIsolation('read committed');
	});

	test('a statement that waits too long for a lock gives 503, and passes', async () => {
		const mailbox = await connect();
		await mailbox.setLife(-1);
		const answers = await database.asOperator((sql) =>
			sql.begin(async (transaction) => {
				await transaction`lock table stored_tokens in access exclusive mode`;
				return Promise.all([mailbox, live].map((one) => one.resolve()));
			}),
		);
		for (const { status, text } of answers) {
			expect([status, text]).toEqual([503, expect.stringContaining('temporarily_unavailable')]);
		}
		await untilServed(mailbox, 5_000);
	});

	/** For connections that are made from now on. */
	async function strictIsolation(level: 'repeatable read' | 'read committed'): Promise<void> {
		await database.asOperator((sql) =>
			sql.unsafe(`alter database mailkey set default_transaction_isolation = '${level}'`),
		);
	}

	/** Somebody else holds the row while it is asked for, and changes it. */
	function whileRowIsChanged<Result>(
		mailbox: ConnectedMailbox,
		work: () => Promise<Result>,
	): Promise<Result> {
		return database.asOperator(async (sql) => {
			const working = sql.begin(async (transaction) => {
				await transaction`update stored_tokens set signed_in_as = signed_in_as
					where id = ${mailbox.number}`;
				const started = work();
				await until(
					'somebody waits for the row',
					async () => (await transaction`select from pg_locks where not granted`).length,
				);
				return { started };
			});
			return (await working).started;
		});
	}
});

/** All of the helper's; says how many. */
async function cutConnections(sql: Sql): Promise<number> {
	const rows = await sql`select pg_terminate_backend(pid) from pg_stat_activity
		where application_name = 'mailkey' and pid <> pg_backend_pid()`;
	return rows.length;
}

async function setStale(sql: Sql, { number }: ConnectedMailbox): Promise<void> {
	await sql`update stored_tokens set refresh_started_at = null, retry_at = null,
		access_token_expires_at = now() where id = ${number}`;
}

describe('at the end of all this', () => {
	test('nobody has to sign in, and nothing sealed is empty', async () => {
		const rows = await world.sql`select id from stored_tokens
			where state not in ('active', 'degraded') or sealed_refresh_token is null`;
		expect(rows).toHaveLength(0);
	});

	test('no secret stands in the database or in the log', async () => {
		expect(world.logged.some((line) => line.includes('the database is down'))).toBe(true);
		expect(await world.leaks()).toEqual([]);
	});

	test('and the search would have found one', async () => {
		const { value } = world.microsoft.issued().find(({ kind }) => kind === 'refresh_token')!;
		await world.sql`update stored_tokens set signed_in_as = ${value} where id = ${live.number}`;
		expect(await world.leaks()).toEqual([expect.stringContaining('refresh_token')]);
	});
});
