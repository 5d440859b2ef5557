// A database that an earlier version filled, brought up by this one: what people connected then works on. The rows were
// taken from a helper in practice mode; their key seals nothing else.

import { readFileSync } from 'node:fs';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { explainSignIn } from '../../src/lib/problems/explain-sign-in.ts';
import { migrateDatabase } from '../../src/lib/server/database/migrate.ts';
import { allPages } from '../support/all-pages.ts';
import { createTestDatabase } from '../support/database.ts';
import { openInstance, type VaultInstance } from '../support/vault-instance.ts';
import { VISITOR } from '../support/visitor.ts';

type Person = { cookie: string; identifier: string };

const earlier = parseEarlier(
	JSON.parse(readFileSync(new URL('../support/earlier-database.json', import.meta.url), 'utf8')),
);

let instance: VaultInstance;
let sql: Sql;

beforeAll(async () => {
	const databaseUrl = await createTestDatabase();
	sql = postgres(databaseUrl, { max: 1, onnotice: () => undefined });
	await restore(sql);
	await migrateDatabase(databaseUrl);
	instance = openInstance({
		environment: {
			ORIGIN: 'http://localhost:3000',
			DATABASE_URL: databaseUrl,
			MICROSOFT_CLIENT_ID: 'c0ffee00-0000-4000-8000-000000000003',
			MICROSOFT_CLIENT_SECRET: 'unused',
			TOKEN_KEYS: earlier.tokenKeys,
		},
		log: () => undefined,
		now: () => new Date(earlier.takenAt),
	});
});

afterAll(async () => {
	await instance.close();
	await sql.end({ timeout: 5 });
});

/** The schema of its day, then its rows. */
async function restore(sql: Sql): Promise<void> {
	const all = readMigrationFiles({ migrationsFolder: 'drizzle' });
	await sql`create schema drizzle`;
	await sql`create table drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint)`;
	for (const { sql: statements, hash, folderMillis } of all.slice(0, earlier.migrations)) {
		for (const statement of statements) await sql.unsafe(statement);
		await sql`insert into drizzle.__drizzle_migrations (hash, created_at) values (${hash}, ${folderMillis})`;
	}
	for (const [table, rows] of Object.entries(earlier.tables)) {
		await sql`insert into ${sql(table)} overriding system value
			select * from json_populate_recordset(null::${sql(table)}, ${JSON.stringify(rows)}::text::json)`;
	}
	// Sessions end by the time that it is, and not by the clock of the instance.
	await sql`update sessions set expires_at = now() + interval '1 hour'`;
}

async function statusOf({ cookie }: Pick<Person, 'cookie'>) {
	const session = await instance.app.findSession(cookie);
	return explainSignIn(
		await instance.app.forVisitor(VISITOR).signInStatus(session, 'current'),
		'en',
	);
}

test('its identifiers resolve with the key of their site', async () => {
	for (const { identifier } of [earlier.people.works, earlier.people.noSending]) {
		const { status, body } = await instance.resolve(earlier.siteKey, { identifier });
		expect(status).toBe(200);
		expect(body).toMatchObject({ access_token: expect.any(String) as string, imap: {}, smtp: {} });
	}
	const { identifier } = earlier.people.revoked;
	expect((await instance.resolve(earlier.siteKey, { identifier })).status).toBe(404);
});

test('a browser of its day is shown its mailbox, and what its check came to', async () => {
	expect(await statusOf(earlier.people.works)).toMatchObject({
		status: 'ready',
		identifier: earlier.people.works.identifier,
		checks: { imap: { status: 'passed' }, pop: { status: 'passed' }, smtp: { status: 'passed' } },
	});
	expect(await statusOf(earlier.people.noSending)).toMatchObject({
		status: 'ready',
		checks: {
			smtp: {
				status: 'failed',
				problem: {
					code: 'smtp_off_for_organisation',
					who: 'microsoft_365_administrator',
					title: expect.any(String) as string,
					reference: { answer: expect.stringContaining('5.7.139') as string },
				},
			},
		},
	});
	expect(await statusOf(earlier.people.failed)).toMatchObject({ status: 'failed' });
	expect(await statusOf(earlier.people.revoked)).toMatchObject({ problem: { code: 'revoked' } });
});

test('everything in it is sealed with a key that is at hand', async () => {
	const keys = await instance.app.countByKey();
	expect(keys.filter(({ use }) => use === 'missing')).toEqual([]);
	expect(keys.reduce((sum, { values }) => sum + values, 0)).toBeGreaterThan(0);
});

test('the operator sees its sites, tokens and audit trail', async () => {
	expect(await instance.app.listSites()).toMatchObject([{ url: 'https://mysite.equisonline.com' }]);
	const tokens = await allPages(instance.app.listTokens());
	expect(tokens.map(({ identifier }) => identifier)).toContain(earlier.people.works.identifier);
	expect(
		await sql`select count(*)::int as n from audit_events where event = 'token_stored'`,
	).toEqual([{ n: 4 }]);
});

function parseEarlier(value: unknown) {
	return value as {
		takenAt: string;
		migrations: number;
		tokenKeys: string;
		siteKey: string;
		people: Record<'works' | 'noSending' | 'revoked' | 'failed', Person>;
		tables: Record<string, object[]>;
	};
}
