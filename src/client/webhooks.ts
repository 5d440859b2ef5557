// Verifies that a webhook comes from the helper and is new: Standard Webhooks, symmetric signatures
// (standardwebhooks.com). Hand over the body as it came: a JSON text that was parsed and written again is another text.

import { createHmac, timingSafeEqual } from 'node:crypto';
import { parseFields, textOf } from './answer.ts';

/** `id` tells repeats apart: an event may come more than once. */
export type WebhookEvent = {
	id: string;
	type: string;
	timestamp: string;
	data: Record<string, unknown>;
};

export class WebhookError extends Error {
	/** `bad_secret` is a fault of the set-up, the others are of what was sent. */
	readonly reason: 'malformed' | 'wrong_signature' | 'too_old' | 'bad_secret';

	constructor(reason: WebhookError['reason'], message: string) {
		super(message);
		this.name = 'WebhookError';
		this.reason = reason;
	}
}

/** As `node:http` and web frameworks have them, or the `Headers` of a `Request`. */
export type WebhookHeaders =
	Readonly<Record<string, string | string[] | undefined>> | { get(name: string): string | null };

/** The specification's advice: replays end after it, clocks may differ by it. */
const TOLERANCE_SECONDS = 300;

/** The specification's: what is shorter can be guessed, and an empty one signs whatever anybody sends. */
const MIN_SECRET_BYTES = 24;
const MAX_SECRET_BYTES = 64;

/** `secrets`: `whsec_…`, and while a new one is being brought in, both. Throws `WebhookError`. */
export function verifyWebhook(
	secrets: string | readonly string[],
	headers: WebhookHeaders,
	body: string | Uint8Array | ArrayBuffer,
	{ now = Date.now }: { now?: () => number } = {},
): WebhookEvent {
	const keys = parseSecrets(secrets);
	const content = parseBody(body);
	const header = headersOf(headers);
	const [id, timestamp] = [header('webhook-id'), header('webhook-timestamp')];
	if (id === '' || !/^\d{1,12}$/.test(timestamp)) {
		throw new WebhookError('malformed', 'The webhook has no webhook-id or webhook-timestamp.');
	}
	const signed = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), content]);
	const given = header('webhook-signature').split(' ');
	const expected = keys.map((key) => signatureOf(key, signed));
	if (!given.some((signature) => expected.some((ours) => isSame(signature, ours)))) {
		throw new WebhookError('wrong_signature', 'The webhook is not signed with this secret.');
	}
	if (Math.abs(now() / 1000 - Number(timestamp)) > TOLERANCE_SECONDS) {
		throw new WebhookError('too_old', 'The webhook is too old, or from the future.');
	}
	return readEvent(id, content.toString());
}

function parseSecrets(secrets: unknown): Buffer[] {
	const given: unknown[] = Array.isArray(secrets) ? secrets : [secrets];
	if (given.length > 0) return given.map(parseSecret);
	throw badSecret();
}

function parseSecret(secret: unknown): Buffer {
	const [, text = ''] =
		/^(?:whsec_)?([A-Za-z0-9+/]+={0,2})$/.exec(textOf(secret)?.trim() ?? '') ?? [];
	const key = Buffer.from(text, 'base64');
	if (key.length >= MIN_SECRET_BYTES && key.length <= MAX_SECRET_BYTES) return key;
	throw badSecret();
}

/** Nothing of what was given: it may be most of a secret. */
function badSecret(): WebhookError {
	return new WebhookError(
		'bad_secret',
		'The webhook secret is missing or cut off: it is whsec_ and 24 to 64 bytes in base64, as the operator got it.',
	);
}

function parseBody(body: unknown): Buffer {
	if (typeof body === 'string') return Buffer.from(body);
	if (body instanceof Uint8Array) return Buffer.from(body);
	if (body instanceof ArrayBuffer) return Buffer.from(body);
	throw new WebhookError(
		'malformed',
		'The webhook’s body must be given as it came, as text or bytes: what was parsed cannot be verified.',
	);
}

/** Whatever the case of their names. */
function headersOf(headers: unknown): (name: string) => string {
	const fields = parseFields(headers);
	const { get } = fields;
	if (typeof get === 'function') return (name) => textOf(get.call(headers, name)) ?? '';
	const byName = new Map(Object.entries(fields).map(([key, value]) => [key.toLowerCase(), value]));
	return (name) => textOf(byName.get(name)) ?? '';
}

function signatureOf(key: Buffer, signed: Buffer): string {
	return `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
}

function isSame(given: string, expected: string): boolean {
	const [one, other] = [Buffer.from(given), Buffer.from(expected)];
	return one.length === other.length && timingSafeEqual(one, other);
}

function readEvent(id: string, text: string): WebhookEvent {
	try {
		const { type, timestamp, data } = parseFields(JSON.parse(text));
		return { id, type: String(type), timestamp: String(timestamp), data: parseFields(data) };
	} catch {
		// The one thing that it throws for.
		throw new WebhookError('malformed', 'The webhook’s body is no JSON.');
	}
}
