// What tells sites of their mailboxes without being asked. Only the serving process starts it.

import { createEventDelivery } from '../events/deliver-events.ts';
import { reportDegraded, reportEnding } from '../tokens/report-due.ts';
import { withTimeout } from '../with-timeout.ts';
import type { AppOptions } from './create-services.ts';
import { createRepeatingJobs } from './repeating-jobs.ts';
import type { Services } from './services.ts';

/** An hour is over for the one or the other token at any time; the statement reads those alone that fail. */
const DEGRADED_EVERY_MS = 15_000;
/** Reads the whole table, for what is counted in days. */
const ENDING_EVERY_MS = 60 * 60_000;
/** While more may be due, so that receivers which are quick are kept busy; else how often the outbox is looked at. */
const WHILE_MORE_MS = 20;
const WHEN_DONE_MS = 1_000;
const GIVE_UP_EVERY_MS = 60_000;
/** What is not noted by then is posted again by another instance, or at the next start. */
const FINISH_LIMIT_MS = 2_000;

export function createEventJobs(services: Services, { settings }: AppOptions) {
	const jobs = createRepeatingJobs(services);
	const delivery = createEventDelivery(services);
	const giveUpOld = () => services.deliveries.giveUpOld(services.now());
	const reportOfEnding = () => reportEnding(services, settings.keepAlive.neverUsedDays);
	const stop = () => {
		jobs.stop();
		delivery.stop();
	};
	return {
		delivery,
		deliverDue: delivery.beginDue,
		settled: delivery.settled,
		/** All that is due, at once. */
		async reportDue() {
			await reportDegraded(services);
			await reportOfEnding();
			await giveUpOld();
		},
		start() {
			jobs.repeat('degraded', DEGRADED_EVERY_MS, async () => {
				await reportDegraded(services);
				return DEGRADED_EVERY_MS;
			});
			jobs.repeat('webhooks', WHEN_DONE_MS, async () =>
				(await delivery.beginDue()) === 'more' ? WHILE_MORE_MS : WHEN_DONE_MS,
			);
			jobs.repeat('old events', GIVE_UP_EVERY_MS, async () => {
				await giveUpOld();
				return GIVE_UP_EVERY_MS;
			});
			jobs.repeat('ending', DEGRADED_EVERY_MS, async () => {
				await reportOfEnding();
				return ENDING_EVERY_MS;
			});
		},
		stop,
		/** Begins nothing further, and waits a moment for what is under way. */
		async finish() {
			stop();
			await withTimeout(delivery.settled(), FINISH_LIMIT_MS);
			services.webhookClient.close();
		},
	};
}
