// A port that nobody listens on, outside the range from which the system takes one for whoever asks for any:
// between the look and the use, only somebody who looks for a port by chance as we do could take it.

import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

const LOWEST = 10_000;
/** Linux's own range begins after it. */
const HIGHEST = 32_767;

export async function findFreePort(): Promise<number> {
	for (let round = 0; round < 100; round += 1) {
		const port = randomInt(LOWEST, HIGHEST + 1);
		const server = createServer().listen(port, '127.0.0.1');
		const isFree = await once(server, 'listening').then(
			() => true,
			() => false,
		);
		if (!isFree) continue;
		server.close();
		await once(server, 'close');
		return port;
	}
	throw new Error(`no port from ${LOWEST} to ${HIGHEST} is free`);
}
