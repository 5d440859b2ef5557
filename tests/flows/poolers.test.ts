// A real PgBouncer between the helper and PostgreSQL, in both of its modes: every answer is right, and a pooler that nobody
// named is noticed.

import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findPooler } from '../../src/lib/server/database/find-pooler.ts';
import { migrateDatabase } from '../../src/lib/server/database/migrate.ts';
import { createMigratedDatabase, createTestDatabase } from '../support/database.ts';
import { ensurePgBouncer, startPgBouncer, type PgBouncer } from '../support/pgbouncer.ts';
import { until } from '../support/until.ts';
import { runMailkey } from '../support/vault-command-line.ts';
import type { SiteAnswer, VaultInstance } from '../support/vault-instance.ts';
import { connectMailbox, type ConnectedMailbox } from '../support/vault-mailbox.ts';
import { openVaultWorld, type VaultWorld } from '../support/vault-world.ts';

const canRun = await ensurePgBouncer();

let world: VaultWorld;
const poolers: Partial<Record<'session' | 'transaction', PgBouncer>> = {};

beforeAll(async () => {
	world = await openVaultWorld(await createMigratedDatabase(), 'real');
	if (!canRun) return;
	// Fewer connections than clients, so that each is handed from one client to the other.
	const { databaseUrl } = world;
	poolers.transaction = await startPgBouncer(databaseUrl, { mode: 'transaction', connections: 3 });
	poolers.session = await startPgBouncer(databaseUrl, { mode: 'session', connections: 40 });
});
afterAll(async () => {
	await world.close();
	await Promise.all(Object.values(poolers).map((pooler) => pooler.stop()));
});

const urlOf = (mode: 'session' | 'transaction') => poolers[mode]?.url ?? '';

function openBehind(mode: 'session' | 'transaction', pooler: 'none' | 'transaction') {
	const environment = { ...world.environment, DATABASE_URL: urlOf(mode), DATABASE_POOLER: pooler };
	return world.open({ environment });
}

const PER_SECOND = 120;
const SECONDS = 2;
const BURST = 20;

/** Two instances at that rate together, with tokens that live, one that must be refreshed, lists and keys that are none. */
async function load(instances: readonly VaultInstance[], mailboxes: ConnectedMailbox[]) {
	const [stale] = mailboxes;
	await stale?.setLife(-1);
	const asked: Promise<SiteAnswer>[] = [];
	const begunAt = performance.now();
	for (let count = 0; count < PER_SECOND * SECONDS; count += 1) {
		const instance = instances[count % instances.length]!;
		const { site, identifier } = mailboxes[count % mailboxes.length]!;
		asked.push(
			count % 10 === 9
				? instance.ask('/api/v1/tokens', site.key)
				: instance.resolve(site.key, { identifier }),
		);
		// A burst at a time, so that several connections are in use at once.
		if (count % BURST !== 0) continue;
		const nextAt = begunAt + (count * 1_000) / PER_SECOND;
		await until('the next burst is due', () => Promise.resolve(performance.now() >= nextAt));
	}
	return countByStatus(await Promise.all(asked));
}

function countByStatus(answers: readonly SiteAnswer[]): Record<string, number> {
	const counts: Record<string, number> = {};
	for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
	return counts;
}

async function connectThrough(instance: VaultInstance): Promise<ConnectedMailbox[]> {
	const mailboxes = [];
	for (let count = 0; count < 3; count += 1) mailboxes.push(await connectMailbox(world, instance));
	return mailboxes;
}

const mail = {
	MAIL_IMAP: 'imaps://127.0.0.1:1',
	MAIL_POP: 'pop3s://127.0.0.1:1',
	MAIL_SMTP: 'smtp://127.0.0.1:1',
};

describe.skipIf(!canRun)('behind PgBouncer', () => {
	test.each([
		['transaction', 'transaction'],
		['session', 'none'],
	] as const)(
		'in %s mode, with DATABASE_POOLER=%s, each of some hundred answers is right',
		async (mode, pooler) => {
			const instances = [openBehind(mode, pooler), openBehind(mode, pooler)];
			const mailboxes = await connectThrough(instances[0]!);
			expect(await load(instances, mailboxes)).toEqual({ 200: PER_SECOND * SECONDS });
			expect((await mailboxes[0]?.row())?.version).toBe(2);
		},
	);

	test('a pooler is noticed, and how it shares connections', async () => {
		expect(await findPooler(world.databaseUrl)).toBe('none');
		expect(await findPooler(urlOf('session'))).toBe('session');
		expect(await findPooler(urlOf('transaction'))).toBe('transaction');
	});

	test('a command refuses one that shares them by transaction until it is named', async () => {
		const environment = { ...world.environment, ...mail, DATABASE_URL: urlOf('transaction') };
		const named = { ...environment, DATABASE_POOLER: 'transaction' };
		const run = (env: Record<string, string>, ...args: string[]) =>
			runMailkey(args, { environment: env, folder: '/tmp' });
		const [refused, done, doctored] = await Promise.all([
			run(environment, 'site', 'list'),
			run(named, 'site', 'list', '--json'),
			run(environment, 'doctor', '--json'),
		]);
		expect([refused.status, refused.stdout]).toEqual([1, '']);
		expect(refused.stderr).toMatch(
			/^DATABASE_URL leads to .*: set DATABASE_POOLER=transaction\.\n$/,
		);
		expect([done.status, done.stderr]).toEqual([0, '']);
		expect(doctored.json()['checks']).toContainEqual({
			check: 'database',
			status: 'failed',
			message: expect.stringContaining('shares connections by transaction') as string,
			todo: expect.stringContaining('DATABASE_POOLER=transaction') as string,
		});
	});

	test.each(['session', 'transaction'] as const)(
		'one in %s mode that refuses the start-up parameter is named, with the setting that mends it',
		async (mode) => {
			const { databaseUrl } = world;
			const strict = await startPgBouncer(databaseUrl, { mode, connections: 9, lets: 'none' });
			const environment = { ...world.environment, ...mail, DATABASE_URL: strict.url };
			const run = (...args: string[]) => runMailkey(args, { environment, folder: '/tmp' });
			try {
				const [doctored, served, listed] = await Promise.all([
					run('doctor', '--json'),
					run('serve'),
					run('site', 'list'),
				]);
				const setting =
					mode === 'session'
						? 'Set ignore_startup_parameters = extra_float_digits,statement_timeout in PgBouncer'
						: 'DATABASE_POOLER=transaction';
				expect(doctored.json()['checks']).toContainEqual({
					check: 'database',
					status: 'failed',
					message: expect.stringContaining('PgBouncer') as string,
					todo: expect.stringContaining(setting) as string,
				});
				for (const { status, stdout, stderr } of [served, listed]) {
					expect([status, stdout]).toEqual([1, '']);
					expect(stderr).toMatch(/^[^\n]* connection pooler [^\n]*\n$/);
					expect(stderr).toContain(setting);
				}
				// What the address itself sends.
				environment.DATABASE_URL += '?search_path=public';
				for (const { stderr } of [await run('migrate'), await run('site', 'list')]) {
					expect(stderr).toMatch(/parameter search_path\. Take it out of the URL: [^\n]*\n$/);
				}
			} finally {
				await strict.stop();
			}
		},
	);

	test('the schema is made through one in transaction mode, which keeps no lock', async () => {
		const url = new URL(urlOf('transaction'));
		url.pathname = new URL(await createTestDatabase()).pathname;
		expect(await migrateDatabase(url.href)).toBeGreaterThan(0);
		expect(await migrateDatabase(url.href)).toBe(0);
		const locks = await world.sql`
			select 1 from pg_locks join pg_database on pg_database.oid = pg_locks.database
			where locktype = 'advisory' and datname = ${url.pathname.slice(1)}`;
		expect(locks).toHaveLength(0);
	});
});

describe('the lock of a migration that somebody else has', () => {
	const LOCK = 4_812_577_301;

	test('holds up nobody when nothing is pending, and nobody for longer than its limit', async () => {
		const fresh = await createTestDatabase();
		for (const [url, wait] of [
			[world.databaseUrl, () => migrateDatabase(world.databaseUrl)],
			[fresh, () => migrateDatabase(fresh, { lockLimitSeconds: 1 }).catch(codeOf)],
		] as const) {
			const other = postgres(url, { max: 1 });
			await other`select pg_advisory_lock(${LOCK})`;
			expect(await wait()).toBe(url === fresh ? '55P03' : 0);
			await other.end();
		}
	});
});

function codeOf(error: unknown): unknown {
	return error instanceof Error && 'code' in error ? error.code : error;
}
