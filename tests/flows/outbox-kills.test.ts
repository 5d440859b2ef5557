// Events and mails on their way while a process is killed, or loses its database: at least once, never none.

import { fork, type ChildProcess } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createMigratedDatabase } from '../support/database.ts';
import { startDatabaseProxy } from '../support/database-proxy.ts';
import { openNoticeInbox, type NoticeInbox } from '../support/notice-inbox.ts';
import { until } from '../support/until.ts';
import type { VaultInstance } from '../support/vault-instance.ts';
import { connectMailbox, registerSite } from '../support/vault-mailbox.ts';
import { openVaultWorld, type VaultWorld } from '../support/vault-world.ts';

const minute = 60_000;

let world: VaultWorld;
let inbox: NoticeInbox;
let environment: Record<string, string>;
let instance: VaultInstance;
let receiver: Server;
let hook: string;
const webhookIds: string[] = [];
/** At the arrival of a webhook or a mail, before it is answered. */
let onArrival: (() => void) | undefined;

beforeAll(async () => {
	world = await openVaultWorld(await createMigratedDatabase());
	inbox = await openNoticeInbox(() => onArrival?.());
	environment = {
		...world.environment,
		NOTICES_SMTP: inbox.url,
		NOTICES_FROM: 'mail@helper.example',
	};
	instance = world.open({ environment, mode: 'practice' });
	receiver = createServer((request, response) => {
		webhookIds.push(String(request.headers['webhook-id']));
		onArrival?.();
		response.writeHead(204).end();
	});
	await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
	hook = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
});
beforeEach(() => {
	world.clock.reset();
	inbox.mails.length = 0;
	webhookIds.length = 0;
	onArrival = undefined;
});
afterAll(async () => {
	receiver.closeAllConnections();
	receiver.close();
	await world.close();
	await inbox.stop();
});

/** A webhook and a mail wait: somebody must sign in again. */
async function makeTrouble(): Promise<void> {
	await world.sql`truncate notices, notice_recipients, site_events`;
	const site = await registerSite(world, instance);
	const mailbox = await connectMailbox(world, instance, { site });
	const none = { addMailDomains: [], removeMailDomains: [], addTenants: [], removeTenants: [] };
	const { webhookSecret } = await instance.app.changeSite(site.url, { ...none, webhookUrl: hook });
	world.secrets.push({ name: `webhook secret of ${site.url}`, value: webhookSecret ?? '' });
	await instance.app.setPracticeState(mailbox.identifier, 'sign_in_required');
}

/** One more process; with `only` one of the two waits. */
function start(only: 'webhook' | 'mail'): { child: ChildProcess; ended: Promise<unknown> } {
	const script = new URL('../support/outbox-process.ts', import.meta.url).pathname;
	const child = fork(script, [], {
		execArgv: ['--import', 'tsx'],
		env: {
			PATH: process.env['PATH'] ?? '',
			...environment,
			...(only === 'webhook' && { NOTICES_SMTP: '', NOTICES_FROM: '' }),
		},
		stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
	});
	for (const stream of [child.stdout, child.stderr]) {
		stream?.setEncoding('utf8').on('data', (text: string) => world.logged.push(text));
	}
	return { child, ended: new Promise((resolve) => child.once('exit', resolve)) };
}

async function goOn(): Promise<void> {
	world.clock.advance(6 * minute);
	await instance.app.eventJobs.deliverDue();
	await instance.app.eventJobs.settled();
	await instance.app.noticeJobs.sendDue();
}

test('a process that is killed between the delivery of a webhook and its note: another posts it again', async () => {
	await makeTrouble();
	const { child, ended } = start('webhook');
	onArrival = () => child.kill('SIGKILL');
	await ended;
	onArrival = undefined;
	expect(webhookIds).toHaveLength(1);
	await goOn();
	expect(new Set(webhookIds).size).toBe(1);
	expect(webhookIds).toHaveLength(2);
	await goOn();
	expect(webhookIds).toHaveLength(2);
});

test('a process that is killed before its mail is taken: another sends it, once', async () => {
	await makeTrouble();
	await world.sql`update site_events set delivery = null`;
	const { child, ended } = start('mail');
	inbox.refuse(() => (child.kill('SIGKILL'), ended.then(() => undefined)));
	await ended;
	inbox.refuse(undefined);
	expect(inbox.mails).toHaveLength(0);
	await goOn();
	expect(inbox.mails).toHaveLength(1);
	await goOn();
	expect(inbox.mails).toHaveLength(1);
});

test('a process that is killed between a mail and its note: another sends it again', async () => {
	await makeTrouble();
	await world.sql`update site_events set delivery = null`;
	const { child, ended } = start('mail');
	onArrival = () => child.kill('SIGKILL');
	await ended;
	onArrival = undefined;
	expect(inbox.mails).toHaveLength(1);
	await goOn();
	expect(inbox.mails).toHaveLength(2);
	await goOn();
	expect(inbox.mails).toHaveLength(2);
});

test('the database is cut after a delivery: it comes again when the lease is over, and is noted then', async () => {
	await makeTrouble();
	const proxy = await startDatabaseProxy(world.databaseUrl);
	const cutOff = world.open({
		environment: { ...environment, DATABASE_URL: proxy.url },
		mode: 'practice',
	});
	onArrival = () => proxy.cut();
	await cutOff.app.eventJobs.deliverDue();
	await cutOff.app.eventJobs.settled();
	proxy.restore();
	onArrival = () => proxy.cut();
	await until('the database is back', () =>
		cutOff.app.noticeJobs.sendDue().then(
			() => true,
			() => inbox.mails.length > 0,
		),
	);
	proxy.restore();
	onArrival = undefined;
	expect([webhookIds.length, inbox.mails.length]).toEqual([1, 1]);
	await goOn();
	await goOn();
	expect([webhookIds.length, inbox.mails.length]).toEqual([2, 2]);
	expect(new Set(webhookIds).size).toBe(1);
	await proxy.stop();
});
