// `DATABASE_DIRECT_URL`, the way past a pooler, where it leads elsewhere: nothing is done there.

import { tmpdir } from 'node:os';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createMigratedDatabase, createTestDatabase } from '../support/database.ts';
import { findFreePort } from '../support/free-port.ts';
import { runMailkey } from '../support/vault-command-line.ts';
import { openVaultWorld, type VaultWorld } from '../support/vault-world.ts';

let world: VaultWorld;
let dead: string;

beforeAll(async () => {
	world = await openVaultWorld(await createMigratedDatabase());
	dead = `postgres://mailkey@127.0.0.1:${await findFreePort()}/mailkey`;
});
afterAll(() => world.close());

const mail = {
	MAIL_IMAP: 'imaps://127.0.0.1:1',
	MAIL_POP: 'pop3s://127.0.0.1:1',
	MAIL_SMTP: 'smtp://127.0.0.1:1',
};

function run(url: string, directUrl: string, ...args: string[]) {
	const urls = { DATABASE_URL: url, DATABASE_DIRECT_URL: directUrl };
	return runMailkey(args, {
		environment: { ...world.environment, ...mail, ...urls },
		folder: tmpdir(),
	});
}

async function schemasAt(url: string): Promise<string[]> {
	const sql = postgres(url, { max: 1 });
	const rows = await sql<{ name: string }[]>`
		select nspname as name from pg_namespace where nspname in ('drizzle', 'audit_partitions')`;
	await sql.end();
	return rows.map(({ name }) => name);
}

const ELSEWHERE = /^DATABASE_DIRECT_URL leads to another database than DATABASE_URL[^\n]*\n$/;
const UNUSABLE = /^DATABASE_DIRECT_URL cannot be used \(ECONNREFUSED\)[^\n]*\n$/;

test('a migration is refused where it leads to another database, or to none, and neither is changed', async () => {
	const [url, other] = [await createTestDatabase(), await createTestDatabase()];
	for (const [directUrl, sentence] of [
		[other, ELSEWHERE],
		[dead, UNUSABLE],
	] as const) {
		const { status, stdout, stderr } = await run(url, directUrl, 'migrate');
		expect([status, stdout]).toEqual([1, '']);
		expect(stderr).toMatch(sentence);
	}
	expect([await schemasAt(url), await schemasAt(other)]).toEqual([[], []]);
	const itself = new URL(url);
	itself.searchParams.set('application_name', 'past-the-pooler');
	expect(await run(url, itself.href, 'migrate')).toMatchObject({ status: 0, stderr: '' });
	expect(await schemasAt(url)).toHaveLength(2);
});

test('values are not counted anew in another database', async () => {
	const other = await createMigratedDatabase();
	const sql = postgres(other, { max: 1 });
	await sql`insert into sealed_value_counts (key_id, count) values ('wrong', 5)`;
	const { status, stderr } = await run(world.databaseUrl, other, 'keys', 'recount');
	expect(status).toBe(1);
	expect(stderr).toMatch(ELSEWHERE);
	expect(await sql`select count from sealed_value_counts`).toHaveLength(1);
	await sql.end();
	expect((await run(world.databaseUrl, dead, 'keys', 'recount')).stderr).toMatch(UNUSABLE);
});

test('the doctor names it', async () => {
	for (const [directUrl, sentence] of [
		[await createTestDatabase(), 'DATABASE_DIRECT_URL leads to another database'],
		[dead, 'DATABASE_DIRECT_URL cannot be used (ECONNREFUSED)'],
	] as const) {
		const doctored = await run(world.databaseUrl, directUrl, 'doctor', '--json');
		expect(doctored.json()['checks']).toContainEqual(
			expect.objectContaining({
				check: 'database',
				status: 'failed',
				message: expect.stringContaining(sentence) as string,
			}),
		);
	}
});
