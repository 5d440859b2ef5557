// What is no request in time is answered, and its connection is over, whatever its client goes on to send.

import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { answerMalformed } from '../../src/http/malformed-request.ts';

const LINGER_MS = 200;
/** As often the client sends another byte. */
const BYTE_EVERY_MS = 20;

let server: Server;
let client: Socket;
afterEach(async () => {
	client.destroy();
	server.closeAllConnections();
	server.close();
	await once(server, 'close');
});

const HEAD = 'POST / HTTP/1.1\r\nHost: localhost\r\n';

test.each([
	['in its headers', `${HEAD}A: `],
	['in its body', `${HEAD}Content-Length: 1000\r\n\r\n`],
	['before its request line', '\r\n'],
	['in what is no HTTP at all', 'no request\r\n'],
])(
	'a client that goes on with a byte now and then, %s, is cut off',
	async (_where, begun) => {
		server = createServer({
			headersTimeout: 100,
			requestTimeout: 100,
			connectionsCheckingInterval: 20,
		});
		server.on('clientError', answerMalformed([], LINGER_MS));
		server.listen(0, '127.0.0.1');
		await once(server, 'listening');
		const { port } = server.address() as AddressInfo;
		client = connect({ port, host: '127.0.0.1', allowHalfOpen: true }).setEncoding('utf8');
		client.on('error', () => undefined);
		let answer = '';
		client.on('data', (chunk) => (answer += String(chunk))).write(begun);
		const bytes = setInterval(() => client.write(begun === '\r\n' ? begun : 'a'), BYTE_EVERY_MS);
		await new Promise((resolve) => client.once('close', resolve)).finally(() =>
			clearInterval(bytes),
		);
		expect(answer).toMatch(/^HTTP\/1\.1 40[08] /);
	},
	5_000,
);
