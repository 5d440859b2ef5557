// What sites are told of their mailboxes: each change has its event, written with it, and a site that reads on misses none.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createMigratedDatabase } from '../support/database.ts';
import { insertTokens } from '../support/vault-many.ts';
import type { VaultInstance } from '../support/vault-instance.ts';
import { connectMailbox, registerSite, type ConnectedMailbox } from '../support/vault-mailbox.ts';
import { openVaultWorld, type VaultWorld } from '../support/vault-world.ts';
import { until } from '../support/until.ts';

type Event = { id: string; type: string; timestamp: string; data: Record<string, unknown> };

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

let world: VaultWorld;
let instance: VaultInstance;
/** What Microsoft answers in place of its own. */
let refusal: (() => Response) | undefined;

beforeAll(async () => {
	world = await openVaultWorld(await createMigratedDatabase());
	instance = world.open({
		fetch: (input, init) => {
			const form = new URLSearchParams(init?.body as URLSearchParams | undefined);
			const isRefresh = form.get('grant_type') === 'refresh_token';
			return isRefresh && refusal ? Promise.resolve(refusal()) : fetch(input, init);
		},
	});
});
beforeEach(() => {
	world.clock.reset();
	refusal = undefined;
});
afterAll(() => world.close());

async function eventsOf(key: string, query = ''): Promise<{ events: Event[]; next: string }> {
	const { status, body } = await instance.ask(`/api/v1/events${query}`, key);
	expect(status).toBe(200);
	return body as never;
}

const typesOf = async ({ site }: ConnectedMailbox) =>
	(await eventsOf(site.key)).events.map(({ type }) => type);

/** As a site would that asks now and then while Microsoft answers with `refusal`. */
async function failFor(mailbox: ConnectedMailbox, ms: number, everyMs = 5 * minute): Promise<void> {
	for (let passed = 0; passed < ms; passed += everyMs) {
		await mailbox.setLife(-1);
		await mailbox.resolve();
		world.clock.advance(everyMs);
		await instance.app.eventJobs.reportDue();
	}
}

const unavailable = () => new Response('', { status: 503 });
const refused = () =>
	Response.json(
		{
			error: 'invalid_grant',
			error_description: 'AADSTS50173: The provided grant has expired. Correlation ID: c1',
			error_codes: [50173],
		},
		{ status: 400 },
	);

describe('a mailbox', () => {
	test('is connected, also again behind the same identifier, and revoked', async () => {
		const mailbox = await connectMailbox(world, instance);
		await mailbox.signInAgain();
		await instance.ask(`/api/v1/tokens/${mailbox.number}`, mailbox.site.key, { method: 'DELETE' });
		const { events } = await eventsOf(mailbox.site.key);
		const { identifier, address } = mailbox;
		const connected = { identifier, mailbox: address, signed_in_as: address };
		expect(events.map(({ type, data }) => ({ type, data }))).toEqual([
			{ type: 'mailbox.connected', data: connected },
			{ type: 'mailbox.connected', data: connected },
			{ type: 'mailbox.revoked', data: { identifier, mailbox: address, reason: 'by_site' } },
		]);
		expect(events.map(({ timestamp }) => timestamp)).toEqual(
			Array(3).fill(world.clock.now().toISOString()),
		);
	});

	test('that Microsoft refuses needs a sign-in: told once, when it was refused twice', async () => {
		const mailbox = await connectMailbox(world, instance);
		refusal = refused;
		await failFor(mailbox, 2 * hour);
		const { events } = await eventsOf(mailbox.site.key);
		expect(events.map(({ type }) => type)).toEqual([
			'mailbox.connected',
			'mailbox.sign_in_required',
		]);
		expect(events[1]?.data).toMatchObject({
			identifier: mailbox.identifier,
			sign_in_url: expect.stringContaining('?link=') as string,
			problem: { code: 'sign_in_required', reference: { code: 'AADSTS50173' } },
		});
	});

	test('whose refreshes fail for an hour is degraded, once, and recovers, once', async () => {
		const mailbox = await connectMailbox(world, instance);
		refusal = unavailable;
		await failFor(mailbox, hour);
		expect(await typesOf(mailbox)).toEqual(['mailbox.connected', 'mailbox.degraded']);
		await failFor(mailbox, 2 * hour);
		expect(await typesOf(mailbox)).toHaveLength(2);
		refusal = undefined;
		await failFor(mailbox, 2 * hour);
		const { events } = await eventsOf(mailbox.site.key);
		expect(events.slice(1).map(({ type }) => type)).toEqual([
			'mailbox.degraded',
			'mailbox.recovered',
		]);
		expect(events[1]?.data).toMatchObject({ problem: { code: 'microsoft_unreachable' } });
	});

	test('that is put into a state for practice has the event of it, where it changes', async () => {
		const mailbox = await connectMailbox(world, instance);
		for (const state of ['degraded', 'degraded', 'active', 'sign_in_required'] as const) {
			await instance.app.setPracticeState(mailbox.identifier, state);
		}
		expect((await typesOf(mailbox)).slice(1)).toEqual([
			'mailbox.degraded',
			'mailbox.recovered',
			'mailbox.sign_in_required',
		]);
	});

	test('whose refreshes fail for less than an hour has no event', async () => {
		const mailbox = await connectMailbox(world, instance);
		refusal = unavailable;
		await failFor(mailbox, 50 * minute);
		refusal = undefined;
		await failFor(mailbox, 20 * minute, minute);
		expect(await typesOf(mailbox)).toEqual(['mailbox.connected']);
	});

	test('that nobody could refresh ends: told 30, 7 and 1 days before, by one of three instances', async () => {
		const mailbox = await connectMailbox(world, instance);
		await world.sql`update stored_tokens set last_resolved_at = now() where id = ${mailbox.number}`;
		const others = [world.open(), world.open()];
		const told: number[] = [];
		for (let passed = 1; passed <= 90; passed += 1) {
			world.clock.advance(day);
			await Promise.all([instance, ...others].map(({ app }) => app.eventJobs.reportDue()));
			const count = (await typesOf(mailbox)).length - 1;
			if (count > told.length) told.push(passed);
		}
		expect(told).toEqual([60, 83, 89]);
		const { events } = await eventsOf(mailbox.site.key);
		const { last_refreshed_at: refreshedAt } = await mailbox.row();
		expect(events.at(-1)).toMatchObject({
			type: 'mailbox.lapse_scheduled',
			data: { lapses_at: new Date(refreshedAt.getTime() + 90 * day).toISOString() },
		});
	});

	test('that its site never resolves is told of 7 and 1 days before, refreshes or not', async () => {
		const mailbox = await connectMailbox(world, instance);
		const told: [number, unknown][] = [];
		for (let passed = 1; passed < 30; passed += 1) {
			world.clock.advance(day);
			await world.sql`update stored_tokens set last_refreshed_at = ${world.clock.now()}
				where id = ${mailbox.number}`;
			await instance.app.eventJobs.reportDue();
			const events = (await eventsOf(mailbox.site.key)).events.slice(1);
			if (events.length > told.length) told.push([passed, events.at(-1)?.data['reason']]);
		}
		expect(told).toEqual([
			[23, 'never_used'],
			[29, 'never_used'],
		]);
	});
});

describe('a site that asks for its events', () => {
	test('reads on where it stopped, and gets nobody else’s', async () => {
		const mailbox = await connectMailbox(world, instance);
		const foreign = await connectMailbox(world, instance);
		await mailbox.signInAgain();
		const first = await eventsOf(mailbox.site.key, '?limit=1');
		expect(first.events).toHaveLength(1);
		const second = await eventsOf(mailbox.site.key, `?after=${first.next}`);
		expect(second.events.map(({ type }) => type)).toEqual(['mailbox.connected']);
		const third = await eventsOf(mailbox.site.key, `?after=${second.next}`);
		expect(third).toEqual({ events: [], next: second.next });
		expect((await eventsOf(foreign.site.key)).events).toHaveLength(1);
		expect((await instance.ask('/api/v1/events', 'mksite_none')).status).toBe(401);
	});

	test.each(['after=x', 'after=-1', 'limit=0', 'limit=1001', 'after=99999999999999999'])(
		'is told what is wrong with %s',
		async (query) => {
			const mailbox = await connectMailbox(world, instance);
			const { status, body } = await instance.ask(`/api/v1/events?${query}`, mailbox.site.key);
			expect(status).toBe(422);
			expect(Object.keys(body['fields'] as object)).toEqual([query.split('=')[0]]);
		},
	);

	test('sees no event before one of a lower id is there, however long that transaction takes', async () => {
		const mailbox = await connectMailbox(world, instance);
		const other = await connectMailbox(world, instance, { site: mailbox.site });
		const { next } = await eventsOf(mailbox.site.key);
		let revoking: Promise<unknown> | undefined;
		await world.sql.begin(async (slow) => {
			// Another instance in the middle of a change of this site.
			await slow`select id from sites where id = ${mailbox.site.id} for no key update`;
			await slow`insert into site_events (site_id, type, at, details)
				values (${mailbox.site.id}, 'webhook.test', now(), '{}')`;
			revoking = instance.ask(`/api/v1/tokens/${other.number}`, mailbox.site.key, {
				method: 'DELETE',
			});
			await until('the other change waits for its turn', async () => {
				const [row] =
					await world.sql`select count(*)::int as waiting from pg_locks where not granted`;
				return row?.['waiting'] > 0;
			});
			expect((await eventsOf(mailbox.site.key, `?after=${next}`)).events).toEqual([]);
		});
		await revoking;
		const { events } = await eventsOf(mailbox.site.key, `?after=${next}`);
		expect(events.map(({ type }) => type)).toEqual(['webhook.test', 'mailbox.revoked']);
	});

	test('misses none of what a crowd of changes brings', async () => {
		const site = await registerSite(world, instance);
		const { ids } = await insertTokens(world.sql, {
			siteId: site.id,
			count: 60,
			tokenKeys: world.environment['TOKEN_KEYS']!,
			at: world.clock.now(),
		});
		const others = [world.open(), world.open()];
		const seen: Event[] = [];
		let after = '0';
		const readOn = async () => {
			const page = await eventsOf(site.key, `?after=${after}&limit=7`);
			seen.push(...page.events);
			after = page.next;
			return page.events.length;
		};
		const over = { isOver: false };
		const reading = (async () => {
			while (!over.isOver) await readOn();
			while ((await readOn()) > 0);
		})();
		await Promise.all(
			ids.map((id, index) =>
				[instance, ...others][index % 3]!.ask(`/api/v1/tokens/${id}`, site.key, {
					method: 'DELETE',
				}),
			),
		);
		over.isOver = true;
		await reading;
		expect(new Set(seen.map(({ data }) => data['identifier'])).size).toBe(ids.length);
		expect(seen).toHaveLength(ids.length);
	});

	test('a removed site’s events go with it', async () => {
		const mailbox = await connectMailbox(world, instance);
		await instance.app.disableSite(mailbox.site.url);
		expect(await instance.app.removeSite(mailbox.site.url)).toMatchObject({ revoked: 1 });
		expect(
			await world.sql`select id from site_events where site_id = ${mailbox.site.id}`,
		).toHaveLength(0);
	});
});
