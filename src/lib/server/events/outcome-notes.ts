// Notes what became of webhooks, several together and soon: what is not noted is posted again after a crash.

import type { Services } from '../app/services.ts';
import type { DeliveryOutcome } from './delivery-store.ts';

const NOTE_AFTER_MS = 50;

/** The receiver wants no more events (Standard Webhooks, "410 Gone"). */
export const GONE = '410';

export function createOutcomeNotes({
	deliveries,
	sleep,
	log,
}: Pick<Services, 'deliveries' | 'sleep' | 'log'>) {
	let outcomes: DeliveryOutcome[] = [];
	let noting: Promise<void> | undefined;

	async function write(): Promise<void> {
		while (outcomes.length > 0) {
			const batch = outcomes;
			outcomes = [];
			try {
				await deliveries.saveOutcomes(batch);
				for (const { siteId, result, triedAt } of batch) {
					if (result === GONE) await deliveries.saveGone(siteId, triedAt);
				}
			} catch (error) {
				// The leases end, and the events are posted again.
				log.warn({ err: error, count: batch.length }, 'outcomes of webhooks are not noted');
			}
		}
	}

	return {
		add(outcome: DeliveryOutcome): void {
			outcomes.push(outcome);
			noting ??= sleep(NOTE_AFTER_MS)
				.then(write)
				.finally(() => (noting = undefined));
		},
		/** When all is written, or cannot be for now. */
		written: async (): Promise<void> => noting,
	};
}
