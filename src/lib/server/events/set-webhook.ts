// `--webhook-url`: where a site's events are posted to. Another receiver has another secret, which is shown once.

import type { Services } from '../app/services.ts';
import { parseWebhookUrl } from '../webhooks/webhook-url.ts';
import { makeWebhookSecret } from './webhook-secret.ts';

export type SetWebhookContext = Pick<
	Services,
	'now' | 'vault' | 'randomBytes' | 'webhooks' | 'webhookBounds'
>;

/** `none` ends it. */
export type WebhookWish = { url: string } | 'none' | undefined;

/** Adds a sentence to `faults` for one that will not do. */
export function parseWebhookOption(
	{ webhookBounds }: Pick<Services, 'webhookBounds'>,
	text: string | undefined,
	faults: string[],
): WebhookWish {
	if (text === undefined || text === 'none') return text;
	const parsed = parseWebhookUrl(text, webhookBounds);
	if ('url' in parsed) return parsed;
	faults.push(`--webhook-url ${text} ${parsed.fault}.`);
	return undefined;
}

/** The new secret; undefined where the receiver stays, or there is none any more. */
export async function setWebhook(
	context: SetWebhookContext,
	siteId: number,
	{ before, wish }: { before: string | undefined; wish: WebhookWish },
): Promise<string | undefined> {
	if (wish === undefined) return undefined;
	if (wish === 'none') {
		await context.webhooks.saveUrl(siteId, undefined);
		return undefined;
	}
	const { url } = wish;
	if (url === before) {
		await context.webhooks.saveUrl(siteId, { url, secret: undefined });
		return undefined;
	}
	const { secret, sealed } = makeWebhookSecret(context, siteId);
	await context.webhooks.saveUrl(siteId, { url, secret: { ...sealed, now: context.now() } });
	return secret;
}
