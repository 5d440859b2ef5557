// Webhooks: where they may go, how they are signed, and what one post comes to.

import { createServer, type RequestListener, type Server } from 'node:http';
import type { lookup } from 'node:dns';
import { afterEach, describe, expect, test } from 'vitest';
import { verifyWebhook } from '../../src/client/webhooks.ts';
import { formatWebhookSecret, signWebhook } from '../../src/lib/server/webhooks/sign-webhook.ts';
import { isPublicAddress } from '../../src/lib/server/webhooks/is-public-address.ts';
import { createWebhookClient } from '../../src/lib/server/webhooks/webhook-client.ts';
import { parseWebhookUrl } from '../../src/lib/server/webhooks/webhook-url.ts';
import { nextTryMs } from '../../src/lib/server/events/delivery-schedule.ts';

describe('an address', () => {
	test.each(['8.8.8.8', '93.184.215.14', '2606:4700::1111', '2a00:1450::5', '::ffff:8.8.8.8'])(
		'%s is public',
		(address) => expect(isPublicAddress(address)).toBe(true),
	);

	test.each([
		...['127.0.0.1', '127.9.9.9', '0.0.0.0', '0.1.2.3', '10.0.0.1', '172.16.0.1', '192.168.1.1'],
		...['169.254.169.254', '100.64.0.1', '100.127.255.255', '192.0.0.8', '192.0.2.1'],
		...['198.18.0.1', '198.51.100.1', '203.0.113.1', '224.0.0.1', '240.0.0.1', '255.255.255.255'],
		...['::', '::1', '::ffff:127.0.0.1', '::ffff:10.0.0.1', '::ffff:7f00:1', '::ffff:a9fe:a9fe'],
		...['64:ff9b::7f00:1', '64:ff9b::808:808', '64:ff9b:1::1', '2002:7f00:1::', '2001::1'],
		...['::7f00:1', '::ffff:0:127.0.0.1', 'fc00::1', 'fd00::1', 'fe80::1', 'fe80::1%lo', 'fec0::1'],
		...['ff02::1', '2001:db8::1', '3fff::1', '100::1', '5f00::1', '', 'localhost', '0x7f.1'],
	])('%s is not', (address) => expect(isPublicAddress(address)).toBe(false));
});

const live = { privateHosts: ['hooks.internal.example', '10.1.2.3'], loopback: 'refused' } as const;
const practice = { privateHosts: [], loopback: 'allowed' } as const;

describe('the URL of a webhook', () => {
	test.each([
		['https://hooks.example.com/mailkey?a=1', live],
		['https://hooks.internal.example:8443/', live],
		['https://10.1.2.3/', live],
		['http://localhost:4000/', practice],
		['http://127.0.0.1:4000/', practice],
		['https://hooks.example.com/', practice],
	])('%s is taken', (text, bounds) => {
		expect(parseWebhookUrl(text, bounds)).toEqual({ url: new URL(text).href });
	});

	test.each([
		['http://hooks.example.com/', live],
		['http://hooks.internal.example/', live],
		['http://localhost:4000/', live],
		['https://127.0.0.1/', live],
		['https://0x7f.1/', live],
		['https://2130706433/', live],
		['https://[::ffff:7f00:1]/', live],
		['https://[64:ff9b::7f00:1]/', live],
		['https://10.1.2.4/', live],
		['https://user:secret@hooks.example.com/', live],
		['https://hooks.example.com/#part', live],
		['ftp://hooks.example.com/', live],
		['hooks.example.com', live],
		['http://hooks.example.com/', practice],
		['https://10.1.2.3/', practice],
	])('%s is refused', (text, bounds) => {
		expect(parseWebhookUrl(text, bounds)).toHaveProperty('fault');
	});
});

test('the client library takes what is signed, with any of the secrets that sign', () => {
	const secrets = [1, 2].map((byte) => formatWebhookSecret(Buffer.alloc(32, byte)));
	const at = new Date();
	const body = JSON.stringify({ type: 'webhook.test', timestamp: at.toISOString(), data: {} });
	const headers = signWebhook(secrets, { id: '17', at, body });
	for (const secret of secrets) {
		expect(verifyWebhook(secret, headers, body)).toMatchObject({ id: '17', type: 'webhook.test' });
	}
	const other = formatWebhookSecret(Buffer.alloc(32, 3));
	expect(() => verifyWebhook(other, headers, body)).toThrow(/not signed/);
});

test('the tries are those that the specification recommends, within three days', () => {
	const waits = Array.from({ length: 10 }, (_, tries) => nextTryMs({ random: () => 0 }, tries));
	const hours = waits.map((wait) => wait && wait / 3_600_000);
	expect(hours).toEqual([5 / 3600, 5 / 60, 0.5, 2, 5, 10, 14, 20, 20, undefined]);
});

describe('a post', () => {
	const servers: Server[] = [];
	const clients: { close(): void }[] = [];
	afterEach(() => {
		clients.splice(0).forEach((client) => client.close());
		for (const server of servers.splice(0)) {
			server.closeAllConnections();
			server.close();
		}
	});

	async function receive(
		listener: RequestListener,
	): Promise<{ port: number; connections: () => number }> {
		const server = createServer(listener);
		servers.push(server);
		let count = 0;
		server.on('connection', () => (count += 1));
		await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
		const address = server.address();
		return {
			port: typeof address === 'object' && address ? address.port : 0,
			connections: () => count,
		};
	}

	function open(options: Partial<Parameters<typeof createWebhookClient>[0]> = {}) {
		const client = createWebhookClient({ ...practice, timeLimitMs: 300, ...options });
		clients.push(client);
		return client;
	}

	test('tells the status, and holds up nothing for the answer’s body', async () => {
		const { port } = await receive((request, response) => {
			request.resume();
			// A body without an end.
			response.writeHead(200);
			response.write('x');
		});
		expect(await open().post(`http://127.0.0.1:${port}/`, {}, '{}')).toEqual({
			kind: 'answered',
			status: 200,
		});
	});

	test('follows no redirect', async () => {
		const { port, connections } = await receive((_request, response) => {
			response.writeHead(302, { location: `http://127.0.0.1:${port}/elsewhere` }).end();
		});
		expect(await open().post(`http://127.0.0.1:${port}/`, {}, '{}')).toEqual({
			kind: 'answered',
			status: 302,
		});
		expect(connections()).toBe(1);
	});

	test('ends at its time limit: no answer, or one that trickles', async () => {
		const { port } = await receive(() => undefined);
		expect(await open().post(`http://127.0.0.1:${port}/`, {}, '{}')).toEqual({
			kind: 'failed',
			code: 'TIMED_OUT',
		});
	});

	test('fails where nothing listens', async () => {
		const { port } = await receive(() => undefined);
		servers.splice(0).forEach((server) => server.close());
		expect(await open().post(`http://127.0.0.1:${port}/`, {}, '{}')).toMatchObject({
			kind: 'failed',
			code: 'ECONNREFUSED',
		});
	});

	test.each([
		['127.0.0.1'],
		['::ffff:127.0.0.1'],
		['100.64.0.1'],
		['64:ff9b::7f00:1'],
		['93.184.215.14', '127.0.0.1'],
	])('goes nowhere when its name leads to %s', async (...addresses) => {
		const { port, connections } = await receive((_request, response) => response.end());
		let looked = 0;
		const lookUp = ((_name, _options, callback: (...answer: unknown[]) => void) => {
			looked += 1;
			callback(
				null,
				addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
			);
		}) as typeof lookup;
		const client = open({ ...live, privateHosts: [], lookUp });
		expect(await client.post(`https://hooks.invalid:${port}/`, {}, '{}')).toEqual({
			kind: 'failed',
			code: 'ADDRESS_REFUSED',
		});
		expect({ looked, connections: connections() }).toEqual({ looked: 1, connections: 0 });
	});

	test('connects to the address that was looked at: a second look-up would lead elsewhere', async () => {
		const { port, connections } = await receive((_request, response) => response.end());
		const answers = ['127.0.0.99', '127.0.0.1'];
		const seen: string[] = [];
		const lookUp = ((_name, _options, callback: (...answer: unknown[]) => void) => {
			const address = answers[Math.min(seen.length, 1)]!;
			seen.push(address);
			callback(null, [{ address, family: 4 }]);
		}) as typeof lookup;
		// Allowed by its name, so that the first address is connected to: nothing is there, and it is not asked again.
		const client = open({ privateHosts: ['hooks.invalid'], loopback: 'refused', lookUp });
		const result = await client.post(`https://hooks.invalid:${port}/`, {}, '{}');
		expect(result.kind).toBe('failed');
		expect({ seen, connections: connections() }).toEqual({ seen: ['127.0.0.99'], connections: 0 });
	});

	test.each(['https://127.0.0.1', 'https://[::1]', 'https://[::ffff:7f00:1]', 'http://8.8.8.8'])(
		'is not made to %s by a real helper, whatever is in the database',
		async (url) => {
			expect(await open(live).post(`${url}/`, {}, '{}')).toMatchObject({ kind: 'failed' });
		},
	);
});
