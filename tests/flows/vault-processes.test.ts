// Several processes of the helper on one database: one refresh whoever asks, and no process that is stopped or killed
// anywhere in the middle costs a mailbox its connection.

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { REFRESH_DURATIONS, type RefreshDurations } from '../../src/lib/server/durations.ts';
import { createMigratedDatabase } from '../support/database.ts';
import type { SiteAnswer, VaultInstance } from '../support/vault-instance.ts';
import { connectMailbox, type ConnectedMailbox } from '../support/vault-mailbox.ts';
import { KILL_POINTS, type KillPoint } from '../support/vault-kill-points.ts';
import { startVaultProcess, type VaultProcess } from '../support/vault-processes.ts';
import { openVaultWorld, type VaultWorld } from '../support/vault-world.ts';
import { until } from '../support/until.ts';

let world: VaultWorld;
/** The test's own, to sign in with. */
let own: VaultInstance;
let three: VaultProcess[];
const processes: VaultProcess[] = [];

/** For those who are stopped or killed, so that the others need not wait long. */
const quick = { leaseMs: 2_500, betweenRefreshesMs: 2_000, callerWaitMs: 8_000 };
const production = {};

beforeAll(async () => {
	world = await openVaultWorld(await createMigratedDatabase(), 'real');
	own = world.open();
	three = await Promise.all([start(production), start(production), start(production)]);
}, 120_000);
afterAll(async () => {
	for (const one of processes) one.signal('SIGKILL');
	await Promise.all(processes.map(({ ended }) => ended));
	await world.close();
});

async function start(durations: Partial<RefreshDurations>): Promise<VaultProcess> {
	const one = await startVaultProcess(world, durations);
	processes.push(one);
	return one;
}

const connect = () => connectMailbox(world, own);

async function staleMailbox(): Promise<ConnectedMailbox> {
	const mailbox = await connect();
	await mailbox.setLife(-1);
	return mailbox;
}

function ask(one: VaultProcess, { site, identifier }: ConnectedMailbox): Promise<SiteAnswer> {
	return one.resolve(site.key, identifier);
}

function askAll(of: VaultProcess[], mailbox: ConnectedMailbox): Promise<SiteAnswer[]> {
	const callers = of.flatMap((one) => Array.from({ length: 50 }, () => one));
	return Promise.all(callers.map((one) => ask(one, mailbox)));
}

function tokensOf(answers: readonly SiteAnswer[]): unknown[] {
	for (const { status, text } of answers)
		expect([status, status === 200 || text]).toEqual([200, true]);
	return [...new Set(answers.map(({ body }) => body['access_token']))];
}

describe('three processes with fifty callers each', () => {
	test('ask Microsoft once for a stale token, and all hand out the same', async () => {
		const mailbox = await staleMailbox();
		const before = world.refreshes();
		const answers = await askAll(three, mailbox);
		expect(tokensOf(answers)).toHaveLength(1);
		expect(world.refreshes() - before).toBe(1);
		expect(await mailbox.row()).toMatchObject({ state: 'active', version: 2, lease_owner: null });
	});

	test('do so when Microsoft takes its time', async () => {
		const mailbox = await staleMailbox();
		world.microsoft.nextTokenAnswer({ kind: 'latency', ms: 1_200 });
		const before = world.refreshes();
		expect(tokensOf(await askAll(three, mailbox))).toHaveLength(1);
		expect(world.refreshes() - before).toBe(1);
	});

	test('get what still lives when Microsoft fails, after one try', async () => {
		const mailbox = await connect();
		await mailbox.setLife(100);
		world.microsoft.nextTokenAnswer({ kind: 'status', status: 503 });
		const before = world.refreshes();
		const answers = await askAll(three, mailbox);
		expect(tokensOf(answers)).toHaveLength(1);
		expect(world.refreshes() - before).toBe(1);
		expect(await mailbox.row()).toMatchObject({ state: 'degraded', version: 1, failures: 1 });
	});
});

test('a token endpoint that takes fifteen seconds, as Microsoft’s did, is waited for', () => {
	expect(REFRESH_DURATIONS.callerWaitMs).toBeGreaterThan(15_000);
	expect(REFRESH_DURATIONS.leaseMs).toBeGreaterThan(2 * 15_000);
});

describe('a process that is stopped past its lease', () => {
	beforeAll(async () => {
		await Promise.all(three.map((one) => one.reopen(quick)));
	});
	afterEach(() => three.forEach((one) => one.signal('SIGCONT')));

	test('and goes on later does not overwrite the newer token', async () => {
		const [paused, other] = [three[0]!, three[1]!];
		const mailbox = await staleMailbox();
		const before = world.refreshes();
		// Its answer comes to a process that stands still.
		world.microsoft.nextTokenAnswer({
			kind: 'held',
			arrived: () => Promise.resolve(paused.signal('SIGSTOP')),
		});
		const late = ask(paused, mailbox);
		await mailbox.untilLeased();
		await untilLeaseIsOver(mailbox);
		const [fresh] = tokensOf([await untilServed(other, mailbox)]);
		const newer = await mailbox.row();
		expect(newer.version).toBe(2);
		expect(world.refreshes() - before).toBe(2);

		paused.signal('SIGCONT');
		expect(tokensOf([await late])).toEqual([fresh]);
		expect(await mailbox.row()).toMatchObject({
			version: 2,
			state: 'active',
			sealed_access_token: newer.sealed_access_token,
			sealed_refresh_token: newer.sealed_refresh_token,
		});
		const served = await Promise.all(three.map((one) => ask(one, mailbox)));
		expect(tokensOf(served)).toEqual([fresh]);
		const ofThis = () => world.logged.filter((line) => line.includes(`"token":${mailbox.number},`));
		await expect.poll(() => ofThis().join('')).toContain('"saved":false');
	});

	test('and then hears a refusal does not spoil the newer token', async () => {
		const [paused, other] = [three[0]!, three[1]!];
		const mailbox = await staleMailbox();
		// The first request that comes is refused; that is heard of only after the stop.
		paused.holdAnswer(1_500);
		const before = world.refreshes();
		world.microsoft.nextTokenAnswer({ kind: 'error', error: 'invalid_grant', aadsts: 50173 });
		const late = ask(paused, mailbox);
		await mailbox.untilLeased();
		await until('a refusal', () => world.refreshes() > before);
		paused.signal('SIGSTOP');
		await untilLeaseIsOver(mailbox);
		const [fresh] = tokensOf([await untilServed(other, mailbox)]);
		const newer = await mailbox.row();
		paused.signal('SIGCONT');
		expect(tokensOf([await late])).toEqual([fresh]);
		expect(await mailbox.row()).toMatchObject({
			state: 'active',
			failures: 0,
			refused_at: null,
			version: newer.version,
		});
	});
});

describe('kill -9 of the process that refreshes', () => {
	/** Whether Microsoft gave the dead process a token. */
	const answered: Record<KillPoint, number> = {
		'lease taken': 0,
		'request sent': 1,
		'answer received': 1,
		committed: 1,
		'before the reply': 1,
	};
	let victims: VaultProcess[];
	beforeAll(async () => {
		victims = await Promise.all(KILL_POINTS.map(() => start(quick)));
	}, 120_000);

	test.each(KILL_POINTS)(
		'with its %s: another goes on, and nobody has to sign in',
		async (point) => {
			const victim = victims[KILL_POINTS.indexOf(point)]!;
			const mailbox = await staleMailbox();
			if (point === 'request sent') {
				world.microsoft.nextTokenAnswer({ kind: 'latency', ms: 3_000 });
			}
			const before = world.refreshes();
			victim.killAt(point);
			await expect(ask(victim, mailbox)).rejects.toThrow();
			expect(await victim.ended).toBe('SIGKILL');
			const committed = await mailbox.row();
			const isCommitted = point === 'committed' || point === 'before the reply';
			expect(committed.version).toBe(isCommitted ? 2 : 1);
			expect(committed.lease_owner === null).toBe(isCommitted);

			const [fresh] = tokensOf([await untilServed(three[1]!, mailbox)]);
			const after = await mailbox.row();
			expect(after).toMatchObject({
				state: 'active',
				version: 2,
				failures: 0,
				problem_code: null,
				refused_at: null,
			});
			if (isCommitted) expect(after.sealed_access_token).toBe(committed.sealed_access_token);
			await expect
				.poll(() => world.refreshes() - before, { timeout: 10_000 })
				.toBe(answered[point] + (isCommitted ? 0 : 1));
			expect(tokensOf(await Promise.all(three.map((one) => ask(one, mailbox))))).toEqual([fresh]);
		},
	);
});

describe('at the end of all this', () => {
	test('nobody has to sign in, and nothing sealed is empty', async () => {
		const rows = await world.sql`select id from stored_tokens
			where state not in ('active', 'degraded') or sealed_refresh_token is null`;
		expect(rows).toHaveLength(0);
	});

	test('no secret stands in the database or in the log of any process', async () => {
		expect(world.logged.filter((line) => line.includes('token refreshed')).length).toBeGreaterThan(
			5,
		);
		expect(await world.leaks()).toEqual([]);
	});

	test('and the search would have found one', async () => {
		const { value } = world.microsoft.issued().find(({ kind }) => kind === 'access_token')!;
		world.logged.push(
			Buffer.from(`user=x\u0001auth=Bearer ${value}\u0001\u0001`).toString('base64'),
		);
		expect(await world.leaks()).toEqual([expect.stringContaining('access_token')]);
	});
});

async function untilLeaseIsOver(mailbox: ConnectedMailbox): Promise<void> {
	const { lease_until: end } = await mailbox.row();
	await until('the lease is over', () => new Date() > end!);
}

/** As a mail engine does: asks again after a 503, and only after that. */
function untilServed(one: VaultProcess, mailbox: ConnectedMailbox): Promise<SiteAnswer> {
	const look = async () => {
		const answer = await ask(one, mailbox);
		if (answer.status !== 503) return answer;
		expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
		return undefined;
	};
	return until('a token', look, 6_000);
}
