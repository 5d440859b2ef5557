// Keeping tokens alive, over a year whose clock is moved by hand, with a Microsoft in memory and the real PostgreSQL.

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createMigratedDatabase } from '../support/database.ts';
import type { VaultInstance } from '../support/vault-instance.ts';
import { connectMailbox, registerSite } from '../support/vault-mailbox.ts';
import {
	createStrictMicrosoft,
	insertTokens,
	type StrictMicrosoft,
} from '../support/vault-many.ts';
import { openVaultWorld, type VaultWorld } from '../support/vault-world.ts';
import { VISITOR } from '../support/visitor.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

let world: VaultWorld;
beforeAll(async () => {
	world = await openVaultWorld(await createMigratedDatabase());
});
afterAll(() => world.close());

function openInstances(
	count: number,
	rate = 20,
	microsoft = createStrictMicrosoft(world.clock.now),
) {
	const instances = Array.from({ length: count }, () =>
		world.open({
			fetch: microsoft.fetch,
			environment: { ...world.environment, KEEP_ALIVE_RATE: String(rate) },
			log: () => undefined,
		}),
	);
	return { microsoft, instances, tick: () => tick(instances) };
}

async function tick(instances: readonly VaultInstance[]): Promise<void> {
	await Promise.all(instances.map(({ app }) => app.keepAlive.refreshDue()));
	await Promise.all(instances.map(({ app }) => app.keepAlive.settled()));
}

async function store(instance: VaultInstance, count: number) {
	const { id: siteId } = await registerSite(world, instance);
	return insertTokens(world.sql, {
		siteId,
		count,
		tokenKeys: world.environment['TOKEN_KEYS']!,
		at: world.clock.now(),
	});
}

async function oldestDays(): Promise<number> {
	const [row] = await world.sql`
		select extract(epoch from ${world.clock.now()} - min(last_refreshed_at))::float8 / 86400 as days
		from stored_tokens where state <> 'revoked'`;
	return Number(row?.['days']);
}

function perBucket({ refreshes }: StrictMicrosoft, ms: number): Map<number, number> {
	const counts = new Map<number, number>();
	for (const { at } of refreshes) {
		const bucket = Math.floor(at / ms);
		counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
	}
	return counts;
}

const unavailable = () => new Response('', { status: 503 });

async function revokeAll(): Promise<void> {
	await world.sql`update stored_tokens set state = 'revoked', sealed_refresh_token = null`;
}

// One year, told in the order in which it passes.
describe('over a year, by three instances', () => {
	let start: number;
	let ids: readonly number[];
	let three: ReturnType<typeof openInstances>;
	beforeAll(async () => {
		start = world.clock.now().getTime();
		three = openInstances(3);
		({ ids } = await store(three.instances[0]!, 60));
	});
	afterAll(revokeAll);

	/** Gives the oldest that a token was, in days. */
	async function liveUntil(dayOfYear: number): Promise<number> {
		let oldest = 0;
		for (let half = 1; world.clock.now().getTime() < start + dayOfYear * day; half += 1) {
			world.clock.advance(12 * hour);
			await three.tick();
			if (half % 16 === 0) oldest = Math.max(oldest, await oldestDays());
		}
		return Math.max(oldest, await oldestDays());
	}

	test('no token becomes eight days old', async () => {
		expect(await liveUntil(200)).toBeLessThan(8);
	});

	test('the days are even by then, although all signed in at the same moment', () => {
		const daily = [...perBucket(three.microsoft, day)]
			.filter(([bucket]) => bucket > start / day + 100 && bucket < start / day + 199)
			.map(([, count]) => count);
		const mean = daily.reduce((sum, count) => sum + count, 0) / daily.length;
		expect(daily.length).toBeGreaterThanOrEqual(98);
		expect(mean).toBeGreaterThan(60 / 7);
		expect(Math.max(...daily)).toBeLessThan(2.5 * mean);
	});

	test('three days without Microsoft are caught up at the rate, without a herd', async () => {
		const { microsoft } = three;
		microsoft.answerWith(unavailable);
		await liveUntil(203);
		const degraded = () => world.sql`select id from stored_tokens where state = 'degraded'`;
		const overdue = (await degraded()).length;
		expect(overdue).toBeGreaterThan(15);
		microsoft.answerWith(undefined);
		const before = microsoft.refreshes.length;
		world.clock.advance(2 * hour);
		const rate = 2;
		const slow = openInstances(3, rate, microsoft);
		for (let count = 0; count < overdue; count += 1) {
			world.clock.advance(second);
			await slow.tick();
		}
		const refreshes = microsoft.refreshes.slice(before);
		expect(refreshes.length).toBeGreaterThanOrEqual(overdue);
		const perSecond = perBucket({ ...microsoft, refreshes }, second).values();
		expect(Math.max(...perSecond)).toBeLessThanOrEqual(3 * rate);
		expect(await degraded()).toHaveLength(0);
	});

	test('nor does a token become so old in the rest of the year', async () => {
		expect(await liveUntil(365)).toBeLessThan(8);
	});

	test('each token was refreshed, and none twice at a time or with an old token', () => {
		expect(new Set(three.microsoft.refreshes.map(({ id }) => id)).size).toBe(ids.length);
		expect(three.microsoft.faults).toEqual([]);
	});
});

describe('one by one', () => {
	afterEach(revokeAll);

	const byNumber = async (id: number) => {
		const [row] = await world.sql`select * from stored_tokens where id = ${id}`;
		return row!;
	};

	test('a first refusal is settled by a second try minutes later, and nobody is asked again', async () => {
		const { microsoft, instances, tick } = openInstances(1);
		const { ids } = await store(instances[0]!, 2);
		const [refused, other] = [ids[0]!, ids[1]!];
		microsoft.answerWith((id) =>
			id === refused ? Response.json({ error: 'invalid_grant' }, { status: 400 }) : undefined,
		);
		await tick();
		world.clock.advance(7 * day);
		await tick();
		expect(await byNumber(refused)).toMatchObject({
			state: 'degraded',
			problem_code: 'refused_once',
		});
		world.clock.advance(2 * minute);
		await tick();
		expect((await byNumber(refused))['state']).toBe('degraded');
		world.clock.advance(2 * minute);
		await tick();
		expect((await byNumber(refused))['state']).toBe('sign_in_required');
		expect((await byNumber(other))['state']).toBe('active');
		world.clock.advance(30 * day);
		await tick();
		expect(microsoft.refreshes.filter(({ id }) => id === refused)).toHaveLength(2);
	});

	test('a degraded one is healed as soon as Microsoft answers again', async () => {
		const { microsoft, instances, tick } = openInstances(1);
		const { ids } = await store(instances[0]!, 1);
		await tick();
		microsoft.answerWith(unavailable);
		world.clock.advance(7 * day);
		await tick();
		expect((await byNumber(ids[0]!))['state']).toBe('degraded');
		microsoft.answerWith(undefined);
		world.clock.advance(2 * minute);
		await tick();
		expect(await byNumber(ids[0]!)).toMatchObject({ state: 'active', problem_code: null });
	});

	test('a row that does not open never stops the rest, and comes round once an hour at most', async () => {
		const { microsoft, instances, tick } = openInstances(1, 2);
		const { ids } = await store(instances[0]!, 8);
		await tick();
		world.clock.advance(7 * day);
		// The longest overdue of all, so that each round begins with them.
		await world.sql`
			update stored_tokens set sealed_refresh_token = 'v1.lost.AAAA', keep_alive_at = now() - interval '1 year'
			where id = any(${ids.slice(0, 3)})`;
		for (let round = 0; round < 8; round += 1) {
			world.clock.advance(second);
			await tick();
		}
		expect(new Set(microsoft.refreshes.map(({ id }) => id))).toEqual(new Set(ids.slice(3)));
		for (const id of ids.slice(0, 3)) {
			const row = await byNumber(id);
			expect(row).toMatchObject({ state: 'active', sealed_refresh_token: 'v1.lost.AAAA' });
			expect(Number(row['keep_alive_at'])).toBeGreaterThan(
				world.clock.now().getTime() + 50 * minute,
			);
		}
	});

	test('one that was refreshed is looked at again in four to seven days, by the same write', async () => {
		const { microsoft, instances, tick } = openInstances(1);
		const { ids } = await store(instances[0]!, 1);
		world.clock.advance(5 * day);
		await tick();
		expect(microsoft.refreshes).toHaveLength(1);
		const next = Number((await byNumber(ids[0]!))['keep_alive_at']) - world.clock.now().getTime();
		expect(next).toBeGreaterThanOrEqual(4 * day);
		expect(next).toBeLessThanOrEqual(7 * day);
	});

	test('a token in use is not refreshed beside its use', async () => {
		const { microsoft, instances, tick } = openInstances(1);
		const { ids } = await store(instances[0]!, 1);
		for (let count = 0; count < 20; count += 1) {
			await tick();
			world.clock.advance(2 * day);
			await world.sql`
				update stored_tokens set last_refreshed_at = ${world.clock.now()} where id = ${ids[0]!}`;
		}
		expect(microsoft.refreshes).toEqual([]);
	});

	test('while Microsoft refuses the helper itself, one try at a time is made and no token is touched', async () => {
		const { microsoft, instances, tick } = openInstances(1);
		await store(instances[0]!, 30);
		await tick();
		world.clock.advance(7 * day);
		microsoft.answerWith(() => Response.json({ error: 'invalid_client' }, { status: 401 }));
		await tick();
		const first = microsoft.refreshes.length;
		for (let count = 0; count < 60; count += 1) {
			world.clock.advance(second);
			await tick();
		}
		expect(first).toBe(20);
		expect(microsoft.refreshes.length - first).toBe(2);
		expect(
			await world.sql`select id from stored_tokens where state in ('degraded', 'sign_in_required')`,
		).toHaveLength(0);
		microsoft.answerWith(undefined);
		for (let count = 0; count < 90; count += 1) {
			world.clock.advance(minute);
			await tick();
		}
		expect(await oldestDays()).toBeLessThan(1);
	});

	test('shutting down waits for refreshes under way and begins none', async () => {
		const microsoft = createStrictMicrosoft(world.clock.now, 300);
		const { instances } = openInstances(1, 20, microsoft);
		const [{ app }] = [instances[0]!];
		await store(instances[0]!, 3);
		await app.keepAlive.refreshDue();
		world.clock.advance(7 * day);
		await app.keepAlive.refreshDue();
		expect(microsoft.refreshes).toHaveLength(0);
		app.beginShutdown();
		await app.workDone(10_000);
		expect(microsoft.refreshes).toHaveLength(3);
		expect(await oldestDays()).toBe(0);
		world.clock.advance(9 * day);
		await app.keepAlive.refreshDue();
		await app.keepAlive.settled();
		expect(microsoft.refreshes).toHaveLength(3);
	});
});

describe('a token that its site never resolves', () => {
	afterEach(revokeAll);

	test('is revoked after 30 days, a day that its owner was told; one resolve ends that', async () => {
		world.clock.reset();
		const instance = world.open();
		const unused = await connectMailbox(world, instance);
		const used = await connectMailbox(world, instance);
		const statusOf = (box: typeof used) =>
			instance.app.forVisitor(VISITOR).signInStatus(box.session, box.signIn);
		const day30 = new Date(world.clock.now().getTime() + 30 * day).toISOString();
		expect(await statusOf(unused)).toMatchObject({ revoked_unless_used_by: day30 });
		expect((await used.resolve()).status).toBe(200);
		await instance.close();
		expect(await statusOf2(used)).not.toHaveProperty('revoked_unless_used_by');

		world.clock.advance(30 * day - minute);
		const later = world.open();
		await later.app.keepAlive.revokeNeverUsed();
		expect((await unused.row()).state).toBe('active');
		world.clock.advance(minute);
		await later.app.keepAlive.revokeNeverUsed();
		expect(await unused.row()).toMatchObject({
			state: 'revoked',
			revoked_reason: 'never_used',
			sealed_refresh_token: null,
			sealed_access_token: null,
		});
		expect((await used.row()).state).toBe('active');

		async function statusOf2(box: typeof used) {
			return world.open().app.forVisitor(VISITOR).signInStatus(box.session, box.signIn);
		}
	});

	test('has its 30 days again after a new sign-in', async () => {
		world.clock.reset();
		const instance = world.open();
		const box = await connectMailbox(world, instance);
		const then = new Date(world.clock.now().getTime() - 29 * day);
		await world.sql`update stored_tokens set signed_in_at = ${then} where id = ${box.number}`;
		await box.signInAgain();
		world.clock.advance(2 * day);
		await instance.app.keepAlive.revokeNeverUsed();
		expect((await box.row()).state).toBe('active');
	});
});
