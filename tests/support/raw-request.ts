// One HTTP request exactly as it is written here: `fetch` would not let a test choose Host, Origin and the rest.

import { request, type IncomingHttpHeaders } from 'node:http';

export type RawRequest = {
	method?: string;
	path: string;
	headers?: Record<string, string | string[]>;
	body?: string | Buffer;
};

export type RawAnswer = { status: number; headers: IncomingHttpHeaders; text: string };

export async function rawRequest(port: number, sent: RawRequest): Promise<RawAnswer> {
	const { method = 'GET', path, headers = {}, body } = sent;
	return new Promise((resolve, reject) => {
		const outgoing = request({ host: '127.0.0.1', port, method, path, headers, agent: false });
		outgoing.once('error', reject);
		outgoing.once('response', (answer) => {
			const chunks: Buffer[] = [];
			answer.on('data', (chunk: Buffer) => chunks.push(chunk));
			answer.once('error', reject);
			answer.once('end', () =>
				resolve({
					status: answer.statusCode ?? 0,
					headers: answer.headers,
					text: Buffer.concat(chunks).toString(),
				}),
			);
		});
		outgoing.end(body);
	});
}
