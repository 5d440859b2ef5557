// How the gateway asks the helper: over one connection, once more when that was closed meanwhile, and never elsewhere.

import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createPostJson, type PostJson } from '../../src/gateway/post-json.ts';

let server: Server | undefined;
afterEach(() => {
	server?.closeAllConnections();
	server?.close();
});

async function serve(answer: RequestListener, limitMs = 5_000) {
	const sockets: Socket[] = [];
	server = createServer(answer).on('connection', (socket: Socket) => sockets.push(socket));
	await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
	const { port } = server.address() as AddressInfo;
	const post: PostJson = createPostJson(new URL(`http://127.0.0.1:${port}/x`), limitMs);
	return { post: () => post({ authorization: 'Bearer key' }, { identifier: 'i' }), sockets };
}

test('a hundred questions need one connection', async () => {
	const { post, sockets } = await serve((_, response) => response.end('{"a":1}'));
	for (let count = 0; count < 100; count += 1) {
		expect(await post()).toEqual({ status: 200, body: { a: 1 } });
	}
	expect(sockets).toHaveLength(1);
});

test('a connection that was closed the moment it was used again is no failure', async () => {
	const used = new Set<Socket>();
	const { post, sockets } = await serve(({ socket }, response) => {
		if (used.has(socket)) return void socket.resetAndDestroy();
		used.add(socket);
		response.end('{"a":1}');
	});
	for (let count = 0; count < 3; count += 1) expect((await post()).status).toBe(200);
	expect(sockets).toHaveLength(3);
});

test('a redirect is told as it is and not followed', async () => {
	const asked: (string | undefined)[] = [];
	const { post } = await serve(({ url }, response) => {
		asked.push(url);
		response.writeHead(307, { location: '/elsewhere' }).end('{}');
	});
	expect(await post()).toEqual({ status: 307, body: {} });
	expect(asked).toEqual(['/x']);
});

test.each<[string, RequestListener, object]>([
	['that never comes', () => undefined, { code: 'ETIMEDOUT' }],
	['that never ends', (_, response) => void response.write('{"a":'), { code: 'ETIMEDOUT' }],
	[
		'that is endless',
		(_, response) => void response.end('x'.repeat(1_100_000)),
		{ code: 'TOO_LONG' },
	],
	['that is no JSON', (_, response) => void response.end('<html>'), { name: 'SyntaxError' }],
	['that breaks off', ({ socket }) => void socket.resetAndDestroy(), { code: 'ECONNRESET' }],
])('an answer %s fails', async (_, answer, fault) => {
	const { post } = await serve(answer, 500);
	await expect(post()).rejects.toMatchObject(fault);
});
