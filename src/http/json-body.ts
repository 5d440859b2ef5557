// The body of a request to the site API: a JSON object, or the answer to what is none.

import type { IncomingMessage } from 'node:http';
import { parseJsonObject } from '../lib/domain/json-object.ts';
import { fault, type Answer } from './site-api-route.ts';

/** `holding` is what the object is to hold, for the answer. */
export async function readBody(
	request: IncomingMessage,
	holding: string,
): Promise<{ value: Record<string, unknown> } | { answer: Answer }> {
	const body = await readJsonObject(request);
	if (body.kind === 'object') return body;
	if (body.kind === 'too_large') {
		return { answer: fault(413, 'too_large', 'The request is too large.') };
	}
	const message = `The body must be a JSON object ${holding}.`;
	return { answer: fault(400, 'invalid_request', message) };
}

type Body =
	{ kind: 'object'; value: Record<string, unknown> } | { kind: 'not_json' } | { kind: 'too_large' };

/** An identifier is a few hundred characters at most. */
const MAX_BODY_BYTES = 16_384;

async function readJsonObject(request: IncomingMessage): Promise<Body> {
	const [type = ''] = (request.headers['content-type'] ?? '').split(';');
	if (type.trim().toLowerCase() !== 'application/json') return { kind: 'not_json' };
	const text = await readText(request);
	if (text === undefined) return { kind: 'too_large' };
	const value = parseJsonObject(text);
	return value === undefined ? { kind: 'not_json' } : { kind: 'object', value };
}

/** Undefined when it is too large. By events: iterating over the request costs a tenth of a resolve. */
function readText(request: IncomingMessage): Promise<string | undefined> {
	return new Promise((resolve) => {
		const chunks: Buffer[] = [];
		let length = 0;
		request.on('data', (chunk: Buffer) => {
			length += chunk.length;
			if (length <= MAX_BODY_BYTES) chunks.push(chunk);
			else resolve(undefined);
		});
		request.once('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
		// A client that broke off reads no answer.
		request.once('error', () => resolve(''));
	});
}
