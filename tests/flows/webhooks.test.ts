// Events on their way to receivers: signed, at least once, tried for three days, and no receiver holds up another.

import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { verifyWebhook } from '../../src/client/webhooks.ts';
import { allPages } from '../support/all-pages.ts';
import { createMigratedDatabase } from '../support/database.ts';
import { until } from '../support/until.ts';
import type { VaultInstance } from '../support/vault-instance.ts';
import { connectMailbox, registerSite, type ConnectedSite } from '../support/vault-mailbox.ts';
import { insertTokens } from '../support/vault-many.ts';
import { openVaultWorld, type VaultWorld } from '../support/vault-world.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

type Received = { headers: IncomingHttpHeaders; body: string; at: Date };
type Receiver = {
	url: string;
	received: Received[];
	/** What it answers; undefined is nothing, ever. */
	status: number | undefined;
};

let world: VaultWorld;
let instance: VaultInstance;
const servers: Server[] = [];

beforeAll(async () => {
	world = await openVaultWorld(await createMigratedDatabase());
	instance = world.open({ mode: 'practice' });
});
beforeEach(() => world.clock.reset());
afterAll(async () => {
	for (const server of servers) {
		server.closeAllConnections();
		server.close();
	}
	await world.close();
});

async function openReceiver(status: number | undefined = 204): Promise<Receiver> {
	const receiver: Receiver = { url: '', received: [], status };
	const server = createServer((request, response) => {
		const chunks: Buffer[] = [];
		request.on('data', (chunk: Buffer) => chunks.push(chunk));
		request.on('end', () => {
			const body = Buffer.concat(chunks).toString();
			receiver.received.push({ headers: request.headers, body, at: world.clock.now() });
			if (receiver.status !== undefined) response.writeHead(receiver.status).end();
		});
	});
	servers.push(server);
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const address = server.address();
	receiver.url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/hook`;
	return receiver;
}

async function setWebhook(site: ConnectedSite, url: string): Promise<string> {
	const options = { addMailDomains: [], removeMailDomains: [], addTenants: [], removeTenants: [] };
	const { webhookSecret } = await instance.app.changeSite(site.url, {
		...options,
		webhookUrl: url,
	});
	if (webhookSecret !== undefined) {
		world.secrets.push({ name: `webhook secret of ${site.url}`, value: webhookSecret });
	}
	return webhookSecret ?? '';
}

/** Until nothing more is due at this moment. */
async function deliver(...instances: VaultInstance[]): Promise<void> {
	const all = instances.length === 0 ? [instance] : instances;
	for (;;) {
		const due = await Promise.all(all.map(({ app }) => app.eventJobs.deliverDue()));
		await Promise.all(all.map(({ app }) => app.eventJobs.settled()));
		if (due.every((more) => more === 'done')) return;
	}
}

async function siteWithReceiver(status?: number) {
	const site = await registerSite(world, instance);
	const receiver = await openReceiver(status);
	const secret = await setWebhook(site, receiver.url);
	return { site, receiver, secret };
}

/** An event for each token of a new site: they are revoked. */
async function makeEvents(site: ConnectedSite, count: number): Promise<void> {
	const { ids } = await insertTokens(world.sql, {
		siteId: site.id,
		count,
		tokenKeys: world.environment['TOKEN_KEYS']!,
		at: world.clock.now(),
	});
	await Promise.all(
		ids.map((id) => instance.ask(`/api/v1/tokens/${id}`, site.key, { method: 'DELETE' })),
	);
}

const idsAt = ({ received }: Receiver) => received.map(({ headers }) => headers['webhook-id']);

describe('a site with a webhook', () => {
	test('gets each event, signed, as it can read it by its own request too', async () => {
		const { site, receiver, secret } = await siteWithReceiver();
		await connectMailbox(world, instance, { site });
		await deliver();
		const events = receiver.received.map(({ headers, body }) =>
			verifyWebhook(secret, headers, body),
		);
		expect(events.map(({ type }) => type)).toEqual(['mailbox.connected']);
		const { body } = await instance.ask('/api/v1/events', site.key);
		expect(body['events']).toEqual(events);
		await deliver();
		expect(receiver.received).toHaveLength(1);
		expect(await world.leaks()).toEqual([]);
	});

	test('is told nothing of what was before, and nothing while it is disabled', async () => {
		const site = await registerSite(world, instance);
		await makeEvents(site, 1);
		const receiver = await openReceiver();
		await setWebhook(site, receiver.url);
		await makeEvents(site, 1);
		await instance.app.disableSite(site.url);
		await deliver();
		expect(receiver.received).toHaveLength(0);
		await instance.app.enableSite(site.url);
		await deliver();
		expect(receiver.received).toHaveLength(1);
	});

	test('gets another secret with another URL alone, and none when it ends', async () => {
		const { site, receiver, secret } = await siteWithReceiver();
		expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
		expect(await setWebhook(site, receiver.url)).toBe('');
		expect(await setWebhook(site, `${receiver.url}2`)).not.toBe(secret);
		await setWebhook(site, 'none');
		await makeEvents(site, 1);
		expect(await instance.app.showWebhook(site.url)).toMatchObject({
			url: undefined,
			waiting: 0,
			secrets: [],
		});
	});

	test('whose secret is rotated gets both signatures until the grace is over', async () => {
		const { site, receiver, secret } = await siteWithReceiver();
		const rotated = await instance.app.rotateWebhookSecret(site.url, hour);
		world.secrets.push({ name: 'a new webhook secret', value: rotated.secret });
		await makeEvents(site, 1);
		await deliver();
		const { headers, body } = receiver.received[0]!;
		for (const each of [secret, rotated.secret]) verifyWebhook(each, headers, body);
		world.clock.advance(hour + second);
		await makeEvents(site, 1);
		await deliver();
		expect(receiver.received[1]?.headers['webhook-signature']).toMatch(/^v1,\S+$/);
	});

	test('has its secret counted with what is sealed, and resealed', async () => {
		const { site } = await siteWithReceiver();
		const [before] =
			await world.sql`select sealed_secret from webhook_secrets where site_id = ${site.id}`;
		expect(before?.['sealed_secret']).toMatch(/^v1\.test\./);
		const opened = await instance.app.resealTokens(() => undefined);
		expect(opened.unopenable.size).toBe(0);
		const all = await world.sql`select (select count(*)::int from webhook_secrets) +
			(select count(sealed_refresh_token)::int + count(sealed_access_token)::int from stored_tokens) as values`;
		const counted = (await instance.app.countByKey()).map(({ values }) => values);
		expect(counted).toEqual([all[0]?.['values']]);
	});

	test('that is removed loses what waits, and the operator is told how much', async () => {
		const { site } = await siteWithReceiver(500);
		await makeEvents(site, 2);
		await deliver();
		await instance.app.disableSite(site.url);
		expect(await instance.app.removeSite(site.url)).toMatchObject({ droppedEvents: 2 });
	});
});

describe('a receiver that fails', () => {
	test('is tried as the specification recommends, for three days, and then no more', async () => {
		const { site, receiver } = await siteWithReceiver(500);
		await makeEvents(site, 1);
		const start = world.clock.now().getTime();
		for (let passed = 0; passed < 80 * hour; passed += passed < hour ? 5 * second : 5 * minute) {
			await deliver();
			world.clock.advance(passed < hour ? 5 * second : 5 * minute);
		}
		const hours = receiver.received.map(({ at }) => (at.getTime() - start) / hour);
		expect(hours).toHaveLength(10);
		expect(hours.at(-1)).toBeGreaterThan(64);
		expect(hours.at(-1)).toBeLessThan(72);
		expect(new Set(idsAt(receiver)).size).toBe(1);
		const state = await instance.app.showWebhook(site.url);
		expect(state).toMatchObject({ waiting: 0, givenUp: 1, undelivered: [{ lastResult: '500' }] });
		expect(world.logged.join('')).toContain('a webhook was given up');
		receiver.status = 200;
		expect(await instance.app.retryWebhooks(site.url)).toMatchObject({ due: 1 });
		await deliver();
		expect(await instance.app.showWebhook(site.url)).toMatchObject({ delivered: 1, givenUp: 0 });
	});

	test('and has many waiting gets them when it is back; those of three days ago are given up', async () => {
		const { site, receiver } = await siteWithReceiver(500);
		await makeEvents(site, 30);
		await deliver();
		world.clock.advance(3 * day + minute);
		await makeEvents(site, 1);
		await instance.app.eventJobs.reportDue();
		receiver.status = 204;
		receiver.received.splice(0);
		await deliver();
		expect(receiver.received).toHaveLength(1);
		expect(await instance.app.showWebhook(site.url)).toMatchObject({ givenUp: 30, delivered: 1 });
	});

	test('with 410 gets nothing more until the operator says so, and then what happened meanwhile too', async () => {
		const { site, receiver } = await siteWithReceiver(410);
		await makeEvents(site, 1);
		await deliver();
		await makeEvents(site, 1);
		world.clock.advance(day);
		await deliver();
		expect(receiver.received).toHaveLength(1);
		expect(await instance.app.showWebhook(site.url)).toMatchObject({
			...{ waiting: 0, givenUp: 2 },
			undelivered: [{ lastResult: 'GONE' }, { lastResult: '410' }],
		});
		await expect(instance.app.testWebhook(site.url)).rejects.toThrow('gone for good (410)');
		receiver.status = 204;
		await instance.app.retryWebhooks(site.url);
		await deliver();
		expect(receiver.received).toHaveLength(3);
		await makeEvents(site, 1);
		await deliver();
		expect(receiver.received).toHaveLength(4);
	});

	test('by hanging holds up no other', async () => {
		const dead = [await siteWithReceiver(), await siteWithReceiver()];
		dead.forEach(({ receiver }) => (receiver.status = undefined));
		const well = [await siteWithReceiver(), await siteWithReceiver()];
		for (const { site } of [...dead, ...well]) await makeEvents(site, 60);
		await until('the others have theirs', async () => {
			await instance.app.eventJobs.deliverDue();
			return well.every(({ receiver }) => new Set(idsAt(receiver)).size === 60);
		});
		expect(dead.map(({ receiver }) => receiver.received.length)).toEqual([20, 20]);
		for (const server of servers) server.closeAllConnections();
		for (const { receiver } of dead) receiver.status = 204;
		await instance.app.eventJobs.settled();
	});
});

describe('at least once, and by one alone', () => {
	test('three instances share the work and post nothing twice', async () => {
		const { site, receiver } = await siteWithReceiver();
		await makeEvents(site, 100);
		const others = [world.open({ mode: 'practice' }), world.open({ mode: 'practice' })];
		await deliver(instance, ...others);
		expect(receiver.received).toHaveLength(100);
		expect(new Set(idsAt(receiver)).size).toBe(100);
	});

	test('what an instance had in hand when it died is posted by another, with the same id', async () => {
		const { site, receiver } = await siteWithReceiver();
		await makeEvents(site, 1);
		await deliver();
		// As a kill leaves it between the delivery and its note.
		const lease = new Date(world.clock.now().getTime() + minute);
		await world.sql`update site_events set delivery = 'waiting', lease_owner = 'dead', next_try_at = ${lease}
			where site_id = ${site.id}`;
		await deliver();
		expect(receiver.received).toHaveLength(1);
		world.clock.advance(minute + second);
		await deliver(world.open({ mode: 'practice' }));
		expect(idsAt(receiver)).toEqual([idsAt(receiver)[0], idsAt(receiver)[0]]);
	});
});

describe('the operator', () => {
	test('sends a test, and reads why it failed', async () => {
		const { site, receiver } = await siteWithReceiver();
		expect(await instance.app.testWebhook(site.url)).toMatchObject({ result: '204' });
		expect(JSON.parse(receiver.received[0]!.body)).toMatchObject({
			type: 'webhook.test',
			data: {},
		});
		receiver.status = 302;
		await expect(instance.app.testWebhook(site.url)).rejects.toThrow(/redirects are not followed/);
	});

	test('reads of deliveries in the audit trail', async () => {
		const { site } = await siteWithReceiver();
		await makeEvents(site, 1);
		await deliver();
		await instance.app.auditWritten();
		const [event] = await allPages(
			instance.app.readAudit({ site: site.url, event: 'webhook_delivered', limit: 5 }),
		);
		expect(event).toMatchObject({ site: site.url, detail: 'mailbox.revoked: 204' });
	});

	test('of a real helper may name public https URLs alone', async () => {
		const real = world.open();
		const site = await registerSite(world, instance);
		const options = {
			addMailDomains: [],
			removeMailDomains: [],
			addTenants: [],
			removeTenants: [],
		};
		for (const webhookUrl of [
			'http://hooks.example.com/',
			'https://127.0.0.1/',
			'https://[::1]/',
		]) {
			await expect(real.app.changeSite(site.url, { ...options, webhookUrl })).rejects.toThrow(
				'--webhook-url',
			);
		}
	});
});
