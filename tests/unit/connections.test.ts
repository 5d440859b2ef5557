// What one client can hold of the server, at bounds that are short enough to wait for.

import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import {
	boundConnections,
	boundsFor,
	CONNECTION_BOUNDS,
	type ConnectionBounds,
	type Connections,
} from '../../src/http/connections.ts';

/** More than the system takes over for a client that does not read. */
const LARGE = Buffer.alloc(16 * 1024 * 1024);
const REQUEST = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n';

let server: Server;
const sockets: Socket[] = [];
afterEach(async () => {
	for (const socket of sockets.splice(0)) socket.destroy();
	server.closeAllConnections();
	server.close();
	await once(server, 'close');
});

async function start(
	bounds: Partial<ConnectionBounds>,
	handler: RequestListener,
): Promise<Connections> {
	server = createServer();
	const connections = boundConnections(server, { ...CONNECTION_BOUNDS, ...bounds });
	server.on('request', (request, response) => {
		if (connections.admit(request, response)) handler(request, response);
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	return connections;
}

function open(from = '127.0.0.1'): Socket {
	const { port } = server.address() as AddressInfo;
	const socket = connect({ port, host: '127.0.0.1', localAddress: from });
	socket.on('error', () => undefined);
	sockets.push(socket);
	return socket;
}

/** `once` of node:events would reject where the connection is reset. */
function untilClosed(socket: Socket): Promise<void> {
	return new Promise((resolve) => socket.once('close', () => resolve()));
}

async function connectionCount(): Promise<number> {
	return new Promise((resolve, reject) => {
		server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
	});
}

describe('an answer', () => {
	test('that a client does not read is cut off', async () => {
		await start({ stalledMs: 200 }, (_request, response) => response.end(LARGE));
		const socket = open().pause();
		socket.write(REQUEST);
		await once(server, 'request');
		await expect.poll(connectionCount, { timeout: 5_000 }).toBe(0);
	});

	test('that is read slowly is not: it makes progress', async () => {
		await start({ stalledMs: 600 }, (_request, response) => response.end(LARGE));
		const socket = open();
		const idle = open();
		let received = 0;
		let receivedBeforeItWasCut = 0;
		socket.on('data', (chunk: Buffer) => {
			received += chunk.length;
			socket.pause();
			setTimeout(() => socket.resume(), 5);
		});
		// Its own bound is the same: the answer is read for longer than it may stand still.
		idle.resume().once('close', () => (receivedBeforeItWasCut = received));
		socket.write(REQUEST);
		await expect.poll(() => received, { timeout: 20_000 }).toBeGreaterThan(LARGE.length);
		expect(receivedBeforeItWasCut).toBeGreaterThan(0);
		expect(receivedBeforeItWasCut).toBeLessThan(LARGE.length);
	}, 30_000);

	test('that takes too long as a whole is cut off, however steadily it is read', async () => {
		await start({ wholeAnswerMs: 300 }, (_request, response) => response.end(LARGE));
		const socket = open();
		let received = 0;
		socket.on('data', (chunk: Buffer) => {
			received += chunk.length;
			socket.pause();
			setTimeout(() => socket.resume(), 50);
		});
		socket.write(REQUEST);
		await untilClosed(socket);
		expect(received).toBeLessThan(LARGE.length);
	});

	test('that is still being made is waited for', async () => {
		await start({ stalledMs: 100 }, (_request, response) => {
			setTimeout(() => response.end('made'), 500);
		});
		const socket = open().setEncoding('utf8');
		socket.write(REQUEST);
		const [answer] = (await once(socket, 'data')) as [string];
		expect(answer).toMatch(/made$/);
	});

	test('whose connection is gone is told so, also when it was queued behind another', async () => {
		let closed = 0;
		const connections = await start({}, (_request, response) => {
			response.once('close', () => (closed += 1));
			response.write('begun');
		});
		const socket = open();
		socket.write(REQUEST.repeat(3));
		await once(socket, 'data');
		socket.resetAndDestroy();
		await expect.poll(() => closed).toBe(3);
		const idle = connections.idle(60_000).then(() => 'idle');
		expect(await Promise.race([idle, sleep(5_000, 'busy', { ref: false })])).toBe('idle');
	});
});

test('a connection that asks for more than it may wait for is cut off, and the rest not answered', async () => {
	let asked = 0;
	await start({ pipelined: 3 }, () => (asked += 1));
	const socket = open();
	socket.write(REQUEST.repeat(20));
	await untilClosed(socket);
	expect(asked).toBe(3);
});

describe('one address', () => {
	const answer: RequestListener = (_request, response) => response.end('ok');

	async function isAnswered(socket: Socket): Promise<boolean> {
		socket.write(REQUEST);
		return Promise.race([
			once(socket, 'data').then(() => true),
			untilClosed(socket).then(() => false),
		]);
	}

	test('has so many connections and no more, until one of them ends', async () => {
		await start({ perAddress: 2 }, answer);
		const first = open();
		expect(await isAnswered(first)).toBe(true);
		expect(await isAnswered(open())).toBe(true);
		expect(await isAnswered(open())).toBe(false);
		first.destroy();
		await expect.poll(() => isAnswered(open())).toBe(true);
	});

	// Elsewhere the loopback network has one address.
	test.runIf(process.platform === 'linux')('takes nothing from another', async () => {
		await start({ perAddress: 1 }, answer);
		expect(await isAnswered(open('127.0.0.2'))).toBe(true);
		expect(await isAnswered(open('127.0.0.2'))).toBe(false);
		expect(await isAnswered(open('127.0.0.3'))).toBe(true);
	});

	test('is not bounded by 0', async () => {
		await start({ perAddress: 0 }, answer);
		for (let count = 0; count < 5; count += 1) expect(await isAnswered(open())).toBe(true);
	});
});

test.each([
	{ limits: { address: 60 }, trustedProxies: 0, perAddress: CONNECTION_BOUNDS.perAddress },
	{ limits: { address: 0 }, trustedProxies: 0, perAddress: 0 },
	{ limits: { address: 60 }, trustedProxies: 1, perAddress: 0 },
])(
	'with $limits and $trustedProxies proxies one address has $perAddress connections',
	(settings) => {
		expect(boundsFor(settings).perAddress).toBe(settings.perAddress);
	},
);

describe('a connection between two requests', () => {
	test('is kept longer than proxies keep theirs, and says so', async () => {
		await start({}, (_request, response) => response.end());
		const socket = open().setEncoding('utf8');
		socket.write(REQUEST);
		const [answer] = (await once(socket, 'data')) as [string];
		expect(Number(/^Keep-Alive: timeout=(\d+)\r$/m.exec(answer)?.[1])).toBeGreaterThan(60);
	});

	test('is closed when it was idle for too long', async () => {
		await start({ keepAliveMs: 100, stalledMs: 50 }, (_request, response) => response.end());
		const socket = open().resume();
		socket.write(REQUEST);
		await untilClosed(socket);
	});
});
