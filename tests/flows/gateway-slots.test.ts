// Deadlines hold whatever a client sends meanwhile, and one address cannot take the places of all others. The gateway
// runs in the test's own process here, so that a deadline need not be waited for as long as in earnest.

import { createSecureContext } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import { createGatewayMetrics } from '../../src/gateway/gateway-metrics.ts';
import type { ListenerSettings } from '../../src/gateway/gateway-settings.ts';
import { startGateway, type Gateway } from '../../src/gateway/gateway.ts';
import { createLog } from '../../src/lib/server/log.ts';
import { openClient, type LoopbackClient } from '../support/loopback-client.ts';
import { testCertificate } from '../support/mail-script.ts';

const DRIP_MS = 300;
/** As `wire.ts` has it. */
const GOODBYE_MS = 5_000;
const ATTACKER = '127.0.0.2';
const OTHER = '127.0.0.3';

const { certificate: cert, privateKey: key } = testCertificate;
const listen = (
	name: string,
	protocol: 'imap' | 'smtp',
	start: 'clear' | 'tls',
): ListenerSettings => ({
	...{ name, protocol, start },
	...{ host: '127.0.0.1', port: 0, isPublic: false },
});

let gateway: Gateway | undefined;
const drips: NodeJS.Timeout[] = [];
const clients: LoopbackClient[] = [];

async function start(limits: { maxConnections?: number; loginLimitMs?: number }): Promise<Gateway> {
	gateway = await startGateway(
		{
			helper: new URL('http://127.0.0.1:9'),
			siteKeys: [],
			listeners: [
				listen('imap', 'imap', 'clear'),
				listen('imaps', 'imap', 'tls'),
				listen('smtp', 'smtp', 'clear'),
			],
			secureContext: createSecureContext({ cert, key }),
			longNumbersOnly: false,
			resolvesPerSecond: 0,
			...{ maxConnections: 1_000, loginLimitMs: 120_000, metrics: undefined, ...limits },
		},
		{ log: createLog({ level: 'error' }), metrics: createGatewayMetrics({ withProcess: false }) },
	);
	return gateway;
}

afterEach(async () => {
	for (const drip of drips.splice(0)) clearInterval(drip);
	for (const { socket } of clients.splice(0)) socket.destroy();
	await gateway?.stop(0);
});

function open(name: string, from = ATTACKER): LoopbackClient {
	const client = openClient(gateway!.ports[name]!, from);
	clients.push(client);
	return client;
}

/** A byte now and then, so that nobody could call it inactive; also when the gateway has ended its side. */
function openDripping(name: string, from?: string, first = ''): LoopbackClient {
	const client = open(name, from);
	client.send(first);
	drips.push(setInterval(() => client.send('x'), DRIP_MS));
	return client;
}

const stillOpen = (all: readonly LoopbackClient[]) =>
	all.filter((client) => !client.isClosed()).length;

function untilClosed(all: readonly LoopbackClient[], timeout: number): Promise<void> {
	const figures = `still open after ${timeout} ms of ${all.length}`;
	return expect.poll(() => stillOpen(all), { timeout, message: figures }).toBe(0);
}

describe('a client that sends a byte now and then', () => {
	test('has until the deadline to log in, in clear, in SMTP and in the middle of a handshake', async () => {
		await start({ loginLimitMs: 1_000 });
		const all = ['imap', 'smtp', 'imaps'].map((name) => openDripping(name));
		await untilClosed(all, 1_000 + GOODBYE_MS + 1_000);
		const dripped = all.map(({ socket }) => socket.bytesWritten);
		expect(Math.min(...dripped), `${dripped.join(', ')} bytes`).toBeGreaterThanOrEqual(2);
	});

	test('keeps no place after LOGOUT', async () => {
		await start({});
		const all = [
			openDripping('imap', ATTACKER, 'a LOGOUT\r\n'),
			openDripping('smtp', ATTACKER, 'QUIT\r\n'),
		];
		await untilClosed(all, GOODBYE_MS + 1_000);
	});

	test('keeps no place beyond the maximum', async () => {
		await start({ maxConnections: 5 });
		const placed = Array.from({ length: 5 }, () => open('imap'));
		for (const client of placed) await client.until(/OK/, 2_000);
		const beyond = Array.from({ length: 50 }, () => openDripping('imap'));
		await untilClosed(beyond, 3_000);
		expect(stillOpen(placed)).toBe(5);
	});

	test('does not hold up a shutdown, whatever it was doing', async () => {
		const { stop } = await start({ maxConnections: 5 });
		const all = [
			openDripping('imap', ATTACKER, 'a LOGOUT\r\n'),
			openDripping('smtp'),
			openDripping('imaps'),
		];
		await all[0]?.until(/OK LOGOUT/, 2_000);
		all.push(...Array.from({ length: 10 }, () => openDripping('imap')));
		await expect.poll(() => all.every(({ socket }) => socket.bytesWritten > 0)).toBe(true);
		let isStopped = false;
		const stopped = stop(1_000).then(() => (isStopped = true));
		await expect.poll(() => isStopped, { timeout: 2_000 }).toBe(true);
		await stopped;
		await untilClosed(all, 2_000);
	});
});

describe('silent connections from one address', () => {
	test('that take all places make room for other addresses', async () => {
		await start({ maxConnections: 20 });
		const silent = Array.from({ length: 20 }, () => open('imap'));
		for (const client of silent) await client.until(/OK/, 2_000);
		const others = Array.from({ length: 5 }, () => open('imap', OTHER));
		for (const client of others) await client.until(/\n/, 2_000);
		const taken = others.filter((client) => client.heard().startsWith('* OK')).length;
		expect(taken, `${taken} of 5 from another address were taken`).toBe(5);
		const ended = () => silent.map((client) => client.isEnded());
		await expect.poll(ended).toEqual(silent.map((_, index) => index < 5));
		expect(others.filter((client) => client.isEnded())).toEqual([]);
		expect(silent[0]?.heard()).toContain('* BYE [UNAVAILABLE]');
	});
});
