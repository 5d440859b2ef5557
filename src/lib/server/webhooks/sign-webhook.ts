// The headers of a webhook after the Standard Webhooks specification, by its own library. Each secret signs.

import { Webhook } from 'standardwebhooks';

/** 256 bits; the specification asks for 192 to 512. */
export const WEBHOOK_SECRET_BYTES = 32;

export function formatWebhookSecret(bytes: Buffer): string {
	return `whsec_${bytes.toString('base64')}`;
}

export function signWebhook(
	secrets: readonly string[],
	{ id, at, body }: { id: string; at: Date; body: string },
): Record<string, string> {
	const signatures = secrets.map((secret) => new Webhook(secret).sign(id, at, body));
	return {
		'content-type': 'application/json',
		'user-agent': 'Mailkey',
		'webhook-id': id,
		'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
		'webhook-signature': signatures.join(' '),
	};
}
