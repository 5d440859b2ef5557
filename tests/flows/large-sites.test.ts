// What is done to a site with many tokens goes in statements of bounded size: one that takes longer than five seconds is ended,
// and would begin anew at its next time, for ever.

import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createConnectLinkStore } from '../../src/lib/server/connect-links/connect-link-store.ts';
import { createDeliveryStore } from '../../src/lib/server/events/delivery-store.ts';
import {
	connectDatabase,
	type DatabaseConnection,
} from '../../src/lib/server/database/connection.ts';
import { createRemovalStore } from '../../src/lib/server/sites/removal-store.ts';
import { allPages } from '../support/all-pages.ts';
import { createMigratedDatabase } from '../support/database.ts';
import { runMailkey } from '../support/vault-command-line.ts';
import type { VaultInstance } from '../support/vault-instance.ts';
import { connectMailbox, registerSite, type ConnectedSite } from '../support/vault-mailbox.ts';
import { insertTokens } from '../support/vault-many.ts';
import { openVaultWorld, type VaultWorld } from '../support/vault-world.ts';
import { VISITOR } from '../support/visitor.ts';

const NOTHING = { addMailDomains: [], removeMailDomains: [], addTenants: [], removeTenants: [] };
const MANY = 2_500;
/** Of a removal. */
const BATCH = 1_000;
const MAX_ROWS = 5_000;

let world: VaultWorld;
let instance: VaultInstance;

beforeAll(async () => {
	world = await openVaultWorld(await createMigratedDatabase());
	instance = world.open();
	await world.sql`
		create function refuse_many() returns trigger language plpgsql as $$
		begin
			if (select count(*) from changed) > tg_argv[0]::int then
				raise exception 'too many rows of % in one statement', tg_table_name;
			end if;
			return null;
		end $$`;
	for (const table of ['stored_tokens', 'site_events', 'connect_links', 'sign_ins']) {
		for (const change of ['delete', 'update']) {
			await world.sql.unsafe(`create trigger refuse_many_${change} after ${change} on ${table}
				referencing old table as changed for each statement execute function refuse_many(${MAX_ROWS})`);
		}
	}
});
afterAll(() => world.close());

const mailkey = (...args: string[]) =>
	runMailkey(args, { environment: world.environment, folder: tmpdir() });

async function storeMany(site: ConnectedSite): Promise<readonly number[]> {
	const tokenKeys = world.environment['TOKEN_KEYS'] ?? '';
	const at = world.clock.now();
	const { ids } = await insertTokens(world.sql, { siteId: site.id, count: MANY, tokenKeys, at });
	await addWaitingEvents(site, MANY);
	await addLinks(site, MANY);
	return ids;
}

async function addWaitingEvents(site: ConnectedSite, count: number): Promise<void> {
	const at = world.clock.now();
	await world.sql`insert into site_events (site_id, type, at, details, delivery, next_try_at, deliver_until, tries)
		select ${site.id}, 'mailbox.connected', ${at}, '{}', 'waiting', ${at}, ${at}, 1 from generate_series(1, ${count})`;
}

async function addLinks(site: ConnectedSite, count: number): Promise<void> {
	const at = world.clock.now();
	const prefix = `${site.id}-`;
	await world.sql`insert into connect_links (id, site_id, opaque_sha256, created_at, expires_at)
		select ${prefix} || i, ${site.id}, sha256((${prefix} || i)::bytea), ${at}, ${at} from generate_series(1, ${count}) as i`;
}

async function countTokens({ id }: ConnectedSite): Promise<number> {
	const [row] = await world.sql<{ n: number }[]>`
		select count(*)::int as n from stored_tokens where site_id = ${id}`;
	return row?.n ?? 0;
}

/** As triggers count it, and as it is. */
async function sealedValues(): Promise<[unknown, unknown]> {
	const counted = await world.sql`
		select key_id, sum(count)::int as n from sealed_value_counts group by 1 having sum(count) <> 0 order by 1`;
	const found = await world.sql`
		select sealing_key_id(sealed) as key_id, count(*)::int as n from (
			select sealed_refresh_token as sealed from stored_tokens
			union all select sealed_access_token from stored_tokens
			union all select sealed_refresh_token from sign_ins
			union all select sealed_access_token from sign_ins
			union all select sealed_secret from webhook_secrets
		) as all_values where sealed is not null group by 1 order by 1`;
	return [[...counted], [...found]];
}

describe('removing a site with many tokens', () => {
	test('goes in batches, and when it is broken off says so and goes on where it was', async () => {
		const neighbour = await connectMailbox(world, instance);
		const site = await registerSite(world, instance);
		const signedIn = await connectMailbox(world, instance, { site });
		const ids = await storeMany(site);
		await instance.app.disableSite(site.url);
		await world.sql.unsafe(`
			create function break_off() returns trigger language plpgsql as $$
			begin
				if exists (select from retired_token_numbers) then raise exception 'broken off'; end if;
				return null;
			end $$;
			create trigger break_off before delete on stored_tokens for each statement execute function break_off()`);

		const broken = await mailkey('site', 'remove', site.url, '--yes', '--json');
		expect([broken.status, broken.stdout]).toEqual([1, '']);
		expect(broken.stderr).toContain(
			`${site.url} is removed in part, with ${BATCH} identifiers revoked. Go on with mailkey site remove ${site.url}.`,
		);
		expect(await countTokens(site)).toBe(MANY + 1 - BATCH);
		const [resolved, begun] = await Promise.all([
			instance.resolve(site.key, { identifier: signedIn.identifier }),
			instance.app
				.forVisitor(VISITOR)
				.beginSignIn(undefined, { site: site.url, email: 'new@mycompany.com' })
				.catch((error: unknown) => error),
		]);
		expect(resolved.status).toBe(401);
		expect(begun).toMatchObject({ code: 'site_not_registered' });

		await world.sql`drop trigger break_off on stored_tokens`;
		const removed = await mailkey('site', 'remove', site.url, '--yes', '--json');
		expect(removed.json()).toMatchObject({
			...{ site: site.url, status: 'removed', revoked: MANY + 1 - BATCH },
			dropped_events: MANY,
		});
		expect(await countTokens(site)).toBe(0);
		const audit = await world.sql<{ event: string; times: number; tokens: number }[]>`
			select event, count(*)::int as times, count(distinct stored_token_id)::int as tokens from audit_events
			where site_id = ${site.id} and event in ('token_revoked', 'site_removed') group by event order by event`;
		expect([...audit]).toEqual([
			{ event: 'site_removed', times: 1, tokens: 0 },
			{ event: 'token_revoked', times: MANY + 1, tokens: MANY + 1 },
		]);
		const retired = await world.sql`
			select from retired_token_numbers where number = any (${[...ids, signedIn.number]}::bigint[])`;
		expect(retired.length).toBe(MANY + 1);
		const [counted, found] = await sealedValues();
		expect(counted).toEqual(found);
		expect((await neighbour.resolve()).status).toBe(200);
	});

	test('revokes nothing that the audit trail does not tell of in the same transaction', async () => {
		const site = await registerSite(world, instance);
		await storeMany(site);
		await instance.app.disableSite(site.url);
		await instance.app.auditWritten();
		await world.sql.unsafe(`
			create function refuse_to_note() returns trigger language plpgsql as $$
			begin raise exception 'not noted'; end $$;
			create trigger refuse_to_note before insert on audit_events for each statement execute function refuse_to_note()`);
		await expect(instance.app.removeSite(site.url)).rejects.toThrow();
		expect(await countTokens(site)).toBe(MANY);

		await world.sql`drop trigger refuse_to_note on audit_events`;
		expect(await instance.app.removeSite(site.url)).toMatchObject({ revoked: MANY });
		const [unnoted] = await world.sql`select count(*)::int as n from retired_token_numbers
			where number not in (select stored_token_id from audit_events where event = 'token_revoked')`;
		expect(unnoted).toEqual({ n: 0 });
	});

	test('can be stopped between two batches, and ends where the site is enabled meanwhile', async () => {
		const site = await registerSite(world, instance);
		await storeMany(site);
		await instance.app.disableSite(site.url);
		const stopping = new AbortController();
		const onRevoked = (revoked: number) => {
			if (revoked > 0) stopping.abort();
		};
		const stopped = instance.app.removeSite(site.url, { onRevoked, signal: stopping.signal });
		await expect(stopped).rejects.toMatchObject({ sentences: ['Stopped.'] });
		expect(await countTokens(site)).toBe(MANY - BATCH);

		const { database, close } = connectDatabase(world.databaseUrl);
		const { url } = await instance.app.showSite(site.url);
		for await (const removed of createRemovalStore(database).remove(url)) {
			expect(removed.isSiteGone).toBe(false);
			if (removed.revoked.length > 0) await instance.app.enableSite(site.url);
		}
		await close();
		expect(await countTokens(site)).toBe(MANY - 2 * BATCH);
		expect(await instance.app.showSite(site.url)).toMatchObject({ disabledAt: undefined });
	});

	test('that was begun and not finished is told of where the site is enabled', async () => {
		const site = await registerSite(world, instance);
		await storeMany(site);
		const enable = () => mailkey('site', 'enable', site.url);
		await instance.app.disableSite(site.url);
		const { database, close } = connectDatabase(world.databaseUrl);
		const { url } = await instance.app.showSite(site.url);
		const by = () => ({ at: world.clock.now(), actor: 'operator' }) as const;
		for await (const removed of createRemovalStore(database).remove(url, by)) {
			if (removed.revoked.length > 0) break;
		}
		await close();
		const enabled = await enable();
		expect([enabled.status, enabled.stdout]).toEqual([0, expect.stringContaining('Enabled')]);
		expect(enabled.stderr).toContain(`not finished: ${BATCH} identifiers revoked for good`);
		expect(enabled.stderr).toMatch(/mailkey site disable \S+, then mailkey site remove \S+\.\n$/);
		world.clock.advance(1_000);
		await instance.app.disableSite(site.url);
		expect((await enable()).stderr).toBe('');
	}, 60_000);

	test('is told of also where it ended before it revoked anything, with who began it', async () => {
		const site = await registerSite(world, instance);
		await addLinks(site, 1);
		await instance.app.disableSite(site.url);
		const { database, close } = connectDatabase(world.databaseUrl);
		const { url } = await instance.app.showSite(site.url);
		const by = () => ({ at: world.clock.now(), actor: 'operator', actorName: 'ana' }) as const;
		await createRemovalStore(database).remove(url, by).next();
		await close();
		const begun = await allPages(
			instance.app.readAudit({ site: site.url, event: 'site_removal_begun', limit: 10 }),
		);
		expect(begun).toMatchObject([{ actor: 'operator', actorName: 'ana', detail: site.url }]);
		const { stderr } = await mailkey('site', 'enable', site.url);
		expect(stderr).toContain('not finished: 0 identifiers revoked for good');
	});
});

describe('what may be more than a statement changes in its time', () => {
	let site: ConnectedSite;
	let connection: DatabaseConnection;
	const many = MAX_ROWS + 1_000;
	const later = () => new Date(world.clock.now().getTime() + 1_000);

	beforeAll(async () => {
		site = await registerSite(world, instance);
		await instance.app.changeSite(site.url, {
			...NOTHING,
			webhookUrl: 'https://hooks.example.com/',
		});
		connection = connectDatabase(world.databaseUrl);
	});
	afterAll(() => connection.close());

	async function countEvents(delivery: string | null): Promise<number> {
		const [row] = await world.sql<{ n: number }[]>`select count(*)::int as n from site_events
			where site_id = ${site.id} and delivery is not distinct from ${delivery}`;
		return row?.n ?? 0;
	}

	test('are events that wait for a webhook: given up, tried again, and dropped with it', async () => {
		const { database } = connection;
		await addWaitingEvents(site, many);
		await createDeliveryStore(database).saveGone(site.id, later());
		expect(await countEvents('given_up')).toBe(many);
		expect(await instance.app.retryWebhooks(site.url)).toMatchObject({ due: many });
		expect(await countEvents('waiting')).toBe(many);
		await world.sql`update site_events set deliver_until = ${world.clock.now()} where id in (
			select id from site_events where site_id = ${site.id} limit ${MAX_ROWS})`;
		await world.sql`update site_events set deliver_until = ${world.clock.now()} where id in (
			select id from site_events where site_id = ${site.id} and deliver_until > ${later()})`;
		await createDeliveryStore(database).giveUpOld(later());
		expect(await countEvents('given_up')).toBe(many);
		await instance.app.retryWebhooks(site.url);
		await instance.app.changeSite(site.url, { ...NOTHING, webhookUrl: 'none' });
		expect(await countEvents(null)).toBe(many);
	});

	test('are connect links that are forgotten', async () => {
		await addLinks(site, many);
		await createConnectLinkStore(connection.database).prune(later());
		expect(await world.sql`select from connect_links where site_id = ${site.id}`).toHaveLength(0);
	});
});
