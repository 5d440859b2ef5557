// The body of a request to the site API: a JSON object, or the answer to what is none.

import type { IncomingMessage } from 'node:http';
import { parseJsonObject } from '../lib/domain/json-object.ts';
import { readText } from './read-text.ts';
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
	const text = await readText(request, MAX_BODY_BYTES);
	if (text === undefined) return { kind: 'too_large' };
	const value = parseJsonObject(text);
	return value === undefined ? { kind: 'not_json' } : { kind: 'object', value };
}
