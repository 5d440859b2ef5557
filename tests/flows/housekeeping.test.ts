// What keeps the database in order and tells whether it is: migrations, readiness, and forgetting what is over.

import { readMigrationFiles } from 'drizzle-orm/migrator';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAuditPartitionStore } from '../../src/lib/server/audit/audit-partition-store.ts';
import { createNoticeStore } from '../../src/lib/server/notices/notice-store.ts';
import { createOperatorNoticeStore } from '../../src/lib/server/notices/operator-notice-store.ts';
import { createRequestCountStore } from '../../src/lib/server/limits/request-count-store.ts';
import { createMailDomainStore } from '../../src/lib/server/sites/mail-domain-store.ts';
import { createVisitStore } from '../../src/lib/server/owners/visit-store.ts';
import { createApprovalStore } from '../../src/lib/server/approvals/approval-store.ts';
import { connectDatabase } from '../../src/lib/server/database/connection.ts';
import { migrateDatabase } from '../../src/lib/server/database/migrate.ts';
import { createEventStore } from '../../src/lib/server/events/event-store.ts';
import { createVisitorStore } from '../../src/lib/server/owners/session-store.ts';
import { createConnectLinkStore } from '../../src/lib/server/connect-links/connect-link-store.ts';
import { createSealedValueStore } from '../../src/lib/server/tokens/sealed-value-store.ts';
import { createUseStore } from '../../src/lib/server/tokens/token-use-store.ts';
import { createSignInStore } from '../../src/lib/server/sign-ins/sign-in-store.ts';
import { prune } from '../../src/lib/server/app/prune.ts';
import { readiness } from '../../src/lib/server/app/readiness.ts';
import { createTestDatabase } from '../support/database.ts';
import { anyText } from '../support/matchers.ts';
import { startTestHelper, type TestHelper } from '../support/test-helper.ts';
import { wellOtherwise } from '../support/well-otherwise.ts';

const hour = 60 * 60_000;

describe('migrating', () => {
	test('by two instances that start together brings the schema up to date once', async () => {
		const url = await createTestDatabase();
		await Promise.all([migrateDatabase(url), migrateDatabase(url), migrateDatabase(url)]);
		await migrateDatabase(url);
		const connection = connectDatabase(url);
		try {
			await connection.now();
			const applied = await connection.database.execute<{ hash: string }>(
				'select hash from drizzle.__drizzle_migrations',
			);
			expect(new Set(applied.map(({ hash }) => hash)).size).toBe(applied.length);
			expect(applied.length).toBeGreaterThan(0);
		} finally {
			await connection.close();
		}
	});

	test('keeps what came before a migration that fails, and goes on there', async () => {
		const url = await createTestDatabase();
		const sql = postgres(url, { max: 1 });
		try {
			// In the way of one in the middle.
			await sql`create table token_uses ()`;
			await expect(migrateDatabase(url)).rejects.toMatchObject({ code: '42P07' });
			const [before] = await sql<{ n: number }[]>`
				select count(*)::int as n from drizzle.__drizzle_migrations`;
			expect(before?.n).toBeGreaterThan(0);
			await sql`drop table token_uses`;
			const all = readMigrationFiles({ migrationsFolder: 'drizzle' });
			expect(await migrateDatabase(url)).toBe(all.length - (before?.n ?? 0));
			expect(await sql`select to_regclass('token_uses') is not null as is_there`).toEqual([
				{ is_there: true },
			]);
		} finally {
			await sql.end();
		}
	});
});

describe('readiness', () => {
	test('needs the schema, not only the server', async () => {
		const connection = connectDatabase(await createTestDatabase());
		try {
			expect(
				await readiness(
					{ ...wellOtherwise, findDatabaseFault: () => connection.findFault() },
					'serving',
				),
			).toEqual({
				status: 'not_ready',
				missing: anyText,
			});
		} finally {
			await connection.close();
		}
	});

	test('is there with a database that is migrated, and gone from the moment of leaving', async () => {
		const its = await startTestHelper();
		try {
			expect(await its.app.readiness()).toMatchObject({ status: 'ready', unopenable: {} });
			its.app.beginShutdown();
			expect(await its.app.readiness()).toEqual({
				status: 'not_ready',
				missing: 'shutting down',
			});
		} finally {
			await its.stop();
		}
	});
});

describe('pruning', () => {
	let its: TestHelper;
	let connection: ReturnType<typeof connectDatabase>;
	beforeAll(async () => {
		its = await startTestHelper();
		connection = connectDatabase(its.databaseUrl);
	});
	afterAll(async () => {
		await connection.close();
		await its.stop();
	});

	async function pruneAfter(ms: number): Promise<void> {
		const signIns = createSignInStore(connection.database);
		const visitors = createVisitorStore(connection.database);
		const approvals = createApprovalStore(connection.database);
		const requestCounts = createRequestCountStore(connection.database);
		const now = () => new Date(Date.now() + ms);
		const visits = createVisitStore(connection.database);
		const mailDomains = createMailDomainStore(connection.database);
		const events = createEventStore(connection.database);
		const connectLinks = createConnectLinkStore(connection.database);
		const tokenUses = createUseStore(connection.database);
		const own = { signIns, visitors, approvals, requestCounts, visits, mailDomains, events };
		const auditPartitions = createAuditPartitionStore(connection.database);
		const notices = createNoticeStore(connection.database);
		const operatorNotices = createOperatorNoticeStore(connection.database);
		await prune({
			...{ now, ...own, connectLinks, tokenUses, auditPartitions, auditDays: 730 },
			...{ notices, operatorNotices },
			sealedValues: createSealedValueStore(connection.database),
		});
	}

	async function counts() {
		const [row] = await its.sql`
			select (select count(*)::int from sign_ins) as sign_ins,
				(select count(*)::int from visitors where tenant_id is null) as anonymous,
				(select count(*)::int from visitors where tenant_id is not null) as known,
				(select count(*)::int from sessions) as sessions,
				(select count(*)::int from stored_tokens) as tokens`;
		return row;
	}

	test('forgets sign-ins, sessions and anonymous visitors of yesterday, and no token', async () => {
		await its.openBrowser().begin();
		await its.openBrowser().signIn();
		const all = { sign_ins: 2, anonymous: 2, known: 1, sessions: 3, tokens: 1 };
		expect(await counts()).toEqual(all);
		await pruneAfter(0);
		await pruneAfter(23.9 * hour);
		expect(await counts()).toEqual(all);
		await pruneAfter(24.1 * hour);
		expect(await counts()).toEqual({ ...all, sign_ins: 0 });
		// A session that lives 12 hours ends half a day after it began; its visitor is kept as long.
		await pruneAfter(36.1 * hour);
		expect(await counts()).toMatchObject({ sign_ins: 0, sessions: 0, tokens: 1, known: 1 });
		await pruneAfter(37 * hour);
		expect(await counts()).toMatchObject({ anonymous: 0, known: 1, tokens: 1 });
	});

	test('goes in batches, so that what a broken one has forgotten stays forgotten', async () => {
		const { anonymous: before = 0 } = (await counts()) ?? {};
		await its.sql`
			insert into visitors (id, created_at)
			select 'many-' || i, now() - interval '3 days' + i * interval '1 second'
			from generate_series(1, 6000) as i`;
		await its.sql`create sequence forgotten`;
		await its.sql`create function refuse_many() returns trigger language plpgsql as $$ begin
			if nextval('forgotten') > 5500 then raise exception 'the connection is cut here'; end if;
			return old;
		end $$`;
		await its.sql`create trigger refuse_many before delete on visitors for each row
			when (old.id like 'many-%') execute function refuse_many()`;
		await expect(pruneAfter(0)).rejects.toThrow();
		expect(((await counts())?.['anonymous'] as number) - Number(before)).toBe(1000);
		await its.sql`drop trigger refuse_many on visitors`;
		await pruneAfter(0);
		expect((await counts())?.['anonymous']).toBe(before);
	});

	test('forgets what sites were told a month ago', async () => {
		const count = async () => {
			const [row] = await its.sql`select count(*)::int as events from site_events`;
			return row?.['events'] as number;
		};
		const before = await count();
		expect(before).toBeGreaterThan(0);
		await pruneAfter(29.9 * 24 * hour);
		expect(await count()).toBe(before);
		await pruneAfter(30.1 * 24 * hour);
		expect(await count()).toBe(0);
	});

	test('forgets how tokens were used before AUDIT_DAYS', async () => {
		await its.sql`insert into token_uses select (now() - age * interval '1 day')::date, 1, 1, 1, 1, now(), now()
			from unnest(array[0, 729, 731]) as age`;
		await pruneAfter(0);
		expect(await its.sql`select 1 from token_uses`).toHaveLength(2);
	});

	test('leaves the identifier of a token as it is', async () => {
		const identifierOf = async () => {
			const status = await its.openBrowser().signIn();
			return status.status === 'ready' ? status.identifier : status;
		};
		const before = await identifierOf();
		await pruneAfter(48 * hour);
		expect(await identifierOf()).toBe(before);
	});
});
