// The key ring over the years: which key seals what, everything sealed anew while the helper serves, and keys that are
// missing.

import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import postgres from 'postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { connectDatabase } from '../../src/lib/server/database/connection.ts';
import { SEALED_COLUMNS } from '../../src/lib/server/database/schema/sealed-columns.ts';
import { createSealedValueStore } from '../../src/lib/server/tokens/sealed-value-store.ts';
import { generateTokenKey } from '../../src/lib/server/vault/key-ring.ts';
import { createMigratedDatabase } from '../support/database.ts';
import { runMailkey } from '../support/vault-command-line.ts';
import type { VaultInstance } from '../support/vault-instance.ts';
import { registerSite, type ConnectedSite } from '../support/vault-mailbox.ts';
import { insertTokens } from '../support/vault-many.ts';
import { openVaultWorld, type VaultWorld } from '../support/vault-world.ts';
import { watched } from '../support/watched.ts';

let world: VaultWorld;
let site: ConnectedSite;
const oldKey = generateTokenKey('old');
const newKey = generateTokenKey('new');

beforeAll(async () => {
	world = await openVaultWorld(await createMigratedDatabase(), 'real');
	site = await registerSite(world, world.open());
});
beforeEach(async () => {
	await world.sql`delete from stored_tokens`;
});
afterAll(() => world.close());

const environment = (...keys: string[]) => ({ ...world.environment, TOKEN_KEYS: keys.join(',') });
const instanceWith = (...keys: string[]) => world.open({ environment: environment(...keys) });

function store(count: number) {
	return insertTokens(world.sql, {
		siteId: site.id,
		count,
		tokenKeys: oldKey,
		at: world.clock.now(),
	});
}

const identifierOf = (id: number) => `ExternalOAuthToken:${id}:box-${id}@mycompany.com`;

async function resolve(instance: VaultInstance, id: number) {
	return instance.resolve(site.key, { identifier: identifierOf(id) });
}

async function sealedBy(databaseUrl = world.databaseUrl): Promise<Record<string, number>> {
	const connection = connectDatabase(databaseUrl);
	try {
		return Object.fromEntries(await createSealedValueStore(connection.database).countByKey());
	} finally {
		await connection.close();
	}
}

const quietly = () => undefined;

describe('the list of sealed columns', () => {
	test('is that of the database, and each stands in a row that says whose it is', async () => {
		const there = await world.sql<{ table_name: string; column_name: string }[]>`
			select table_name, column_name from information_schema.columns
			where table_schema = 'public' and column_name like '%sealed%' order by 1, 2`;
		expect(SEALED_COLUMNS.map(({ table, column }) => `${table}.${column}`).sort()).toEqual(
			there.map((row) => `${row.table_name}.${row.column_name}`).sort(),
		);
		expect(there.length).toBeGreaterThan(1);
		for (const { table, ofMailbox } of SEALED_COLUMNS) {
			const columns = await world.sql<{ column_name: string }[]>`
				select column_name from information_schema.columns where table_name = ${table}`;
			expect(columns.map((row) => row.column_name)).toEqual(
				expect.arrayContaining(['id', 'site_id', ...(ofMailbox ? ['mailbox'] : [])]),
			);
		}
	});
});

describe('how many values each key seals', () => {
	const tables = [...new Set(SEALED_COLUMNS.map(({ table }) => table))];

	test.each(tables)('is counted with each change of %s, in all its columns', async (table) => {
		const columns = SEALED_COLUMNS.filter((one) => one.table === table).map(({ column }) => column);
		const triggers = await world.sql<{ tgname: string; its: string }[]>`
			select tgname, encode(tgargs, 'escape') as its from pg_trigger
			where tgrelid = ${table}::regclass and tgname like 'count\\_sealed%' order by tgname`;
		expect(triggers.map(({ tgname, its }) => [tgname, its.split('\\000').slice(0, -1)])).toEqual([
			['count_sealed_added', columns],
			['count_sealed_changed', columns],
			['count_sealed_removed', columns],
		]);
	});

	test('is right whatever becomes of them, before and after the counts are summed up', async () => {
		const { ids } = await store(3);
		const at = world.clock.now();
		await insertTokens(world.sql, { siteId: site.id, count: 2, tokenKeys: newKey, at });
		expect(await sealedBy()).toEqual({ old: 6, new: 4 });
		await world.sql`update stored_tokens set sealed_access_token = null where id = ${ids[0]!}`;
		await world.sql`update stored_tokens set sealed_access_token = 'v1.other.x' where id = ${ids[1]!}`;
		await world.sql`delete from stored_tokens where id = ${ids[2]!}`;
		const expected = { old: 2, new: 4, other: 1 };
		expect(await sealedBy()).toEqual(expected);
		const { database, close } = connectDatabase(world.databaseUrl);
		await createSealedValueStore(database).sumUpCounts();
		await close();
		expect(await sealedBy()).toEqual(expected);
		expect(await world.sql`select key_id from sealed_value_counts order by key_id`).toEqual(
			Object.keys(expected)
				.sort()
				.map((keyId) => ({ key_id: keyId })),
		);
	});

	test('comes with a restore of data alone, which copies the counts as well as the values', async () => {
		await store(3);
		const url = await createMigratedDatabase();
		const restored = postgres(url, { max: 1, onnotice: () => undefined });
		try {
			for (const table of ['sites', 'sealed_value_counts', 'stored_tokens']) {
				const from = await world.sql`copy ${world.sql(table)} to stdout`.readable();
				await pipeline(from, await restored`copy ${restored(table)} from stdin`.writable());
			}
			expect(await sealedBy(url)).toEqual({ old: 6 });
			await restored`delete from stored_tokens`;
			expect(await sealedBy(url)).toEqual({});
		} finally {
			await restored.end();
		}
	});

	test('takes no note of a refresh', async () => {
		await store(1);
		const rows = () => world.sql`select id from sealed_value_counts order by id`;
		const before = await rows();
		await world.sql`update stored_tokens set sealed_access_token = sealed_access_token || 'x'`;
		expect(await rows()).toEqual(before);
	});
});

describe('resealing', () => {
	test('under a steady load of resolves fails none of them, and a second time finds nothing to do', async () => {
		const { ids } = await store(800);
		const server = instanceWith(newKey, oldKey);
		const operator = instanceWith(newKey, oldKey);
		const statuses: number[] = [];
		let isOver = false;
		const load = Promise.all(
			Array.from({ length: 4 }, async (_, worker) => {
				for (let turn = worker; !isOver || turn < 200; turn += 4) {
					const { status, body } = await resolve(server, ids[turn % ids.length]!);
					const token = body['access_token'];
					statuses.push(token === `at-${ids[turn % ids.length]!}-0` ? status : 0);
				}
			}),
		);
		const result = await operator.app.resealTokens(quietly);
		isOver = true;
		await load;
		expect(statuses.length).toBeGreaterThan(200);
		expect(new Set(statuses)).toEqual(new Set([200]));
		expect(result).toMatchObject({ resealed: 1600, changedMeanwhile: 0 });
		expect(await sealedBy()).toEqual({ new: 1600 });
		expect(await operator.app.resealTokens(quietly)).toMatchObject({ resealed: 0 });
		expect((await resolve(instanceWith(newKey), ids[0]!)).status).toBe(200);
	});

	test('killed in the middle goes on where it was', async () => {
		const { ids } = await store(1600);
		const arguments_ = ['keys', 'rotate', '--json'];
		const child = spawn(
			process.execPath,
			[fileURLToPath(new URL('../../bin/mailkey.js', import.meta.url)), ...arguments_],
			{
				env: { ...watched(), PATH: process.env['PATH'], ...environment(newKey, oldKey) },
				cwd: tmpdir(),
			},
		);
		const ended = new Promise((resolve) => child.once('close', (_, signal) => resolve(signal)));
		child.stderr.once('data', () => child.kill('SIGKILL'));
		expect(await ended).toBe('SIGKILL');
		const { new: done = 0, old: left = 0 } = await sealedBy();
		expect(done).toBeGreaterThan(0);
		expect(left).toBeGreaterThan(0);

		const again = await runMailkey(arguments_, {
			environment: environment(newKey, oldKey),
			folder: tmpdir(),
		});
		expect(again).toMatchObject({ status: 0 });
		expect(again.stderr).toMatch(/looked at \d+ values, resealed \d+/);
		expect(again.json()).toEqual({ resealed: left, changed_meanwhile: 0, unopenable: {} });
		expect(await sealedBy()).toEqual({ new: 3200 });
		const instance = instanceWith(newKey);
		for (const id of [ids[0]!, ids[799]!, ids[1599]!]) {
			expect((await resolve(instance, id)).body['access_token']).toBe(`at-${id}-0`);
		}
	});

	test('lets a refresh that wrote meanwhile win', async () => {
		const { ids } = await store(1);
		const connection = connectDatabase(world.databaseUrl);
		const column = SEALED_COLUMNS.find(({ column }) => column === 'sealed_refresh_token')!;
		const values = createSealedValueStore(connection.database);
		const [before] = await values.listAfter(column, undefined, { unlessSealedBy: 'new', limit: 9 });
		await world.sql`update stored_tokens set sealed_refresh_token = 'newer' where id = ${ids[0]!}`;
		expect(await values.replace(column, String(ids[0]!), before!.sealed!, 'resealed')).toBe(false);
		const [row] = await world.sql`select sealed_refresh_token as value from stored_tokens`;
		expect(row?.['value']).toBe('newer');
		await connection.close();
	});

	test('reads nothing of a database that takes no changes', async () => {
		await store(2);
		const url = new URL(world.databaseUrl);
		url.searchParams.set('default_transaction_read_only', 'on');
		const result = await runMailkey(['keys', 'rotate'], {
			environment: { ...environment(newKey), DATABASE_URL: url.href },
			folder: tmpdir(),
		});
		expect([result.status, result.stdout]).toEqual([1, '']);
		expect(result.stderr).toMatch(/^The database takes no changes \(25006\)[^\n]*\n$/);
	});

	test('leaves alone what no key opens, and says so', async () => {
		await store(2);
		const before = await world.sql`select * from stored_tokens order by id`;
		const result = await runMailkey(['keys', 'rotate', '--json'], {
			environment: environment(newKey),
			folder: tmpdir(),
		});
		expect(result).toMatchObject({ status: 1 });
		expect(result.stderr).toContain('4 sealed with "old"');
		expect(result.json()).toEqual({ resealed: 0, changed_meanwhile: 0, unopenable: { old: 4 } });
		expect(await world.sql`select * from stored_tokens order by id`).toEqual(before);
	});
});

describe('sealed values that were moved', () => {
	async function swapped(how: string): Promise<{ a: number; b: number }> {
		const { ids } = await store(1);
		const other = await registerSite(world, world.open());
		const more = await insertTokens(world.sql, {
			siteId: how === 'sites' ? other.id : site.id,
			count: 1,
			tokenKeys: oldKey,
			at: world.clock.now(),
		});
		return { a: ids[0]!, b: more.ids[0]! };
	}

	test.each(['rows', 'columns', 'sites'])('between %s are refused', async (how) => {
		const { a, b } = await swapped(how);
		const instance = instanceWith(newKey, oldKey);
		expect((await resolve(instance, a)).status).toBe(200);
		if (how === 'columns') {
			await world.sql`update stored_tokens set sealed_access_token = sealed_refresh_token,
				sealed_refresh_token = sealed_access_token`;
		} else {
			await world.sql`update stored_tokens as one set sealed_access_token = other.sealed_access_token,
				sealed_refresh_token = other.sealed_refresh_token
				from stored_tokens as other where one.id in (${a}, ${b}) and other.id in (${a}, ${b})
				and one.id <> other.id`;
		}
		const before = await world.sql`select * from stored_tokens order by id`;
		const answer = await resolve(instance, a);
		expect(answer.status).toBeGreaterThanOrEqual(500);
		expect(answer.text).not.toContain('at-');
		expect(await instance.app.resealTokens(quietly)).toEqual({
			resealed: 0,
			changedMeanwhile: 0,
			unopenable: new Map([['old', 4]]),
		});
		expect(await world.sql`select * from stored_tokens order by id`).toEqual(before);
	});
});

describe('a key that is missing', () => {
	test('degrades the readiness, with the counts by key id, and touches no row', async () => {
		await store(3);
		await insertTokens(world.sql, {
			...{ siteId: site.id, count: 1, tokenKeys: newKey },
			at: world.clock.now(),
		});
		const before = await world.sql`select * from stored_tokens order by id`;
		const instance = instanceWith(newKey);
		expect(await instance.app.readiness()).toEqual({
			status: 'degraded',
			unopenable: { old: 6 },
		});
		expect(await instanceWith(newKey, oldKey).app.readiness()).toEqual({
			status: 'ready',
			unopenable: {},
		});
		expect(await world.sql`select * from stored_tokens order by id`).toEqual(before);
	});

	test('is seen by the operator', async () => {
		await store(3);
		const result = await runMailkey(['keys', 'status', '--json'], {
			environment: environment(newKey),
			folder: tmpdir(),
		});
		expect(result.json()).toEqual({
			keys: [
				{ key: 'new', values: 0, use: 'seals' },
				{ key: 'old', values: 6, use: 'missing' },
			],
		});
	});
});

describe('keys verify', () => {
	const verify = (...keys: string[]) =>
		runMailkey(['keys', 'verify', '--json'], {
			environment: environment(...keys),
			folder: tmpdir(),
		});

	test('opens every value and changes nothing, and counts by key and table what does not open', async () => {
		await world.sql`delete from key_checks`;
		await store(3);
		await insertTokens(world.sql, {
			...{ siteId: site.id, count: 1, tokenKeys: newKey },
			at: world.clock.now(),
		});
		const before = await world.sql`select * from stored_tokens order by id`;
		const [whole, missing, wrong] = await Promise.all([
			verify(newKey, oldKey),
			verify(newKey),
			verify(newKey, generateTokenKey('old')),
		]);
		expect([whole.status, whole.json()]).toEqual([0, { opened: 8, unopenable: [] }]);
		for (const result of [missing, wrong]) {
			expect([result.status, result.json()]).toEqual([
				1,
				{ opened: 2, unopenable: [{ key: 'old', table: 'stored_tokens', values: 6 }] },
			]);
			expect(result.stderr).toBe('6 values of stored_tokens do not open: sealed with "old".\n');
		}
		expect(await world.sql`select * from stored_tokens order by id`).toEqual(before);
	});
});

describe('keys recount', () => {
	test('puts counts right that verify finds to be wrong, and changes nothing else', async () => {
		await store(2);
		await world.sql`insert into sealed_value_counts (key_id, count) values ('old', 4), ('gone', 3)`;
		const run = (...args: string[]) =>
			runMailkey(['keys', ...args], { environment: environment(oldKey), folder: tmpdir() });
		const verified = await run('verify');
		expect([verified.status, verified.stdout]).toEqual([
			0,
			'4 values open with the keys at hand.\n',
		]);
		expect(verified.stderr.split('\n').sort()).toEqual([
			'',
			'"keys status" counts 3 values for "gone", and there are 0: mailkey keys recount puts it right.',
			'"keys status" counts 8 values for "old", and there are 4: mailkey keys recount puts it right.',
		]);
		const recounted = await run('recount', '--json');
		expect([recounted.status, recounted.json()]).toEqual([
			0,
			{
				mended: [
					{ key: 'gone', counted: 3, values: 0 },
					{ key: 'old', counted: 8, values: 4 },
				],
			},
		]);
		expect(await sealedBy()).toEqual({ old: 4 });
		expect((await run('recount', '--json')).json()).toEqual({ mended: [] });
		expect((await run('verify')).stderr).toBe('');
	});
});

describe('keys that open nothing', () => {
	test('make an instance not ready, and a mailbox is told to come again', async () => {
		const { ids } = await store(2);
		const instance = instanceWith(newKey);
		expect(await instance.app.readiness()).toEqual({
			status: 'not_ready',
			missing: 'keys that open what is stored',
		});
		const answer = await resolve(instance, ids[0]!);
		expect([answer.status, answer.body['error']]).toEqual([503, 'temporarily_unavailable']);
		expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
	});
});

describe('another key under the same id', () => {
	const otherKey = generateTokenKey('old');

	beforeEach(async () => {
		await world.sql`delete from key_checks`;
	});

	test('is known by what it sealed before keys were known by a value', async () => {
		await store(2);
		expect(await instanceWith(otherKey).app.learnKeys()).toEqual(['old']);
		expect(await world.sql`select key_id from key_checks`).toEqual([]);
		expect(await instanceWith(newKey, oldKey).app.learnKeys()).toEqual([]);
		expect(await world.sql`select key_id from key_checks order by key_id`).toEqual([
			{ key_id: 'new' },
			{ key_id: 'old' },
		]);
	});

	test('is noticed by keys status, which counts all the same', async () => {
		await store(2);
		const status = await runMailkey(['keys', 'status', '--json'], {
			environment: environment(otherKey),
			folder: tmpdir(),
		});
		expect([status.status, status.json()]).toEqual([
			1,
			{ keys: [{ key: 'old', values: 4, use: 'wrong' }] },
		]);
		expect(status.stderr).toMatch(/^TOKEN_KEYS: the key "old" is not the one that was used/);
	});

	test('is noticed at the start, where nothing is sealed with it too, and by readiness', async () => {
		expect(await instanceWith(oldKey).app.learnKeys()).toEqual([]);
		const instance = instanceWith(newKey, otherKey);
		expect(await instance.app.learnKeys()).toEqual(['old']);
		expect(await instance.app.readiness()).toEqual({
			status: 'not_ready',
			missing: 'key old as it was',
		});
		const started = await runMailkey(['site', 'list'], {
			environment: environment(newKey, otherKey),
			folder: tmpdir(),
		});
		expect([started.status, started.stdout]).toEqual([1, '']);
		expect(started.stderr).toMatch(/^TOKEN_KEYS: the key "old" is not the one that was used/);
		const key = otherKey.split(':')[1] ?? '';
		expect(JSON.stringify(await world.sql`select * from key_checks`)).not.toContain(key);
	});
});
