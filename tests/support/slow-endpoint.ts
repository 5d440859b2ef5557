// A token endpoint that takes a while for each refresh, and says nothing but new tokens.

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export type SlowEndpoint = {
	/** For `MICROSOFT_AUTHORITY`. */
	base: string;
	answered(): number;
	stop(): void;
};

export async function startSlowEndpoint(
	delayMs: number,
	length: { access: number; refresh: number },
): Promise<SlowEndpoint> {
	let answered = 0;
	const server = createServer((request, response) => {
		request.resume();
		setTimeout(() => {
			answered += 1;
			response.setHeader('content-type', 'application/json');
			response.end(
				JSON.stringify({
					token_type: 'Bearer',
					expires_in: 3600,
					access_token: 'a'.repeat(length.access),
					refresh_token: 'r'.repeat(length.refresh),
				}),
			);
		}, delayMs);
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	return {
		base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		answered: () => answered,
		stop() {
			server.close();
			server.closeAllConnections();
		},
	};
}
