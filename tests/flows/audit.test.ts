// The audit trail: what is noted of whom, that nobody changes it afterwards, and that it holds no secret.

import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test, onTestFinished } from 'vitest';
import type { AuditEvent } from '../../src/lib/domain/audit.ts';
import { createAuditTrail } from '../../src/lib/server/audit/audit-trail.ts';
import { createLog } from '../../src/lib/server/log.ts';
import { allPages } from '../support/all-pages.ts';
import { createMigratedDatabase } from '../support/database.ts';
import {
	MAILBOX,
	signInAtMicrosoft,
	SITE,
	startTestHelper,
	type TestHelper,
} from '../support/test-helper.ts';
import { textMatching } from '../support/matchers.ts';
import { runMailkey } from '../support/vault-command-line.ts';
import { openVaultWorld, type VaultWorld } from '../support/vault-world.ts';
import { VISITOR } from '../support/visitor.ts';

type Row = Record<string, unknown>;

async function eventsOf(its: TestHelper, mailbox?: string): Promise<Row[]> {
	await its.app.auditWritten();
	const rows = await its.sql<Row[]>`select * from audit_events order by id`;
	return rows.filter((row) => mailbox === undefined || row['mailbox'] === mailbox);
}

describe('of a sign-in', () => {
	let its: TestHelper;
	beforeAll(async () => {
		its = await startTestHelper();
	});
	afterAll(() => its.stop());

	test('start, storing, the resolves of each day and revocation are noted, with who did it', async () => {
		const browser = its.openBrowser();
		const status = await browser.signIn(MAILBOX);
		if (status.status !== 'ready') throw new Error(status.status);
		const input = { identifier: status.identifier, minTtl: undefined };
		const resolve = () => its.app.forSite(its.siteKey, VISITOR).resolveIdentifier(input);
		await resolve();
		await resolve();
		its.clock.advance(24 * 60 * 60_000);
		await resolve();
		its.clock.reset();
		const number = Number(status.identifier.split(':')[1]);
		await its.app.forSite(its.siteKey, VISITOR).revokeToken(number);
		const rows = await eventsOf(its);
		const told = rows.filter(({ stored_token_id: token }) => Number(token) === number);
		expect(told.map(({ event, actor }) => `${String(event)} by ${String(actor)}`)).toEqual([
			'token_stored by visitor',
			'token_revoked by site',
		]);
		await its.app.usesWritten();
		const uses = await allPages(
			its.app.readAudit({ site: SITE, mailbox: MAILBOX, event: 'resolve', limit: 9 }),
		);
		expect(uses.map(({ detail }) => detail?.split(' since ')[0])).toEqual(['1', '2']);
		expect(uses[0]).toMatchObject({
			actor: 'site',
			actorName: expect.stringMatching(/^key \d+$/) as string,
			...{ site: SITE, mailbox: MAILBOX, storedTokenId: number },
		});
		expect(rows.find(({ event }) => event === 'sign_in_started')).toMatchObject({
			actor: 'visitor',
			client_address: VISITOR,
			site_id: String(its.siteId),
			mailbox: MAILBOX,
		});
		expect(told[0]).toMatchObject({
			actor_name: expect.stringMatching(
				/^equis@mycompany\.com \([0-9a-f-]{36}\/[0-9a-f-]{36}\)$/,
			) as string,
			client_address: VISITOR,
			mailbox: MAILBOX,
		});
		expect(told[1]).toMatchObject({ detail: 'by_site', client_address: VISITOR });
	});

	test('a failure at Microsoft, a confirmation and a revocation by the owner are noted', async () => {
		const browser = its.openBrowser();
		const { sign_in: refused } = await browser.begin('cancelled@mycompany.com');
		await browser.refuse(refused, 'access_denied', 'AADSTS65004: declined');
		await browser.refuse(refused, 'access_denied', 'AADSTS65004: declined');
		const started = await browser.begin('shared@mycompany.com');
		const { sign_in: id } = started;
		await browser.redeem(started, await signInAtMicrosoft(its.app, started, MAILBOX));
		await browser.confirm(id);
		const owner = its.openBrowser();
		const own = await owner.signIn('engine@mycompany.com');
		if (own.status !== 'ready') throw new Error(own.status);
		const session = await its.app.findSession(owner.cookie);
		await its.app.forVisitor(VISITOR).revokeOwnToken(session, 'current');
		const rows = await eventsOf(its);
		const failures = rows.filter(({ sign_in_id: its }) => its === refused);
		expect(failures.map(({ event, detail }) => [event, detail])).toEqual([
			['sign_in_started', null],
			['sign_in_failed', 'cancelled_at_microsoft AADSTS65004'],
		]);
		// Each event of a sign-in, and of its token, says whose it was.
		const ofMailboxes = rows.filter(
			(row) => row['sign_in_id'] !== null || row['stored_token_id'] !== null,
		);
		expect(ofMailboxes.length).toBeGreaterThan(5);
		expect(ofMailboxes.filter((row) => row['site_id'] === null || row['mailbox'] === null)).toEqual(
			[],
		);
		expect(rows).toContainEqual(
			expect.objectContaining({
				event: 'confirm',
				sign_in_id: id,
				mailbox: 'shared@mycompany.com',
			}),
		);
		expect(rows).toContainEqual(
			expect.objectContaining({ event: 'token_revoked', actor: 'visitor', detail: 'by_owner' }),
		);
	});

	test('a revocation by the owner at /mailboxes is noted', async () => {
		const owner = its.openBrowser();
		await owner.signIn('box-own@mycompany.com');
		const session = await its.app.findSession(owner.cookie);
		const visitor = its.app.forVisitor(VISITOR);
		const [own] = (await visitor.listOwnMailboxes(session)) ?? [];
		await visitor.revokeOwnMailbox(session, own?.number ?? 0);
		const told = (await eventsOf(its)).filter(
			({ stored_token_id: id }) => Number(id) === own?.number,
		);
		expect(told.at(-1)).toMatchObject({
			event: 'token_revoked',
			actor: 'visitor',
			detail: 'by_owner',
		});
	});

	test('refusals are noted once an hour for each address and kind', async () => {
		const ask = () =>
			its.app
				.forVisitor(VISITOR)
				.beginSignIn(undefined, { site: 'https://not-registered.example.com', email: MAILBOX })
				.catch(() => undefined);
		const asSite = () =>
			its.app
				.forSite(`mksite_${'C'.repeat(43)}`, VISITOR)
				.listTokens()
				.catch(() => undefined);
		for (let turn = 0; turn < 5; turn += 1) await Promise.all([ask(), asSite()]);
		const rows = await eventsOf(its);
		const refusals = rows.filter(({ event }) => event === 'refused');
		expect(refusals.map(({ detail }) => detail).sort()).toEqual([
			'invalid_site_key',
			'site_not_registered',
		]);
		expect(refusals[0]).toMatchObject({ client_address: VISITOR });
	});

	test('a failed refresh is noted', async () => {
		const status = await its.openBrowser().signIn('box-refresh@mycompany.com');
		if (status.status !== 'ready') throw new Error(status.status);
		its.clock.advance(2 * 60 * 60_000);
		its.intercept((url) =>
			url.includes('/token') ? Promise.reject(new TypeError('fetch failed')) : undefined,
		);
		const input = { identifier: status.identifier, minTtl: undefined };
		await its.app
			.forSite(its.siteKey, VISITOR)
			.resolveIdentifier(input)
			.catch(() => undefined);
		its.letThrough();
		its.clock.reset();
		expect(await eventsOf(its, 'box-refresh@mycompany.com')).toContainEqual(
			expect.objectContaining({
				event: 'refresh_failed',
				actor: 'helper',
				detail: 'microsoft_unreachable',
			}),
		);
	});

	test('none of it holds a token, a key or a session', async () => {
		const text = JSON.stringify(await eventsOf(its));
		for (const secret of its.practice.issuedSecrets()) expect(text).not.toContain(secret);
		// Nor one that was made up: it may be another site's.
		expect(text).not.toContain('mksite_');
		const sessions = await its.sql<{ id: string }[]>`select id from sessions`;
		for (const { id } of sessions) expect(text).not.toContain(id);
	});

	test('a duration back from now is counted by the database’s clock, not by the machine’s', async () => {
		// A mailbox of its own: checks of the sign-ins before may still be noted meanwhile.
		const mailbox = 'ten-days-ahead@mycompany.com';
		its.clock.advance(10 * 24 * 60 * 60_000);
		await its.sql`
			insert into audit_events (at, event, actor, mailbox)
			values (${its.clock.now()}, 'check', 'site', ${mailbox})`;
		const found = async (agoMs: number) =>
			(await allPages(its.app.readAudit({ since: { agoMs }, mailbox, limit: 9 }))).length;
		expect(await found(60_000)).toBe(1);
		its.clock.advance(2 * 60_000);
		expect(await found(60_000)).toBe(0);
		its.clock.reset();
	});
});

describe('nobody changes it', () => {
	let world: VaultWorld;
	beforeAll(async () => {
		world = await openVaultWorld(await createMigratedDatabase(), 'real');
		await world.sql`insert into audit_events (at, event, actor) values (now(), 'refused', 'visitor')`;
	});
	afterAll(() => world.close());

	test.each([
		`update audit_events set detail = 'other'`,
		`update audit_events set detail = 'other' where false`,
		'delete from audit_events',
		'truncate audit_events',
	])('not even the owner of the schema: %s', async (statement) => {
		await expect(world.sql.unsafe(statement)).rejects.toMatchObject({ code: '42501' });
		const [row] = await world.sql`select count(*)::int as n from audit_events where detail is null`;
		expect(row?.['n']).toBeGreaterThan(0);
	});

	test('with the two users of the operator’s guide the server works, and has no right to', async () => {
		const guide = await readFile(
			fileURLToPath(new URL('../../docs/operator.md', import.meta.url)),
			'utf8',
		);
		const grants = /<!-- run by the tests -->\s*```sql\n([^`]*)```/.exec(guide)?.[1] ?? '';
		expect(grants).toContain('REVOKE');
		// Users belong to the whole server, and other tests share it.
		const user = `server_${world.databaseUrl.slice(-8)}`;
		await world.sql.unsafe(`create role ${user}; grant ${user} to current_user`);
		await world.sql.unsafe(grants.replaceAll('mailkey_server', user));
		const url = new URL(world.databaseUrl);
		url.searchParams.set('role', user);
		const environment = { ...world.environment, DATABASE_URL: url.href };
		const added = await runMailkey(
			[...['site', 'add', SITE, '--name', 'A site', '--mail-domain', 'mycompany.com', '--json']],
			{ environment, folder: tmpdir() },
		);
		expect(added.stderr).toBe('');
		expect(added.status).toBe(0);
		const listed = await runMailkey(['audit', '--json'], { environment, folder: tmpdir() });
		expect(listed.json()['events']).toContainEqual(
			expect.objectContaining({ event: 'site_added', actor: 'operator', site: SITE }),
		);
		const asServer = postgres(url.href, { max: 1, onnotice: () => undefined });
		try {
			await asServer.unsafe('alter table audit_events disable trigger all').then(
				() => expect.unreachable(),
				(error: unknown) => expect(error).toMatchObject({ code: '42501' }),
			);
			const [row] = await asServer`
				select has_table_privilege('audit_events', 'update, delete, truncate') as may`;
			expect(row?.['may']).toBe(false);
		} finally {
			await asServer.end();
		}
		await world.sql`delete from drizzle.__drizzle_migrations where id = (
			select max(id) from drizzle.__drizzle_migrations)`;
		const behind = await runMailkey(['site', 'list'], { environment, folder: tmpdir() });
		expect(behind.status).toBe(1);
		expect(behind.stderr).toMatch(/mailkey migrate/);
	}, 60_000);
});

describe('mailkey audit', () => {
	let world: VaultWorld;
	beforeAll(async () => {
		world = await openVaultWorld(await createMigratedDatabase(), 'real');
		await world.sql`insert into audit_events (at, event, actor, actor_name, mailbox, detail) values
			(now() - interval '3 days', 'refused', 'visitor', null, 'old@mycompany.com', null),
			(now(), 'token_stored', 'visitor', '=cmd|calc (x, "y")', 'equis@mycompany.com', null),
			(now(), 'check', 'operator', 'root', 'other@mycompany.com', 'imap passed')`;
	});
	afterAll(() => world.close());

	const audit = (...args: string[]) =>
		runMailkey(['audit', ...args], { environment: world.environment, folder: tmpdir() });

	test('finds by time, mailbox and event, the newest first', async () => {
		const mailboxes = async (...args: string[]) => {
			const { events } = (await audit('--json', ...args)).json() as { events: Row[] };
			return events.map(({ mailbox }) => mailbox);
		};
		const [all, recent, mine, checks, one, cut, uncut] = await Promise.all([
			mailboxes(),
			mailboxes('--since', '1d'),
			mailboxes('--mailbox', 'Equis@MyCompany.com'),
			mailboxes('--event', 'check'),
			mailboxes('--limit', '1'),
			audit('--csv', '--limit', '2'),
			audit('--csv', '--limit', '3'),
		]);
		expect(all).toEqual(['other@mycompany.com', 'equis@mycompany.com', 'old@mycompany.com']);
		expect(recent).toEqual(['other@mycompany.com', 'equis@mycompany.com']);
		expect(mine).toEqual(['equis@mycompany.com']);
		expect(checks).toEqual(['other@mycompany.com']);
		expect(one).toEqual(['other@mycompany.com']);
		expect([cut.status, cut.stdout.trim().split('\r\n').length, cut.stderr]).toEqual([
			...[0, 1 + 2],
			'These are the newest 2 events, and there are older ones: --limit takes more.\n',
		]);
		expect(uncut.stderr).toBe('');
	}, 60_000);

	test('prune drops the months that ended before AUDIT_DAYS and older uses, and is noted', async () => {
		await world.sql`insert into token_uses
			(day, stored_token_id, site_key_id, site_id, count, first_at, last_at)
			select (now() - days * interval '1 day')::date, 5, 1, 1, 2, now(), now()
			from unnest(array[41, 50, 300]) as days`;
		const uses = async () => (await world.sql`select from token_uses`).length;
		const user = `pruner_${world.databaseUrl.slice(-8)}`;
		await world.sql.unsafe(`create role ${user}; grant ${user} to current_user;
			grant usage on schema public, drizzle to ${user};
			grant select on all tables in schema public, drizzle to ${user};
			grant insert, update, delete on all tables in schema public to ${user}`);
		const url = new URL(world.databaseUrl);
		url.searchParams.set('role', user);
		const environment = { ...world.environment, AUDIT_DAYS: '40' };
		const [asServer, asOwner] = [{ ...environment, DATABASE_URL: url.href }, environment].map(
			(its) =>
				(...args: string[]) =>
					runMailkey(['audit', 'prune', ...args], { environment: its, folder: tmpdir() }),
		);
		const refused = await asServer!();
		expect([refused.status, refused.stderr]).toEqual([
			1,
			expect.stringMatching(/nothing was dropped: .*"mailkey migrate"\.\n$/),
		]);
		expect(await uses()).toBe(3);
		const { status, json } = await asOwner!('--json');
		expect([status, json()]).toMatchObject([
			0,
			{ before: expect.any(String) as string, partitions: [], use_counts: 3 },
		]);
		expect(await uses()).toBe(0);
		expect((await asOwner!()).stdout).toMatch(/ Dropped: no month, and 0 counts of uses from /);
		const { events } = (await audit('--json', '--event', 'audit_pruned')).json() as {
			events: Row[];
		};
		expect(events).toMatchObject([
			{ actor: 'operator', detail: textMatching(/: no month; counts of uses: 0$/) },
			{ actor: 'operator', detail: textMatching(/^before .*: no month; counts of uses: 3$/) },
		]);
	}, 60_000);

	test('as CSV holds no formula', async () => {
		const { stdout } = await audit('--csv', '--event', 'token_stored');
		expect(stdout.split('\r\n')).toEqual([
			'at,event,actor,actor_name,client_address,site,mailbox,token,sign_in,detail',
			expect.stringContaining(
				`,token_stored,visitor,"'=cmd|calc (x, ""y"")",,,equis@mycompany.com,`,
			),
			'',
		]);
	}, 60_000);

	test.each([
		['--since', 'yesterday'],
		['--limit', '0'],
		['--event', 'nothing'],
		['--site', 'http://'],
		['--mailbox', 'equis'],
	])(
		'%s %s is refused in one sentence',
		async (...args) => {
			const { status, stdout, stderr } = await audit(...args);
			expect([status, stdout]).toEqual([1, '']);
			expect(stderr).toMatch(/^--\w+ [^\n]*\.\n$/);
		},
		60_000,
	);
});

test('more events and uses than are in memory at a time come once each, the newest first, a page at a time', async () => {
	const world = await openVaultWorld(await createMigratedDatabase(), 'real');
	onTestFinished(() => world.close());
	// Many of one instant, and some less than a millisecond apart.
	await world.sql`insert into audit_events (at, event, actor, detail)
		select timestamptz '2026-06-01 12:00Z' - (n / 900) * interval '1 hour' - (n % 3) * interval '1 microsecond',
			'check', 'operator', n::text from generate_series(1, 12000) as n`;
	await world.sql`insert into token_uses (day, stored_token_id, site_key_id, site_id, count, first_at, last_at)
		select (at at time zone 'UTC')::date, n, 1, 1, n, at, at from (
			select n, timestamptz '2026-06-01 12:00Z' - (n / 700) * interval '30 minutes' as at
			from generate_series(1, 12000) as n) as used`;
	const pages = [];
	for await (const page of world.open().app.readAudit({ limit: 23_999 })) pages.push(page);
	expect(Math.max(...pages.map(({ length }) => length))).toBe(1000);
	const records = pages.flat();
	expect(new Set(records.map(({ event, detail }) => `${event} ${detail ?? ''}`)).size).toBe(23_999);
	const times = records.map(({ at }) => at.getTime());
	expect(times).toEqual(times.toSorted((one, other) => other - one));
});

describe('while it cannot be written', () => {
	const event = { event: 'refused' } as const;
	const setUp = (add: (events: readonly AuditEvent[]) => Promise<void>) => {
		const lines: string[] = [];
		const destination = { write: (line: string) => void lines.push(line) };
		const log = createLog({ level: 'info', destination });
		const audits = { add, async *list() {} };
		const trail = createAuditTrail({ now: () => new Date(), audits, log });
		return { trail, note: trail.by({ actor: 'visitor' }), lines };
	};

	test('it waits for the database, in order', async () => {
		const written: AuditEvent[] = [];
		let isAway = true;
		const { trail, note } = setUp((events) => {
			if (isAway) return Promise.reject(Object.assign(new Error(), { code: 'ECONNREFUSED' }));
			written.push(...events);
			return Promise.resolve();
		});
		note({ ...event, detail: 'first' });
		await trail.write();
		note({ ...event, detail: 'second' });
		isAway = false;
		await trail.write();
		expect(written.map(({ detail }) => detail)).toEqual(['first', 'second']);
	});

	test('what the database will never take is said to be lost, and holds up nothing', async () => {
		const written: AuditEvent[] = [];
		const { trail, note, lines } = setUp((events) => {
			if (events.some(({ detail }) => detail === 'bad')) return Promise.reject(new Error('no'));
			written.push(...events);
			return Promise.resolve();
		});
		note({ ...event, detail: 'bad' });
		await trail.write();
		note({ ...event, detail: 'good' });
		await trail.write();
		expect(written.map(({ detail }) => detail)).toEqual(['good']);
		expect(lines.join()).toContain('audit events were lost');
	});
});
