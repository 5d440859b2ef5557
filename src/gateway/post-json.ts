// One POST of JSON over a connection that stays open for the next. By `node:http`, as `fetch` costs a login several
// times as much of the processor.

import { Agent as HttpAgent, request as requestInClear, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as requestInTls } from 'node:https';

export type JsonAnswer = { status: number; body: unknown };

export type PostJson = (headers: Record<string, string>, body: unknown) => Promise<JsonAnswer>;

/** An answer of the helper's is a few thousand characters. */
const MAX_BODY_LENGTH = 1_000_000;

/** Throws what the network threw, `ETIMEDOUT` when all of it took longer than `limitMs`, and for what is no JSON. */
export function createPostJson(url: URL, limitMs: number): PostJson {
	const isInTls = url.protocol === 'https:';
	const agent = isInTls ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
	const request = isInTls ? requestInTls : requestInClear;

	function send(headers: Record<string, string>, text: string, isRepeat: boolean) {
		return new Promise<JsonAnswer>((resolve, reject) => {
			const sent = request(url, {
				agent,
				method: 'POST',
				headers: {
					...headers,
					'content-type': 'application/json',
					'content-length': String(Buffer.byteLength(text)),
				},
			});
			const timer = setTimeout(() => sent.destroy(coded('ETIMEDOUT')), limitMs);
			sent.once('close', () => clearTimeout(timer));
			sent.once('response', (response) => void readJson(response).then(resolve, reject));
			sent.on('error', (error) => {
				// The helper may close a quiet connection at the moment at which it is used again.
				if (!sent.reusedSocket || isRepeat || !wasReset(error)) return reject(error);
				send(headers, text, true).then(resolve, reject);
			});
			sent.end(text);
		});
	}

	return (headers, body) => send(headers, JSON.stringify(body), false);
}

async function readJson(response: IncomingMessage): Promise<JsonAnswer> {
	let text = '';
	for await (const chunk of response.setEncoding('utf8')) {
		text += String(chunk);
		if (text.length > MAX_BODY_LENGTH) throw coded('TOO_LONG');
	}
	const body: unknown = JSON.parse(text);
	return { status: response.statusCode ?? 0, body };
}

function wasReset(error: Error): boolean {
	return 'code' in error && error.code === 'ECONNRESET';
}

function coded(code: string): Error {
	return Object.assign(new Error(code), { code });
}
