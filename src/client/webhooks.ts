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
	readonly reason: 'malformed' | 'wrong_signature' | 'too_old';

	constructor(reason: WebhookError['reason'], message: string) {
		super(message);
		this.name = 'WebhookError';
		this.reason = reason;
	}
}

/** By lower-case name, as `node:http` has them. */
export type WebhookHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** The specification's advice: replays end after it, clocks may differ by it. */
const TOLERANCE_SECONDS = 300;

/** `secrets`: `whsec_…`, and while a new one is being brought in, both. Throws `WebhookError`. */
export function verifyWebhook(
	secrets: string | readonly string[],
	headers: WebhookHeaders,
	body: string | Uint8Array,
	{ now = Date.now }: { now?: () => number } = {},
): WebhookEvent {
	const header = (name: string) => textOf(headers[name]) ?? '';
	const [id, timestamp] = [header('webhook-id'), header('webhook-timestamp')];
	if (id === '' || !/^\d{1,12}$/.test(timestamp)) {
		throw new WebhookError('malformed', 'The webhook has no webhook-id or webhook-timestamp.');
	}
	const signed = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), Buffer.from(body)]);
	const given = header('webhook-signature').split(' ');
	const expected = (typeof secrets === 'string' ? [secrets] : secrets).map((secret) =>
		signatureOf(secret, signed),
	);
	if (!given.some((signature) => expected.some((ours) => isSame(signature, ours)))) {
		throw new WebhookError('wrong_signature', 'The webhook is not signed with this secret.');
	}
	if (Math.abs(now() / 1000 - Number(timestamp)) > TOLERANCE_SECONDS) {
		throw new WebhookError('too_old', 'The webhook is too old, or from the future.');
	}
	return readEvent(id, Buffer.from(body).toString());
}

function signatureOf(secret: string, signed: Buffer): string {
	const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
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
