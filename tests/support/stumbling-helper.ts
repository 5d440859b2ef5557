// In front of a helper: a proxy as it is while things go wrong. The first request meets its error page, the second no
// answer at all, and each token that is not asked for with a long life is one that the mail servers refuse.

import { createServer, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export type StumblingHelper = {
	origin: string;
	/** The `min_ttl` of each request. */
	asked: readonly number[];
	stop(): void;
};

export async function startStumblingHelper(helper: string): Promise<StumblingHelper> {
	const asked: number[] = [];
	const server = createServer((request, response) => {
		answer().catch(() => response.destroy());

		async function answer(): Promise<void> {
			const body = await text(request);
			const { min_ttl: minTtl } = JSON.parse(body) as { min_ttl: number };
			asked.push(minTtl);
			if (asked.length === 1) return sendErrorPage(response);
			if (asked.length === 2) return void response.destroy();
			const { authorization = '', 'content-type': type = '' } = request.headers;
			const headers = { authorization, 'content-type': type };
			const answered = await fetch(new URL(request.url ?? '', helper), {
				method: 'POST',
				headers,
				body,
			});
			// Mono looks for names in a certificate, and for no addresses.
			const whole = (await answered.text()).replaceAll('"127.0.0.1"', '"localhost"');
			response.writeHead(answered.status, { 'content-type': 'application/json' });
			response.end(minTtl < 3000 ? refusedTokens(whole) : whole);
		}
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	return {
		origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		asked,
		stop() {
			server.closeAllConnections();
			server.close();
		},
	};
}

function sendErrorPage(response: ServerResponse): void {
	response.writeHead(502, { 'content-type': 'text/html', 'retry-after': '1' });
	response.end('<html><h1>502 Bad Gateway</h1></html>');
}

function refusedTokens(answer: string): string {
	const xoauth2 = Buffer.from('user=nobody@mycompany.com\x01auth=Bearer x\x01\x01').toString(
		'base64',
	);
	return answer
		.replace(/"access_token":"[^"]*"/, '"access_token":"x"')
		.replace(/"xoauth2":"[^"]*"/g, `"xoauth2":"${xoauth2}"`);
}
