// What the operator does with a site's webhook.

import { OperatorError } from '../../domain/operator-error.ts';
import type { SiteUrl } from '../../domain/site-url.ts';
import { showSite, type ManageSitesContext } from '../sites/manage-sites.ts';
import type { Services } from '../app/services.ts';
import type { DueWork } from '../due-work.ts';
import { deliverUntil } from './delivery-schedule.ts';
import { makeWebhookSecret } from './webhook-secret.ts';
import type { UndeliveredEvent, WebhookState } from './webhook-store.ts';

export type OperateWebhooksContext = ManageSitesContext &
	Pick<Services, 'webhooks' | 'vault' | 'sleep'>;

export type WebhookReport = WebhookState & { site: SiteUrl; undelivered: UndeliveredEvent[] };

const MAX_LISTED = 100;

/** Throws `OperatorError`. */
export async function showWebhook(
	context: OperateWebhooksContext,
	text: string,
): Promise<WebhookReport> {
	const { id, url: site } = await showSite(context, text);
	const state = await context.webhooks.readState(id, context.now());
	return { site, ...state, undelivered: await context.webhooks.listUndelivered(id, MAX_LISTED) };
}

/** How many are tried once more. Throws `OperatorError`. */
export async function retryWebhooks(
	context: OperateWebhooksContext,
	text: string,
): Promise<{ site: SiteUrl; due: number }> {
	const { id, url: site } = await siteWithWebhook(context, text);
	const now = context.now();
	return { site, due: await context.webhooks.retry(id, { now, deliverUntil: deliverUntil(now) }) };
}

/** The old secrets sign beside the new one for `graceMs` more. Throws `OperatorError`. */
export async function rotateWebhookSecret(
	context: OperateWebhooksContext,
	text: string,
	graceMs: number,
): Promise<{ site: SiteUrl; secret: string; oldSecretsEndAt: Date }> {
	const { id, url: site } = await siteWithWebhook(context, text);
	const now = context.now();
	const oldSecretsEndAt = new Date(now.getTime() + graceMs);
	const { secret, sealed } = makeWebhookSecret(context, id);
	await context.webhooks.addSecret(sealed, { now, othersEndAt: oldSecretsEndAt });
	return { site, secret, oldSecretsEndAt };
}

/** Longer than a try can take, also by another instance that has it already. */
const TEST_LIMIT_MS = 25_000;
const TEST_POLL_MS = 100;

/** Posts `webhook.test` and waits for what the receiver answers. Throws `OperatorError`, also when it was not delivered. */
export async function testWebhook(
	context: OperateWebhooksContext & { delivery: DueWork },
	text: string,
): Promise<{ site: SiteUrl; url: string; result: string }> {
	const { id: siteId, url: site, webhookUrl: url } = await siteWithWebhook(context, text);
	const now = context.now();
	const { goneAt } = await context.webhooks.readState(siteId, now);
	if (goneAt !== undefined) throw new OperatorError(`${url}: ${whyUndelivered('410')}`);
	const id = await context.webhooks.addTest(siteId, { now, deliverUntil: deliverUntil(now) });
	for (let waitedMs = 0; waitedMs < TEST_LIMIT_MS; waitedMs += TEST_POLL_MS) {
		await context.delivery.beginDue();
		const test = await context.webhooks.findTest(siteId, id);
		if (test?.delivery === 'delivered') return { site, url, result: test.lastResult ?? '' };
		if (test === undefined || test.tries > 0) {
			throw new OperatorError(`${url}: ${whyUndelivered(test?.lastResult)}`);
		}
		await context.sleep(TEST_POLL_MS);
	}
	throw new OperatorError(`${url}: nothing was heard within ${TEST_LIMIT_MS / 1000} seconds.`);
}

async function siteWithWebhook(context: OperateWebhooksContext, text: string) {
	const site = await showSite(context, text);
	const { webhookUrl, disabledAt } = site;
	if (disabledAt !== undefined) throw new OperatorError(`${site.url} is disabled.`);
	if (webhookUrl === undefined) {
		throw new OperatorError(
			`${site.url} has no webhook: mailkey site change ${site.url} --webhook-url <url>.`,
		);
	}
	return { ...site, webhookUrl };
}

const WHY: Readonly<Record<string, string>> = {
	ADDRESS_REFUSED:
		'its name leads into a private network. Name its host in WEBHOOK_PRIVATE_HOSTS, if it may be.',
	NOT_HTTPS: 'it is no https URL.',
	TIMED_OUT: 'it did not answer within 15 seconds.',
	SECRET_MISSING:
		'there is no secret that can be opened: see "mailkey keys status", or make a new one with "mailkey webhook rotate-secret".',
	ENOTFOUND: 'its name is not known to the DNS.',
	ECONNREFUSED: 'nothing listens there (ECONNREFUSED).',
	GONE: 'the receiver had answered that it is gone for good (410).',
	410: 'the receiver answered that it is gone for good (410). Nothing more is sent until "mailkey webhook retry" or another --webhook-url.',
};

/** As a sentence about the URL. */
export function whyUndelivered(result = ''): string {
	const known = WHY[result];
	if (known !== undefined) return known;
	if (/^3\d\d$/.test(result)) return `it answered ${result}: redirects are not followed.`;
	if (/^\d{3}$/.test(result)) return `it answered ${result}.`;
	return result === '' ? 'it was not tried.' : `it could not be reached (${result}).`;
}
