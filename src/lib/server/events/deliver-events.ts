// Posts events to their webhooks: those that are due, many receivers at a time, and of one receiver so many that a slow or dead
// one holds up no other. At least once: an outcome is noted after the answer, and what is not noted is posted again.

import type { Services } from '../app/services.ts';
import { createDueWork, type DueWork } from '../due-work.ts';
import { signWebhook } from '../webhooks/sign-webhook.ts';
import type { WebhookResult } from '../webhooks/webhook-client.ts';
import type { DeliveryOutcome, LeasedEvent } from './delivery-store.ts';
import { nextTryMs, DELIVERY_LEASE_MS } from './delivery-schedule.ts';
import { createOutcomeNotes, GONE } from './outcome-notes.ts';
import { reportEvent } from './report-event.ts';
import { openWebhookSecret } from './webhook-secret.ts';

export type DeliverContext = Pick<
	Services,
	| 'now'
	| 'sleep'
	| 'random'
	| 'log'
	| 'vault'
	| 'deliveries'
	| 'webhookClient'
	| 'newLeaseOwner'
	| 'signInUrl'
	| 'auditTrail'
	| 'metrics'
>;

/** At 15 s each of dead receivers, and some kilobytes. */
const MAX_UNDER_WAY = 1_000;
const MAX_OF_A_SITE = 20;
type Receiver = { underWay: number; isTroubled: boolean };

/** When it has settled, all outcomes are noted too, or cannot be for now. */
export function createEventDelivery(context: DeliverContext): DueWork {
	const receivers = new Map<number, Receiver>();
	const notes = createOutcomeNotes(context);

	async function deliverTo(event: LeasedEvent, secrets: readonly string[]): Promise<void> {
		const receiver = receivers.get(event.siteId) ?? { underWay: 0, isTroubled: false };
		receivers.set(event.siteId, receiver);
		receiver.underWay += 1;
		try {
			const outcome = await deliver(context, event, secrets);
			receiver.isTroubled = outcome.delivery !== 'delivered';
			notes.add(outcome);
		} finally {
			receiver.underWay -= 1;
			if (receiver.underWay === 0 && !receiver.isTroubled) receivers.delete(event.siteId);
		}
	}

	const due = createDueWork(async (underWay) => {
		const leased = await leaseDue(context, receivers, MAX_UNDER_WAY - underWay.size);
		if (leased.length === 0) return 'done';
		const secrets = await openSecrets(context, leased);
		for (const event of leased) underWay.add(deliverTo(event, secrets.get(event.siteId) ?? []));
		return 'more';
	});
	return {
		...due,
		async settled() {
			await due.settled();
			await notes.written();
		},
	};
}

async function leaseDue(
	{ now, newLeaseOwner, deliveries }: DeliverContext,
	receivers: ReadonlyMap<number, Receiver>,
	limit: number,
): Promise<LeasedEvent[]> {
	if (limit < 1) return [];
	const at = now();
	const idsOf = (isMeant: (receiver: Receiver) => boolean) =>
		[...receivers].filter(([, receiver]) => isMeant(receiver)).map(([id]) => id);
	return deliveries.leaseDue({
		leaseOwner: newLeaseOwner(),
		now: at,
		leaseUntil: new Date(at.getTime() + DELIVERY_LEASE_MS),
		limit,
		limitOfSite: MAX_OF_A_SITE,
		busy: idsOf((receiver) => receiver.underWay > 0),
		troubled: idsOf((receiver) => receiver.isTroubled),
	});
}

/** By site, all that sign now. */
async function openSecrets(
	context: DeliverContext,
	leased: readonly LeasedEvent[],
): Promise<Map<number, string[]>> {
	const siteIds = [...new Set(leased.map(({ siteId }) => siteId))];
	const secrets = new Map<number, string[]>();
	for (const sealed of await context.deliveries.listSecrets(siteIds, context.now())) {
		try {
			const secret = openWebhookSecret(context, sealed);
			secrets.set(sealed.siteId, [...(secrets.get(sealed.siteId) ?? []), secret]);
		} catch (error) {
			const site = sealed.siteId;
			context.log.error({ err: error, site }, 'a webhook secret cannot be opened');
		}
	}
	return secrets;
}

/** Never throws: whatever goes wrong is a failure of this event alone. */
async function deliver(
	context: DeliverContext,
	event: LeasedEvent,
	secrets: readonly string[],
): Promise<DeliveryOutcome> {
	const result = await post(context, event, secrets).catch((error: unknown): WebhookResult => {
		context.log.error({ err: error, id: event.id }, 'a webhook could not be made');
		return { kind: 'failed', code: 'FAILED' };
	});
	const outcome = outcomeOf(context, event, result);
	report(context, event, outcome);
	return outcome;
}

async function post(
	context: DeliverContext,
	event: LeasedEvent,
	secrets: readonly string[],
): Promise<WebhookResult> {
	if (secrets.length === 0) return { kind: 'failed', code: 'SECRET_MISSING' };
	const { id, type, timestamp, data } = reportEvent(context, event.site, event);
	const body = JSON.stringify({ type, timestamp, data });
	const headers = signWebhook(secrets, { id, at: context.now(), body });
	return context.webhookClient.post(event.webhookUrl, headers, body);
}

function isDelivered(result: WebhookResult): boolean {
	return result.kind === 'answered' && result.status >= 200 && result.status < 300;
}

function outcomeOf(
	context: DeliverContext,
	event: LeasedEvent,
	result: WebhookResult,
): DeliveryOutcome {
	const { id, siteId, leaseOwner, tries, deliverUntil } = event;
	const triedAt = context.now();
	const code = result.kind === 'answered' ? String(result.status) : result.code;
	const tried = { id, siteId, leaseOwner, triedAt, result: code };
	if (isDelivered(result)) return { ...tried, delivery: 'delivered', nextTryAt: undefined };
	const wait = nextTryMs(context, tries);
	const nextTryAt = wait === undefined ? undefined : new Date(triedAt.getTime() + wait);
	if (code === GONE || nextTryAt === undefined || nextTryAt > deliverUntil) {
		return { ...tried, delivery: 'given_up', nextTryAt: undefined };
	}
	return { ...tried, delivery: 'waiting', nextTryAt };
}

function report(
	{ log, auditTrail, metrics }: DeliverContext,
	{ id, siteId, type, token }: LeasedEvent,
	{ delivery, result }: DeliveryOutcome,
): void {
	metrics.webhookTried(delivery === 'waiting' ? 'failed' : delivery);
	const about = { site: siteId, id, event: type, reason: result };
	if (delivery === 'waiting') {
		log.info(about, 'a webhook failed and is tried again');
		return;
	}
	if (delivery === 'given_up') log.error({ alarm: 'webhook', ...about }, 'a webhook was given up');
	auditTrail.by({ actor: 'helper' })({
		event: delivery === 'delivered' ? 'webhook_delivered' : 'webhook_given_up',
		siteId,
		...(token && { storedTokenId: token.number, mailbox: token.mailbox }),
		detail: `${type}: ${result}`,
	});
}
