// A reverse proxy that buffers nothing: what its client aborts, it aborts. It reuses its connections to the server, as
// nginx and HAProxy do.

import { once } from 'node:events';
import { Agent, createServer, request as ask } from 'node:http';
import type { AddressInfo } from 'node:net';

export type StreamingProxy = { port: number; stop(): Promise<void> };

export async function startStreamingProxy(serverPort: number): Promise<StreamingProxy> {
	const agent = new Agent({ keepAlive: true, maxFreeSockets: 4 });
	const server = createServer((incoming, outgoing) => {
		const { method, url: path, headers } = incoming;
		const to = { host: '127.0.0.1', port: serverPort, agent, method, path, headers };
		const passedOn = ask(to, (answer) => {
			outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
			answer.pipe(outgoing);
		});
		passedOn.on('error', () => outgoing.destroy());
		incoming.socket.once('close', () => passedOn.destroy());
		incoming.pipe(passedOn);
	});
	// Ten listeners for the ten requests that a client sends ahead are no leak.
	server.on('connection', (socket) => socket.setMaxListeners(0));
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	return {
		port: (server.address() as AddressInfo).port,
		async stop() {
			agent.destroy();
			server.closeAllConnections();
			server.close();
			await once(server, 'close');
		},
	};
}
