// The body of a request as text, up to a limit.

import type { IncomingMessage } from 'node:http';

/** Undefined when it is too large. By events: iterating over the request costs a tenth of a resolve. */
export function readText(request: IncomingMessage, maxBytes: number): Promise<string | undefined> {
	return new Promise((resolve) => {
		const chunks: Buffer[] = [];
		let length = 0;
		request.on('data', (chunk: Buffer) => {
			length += chunk.length;
			if (length <= maxBytes) chunks.push(chunk);
			else resolve(undefined);
		});
		request.once('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
		// A client that broke off reads no answer.
		request.once('error', () => resolve(''));
	});
}
