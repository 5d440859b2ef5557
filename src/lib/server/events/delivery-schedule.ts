// When a webhook that failed is tried again: as the Standard Webhooks specification recommends, within three days.

import { DELIVERY_DAYS_MS } from '../database/site-events.ts';
import type { Services } from '../app/services.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** After the first try, the second, and so on: the last one is 71 hours and a half after the event. */
const WAITS_MS = [
	...[5 * SECOND_MS, 5 * MINUTE_MS, 30 * MINUTE_MS],
	...[2, 5, 10, 14, 20, 20].map((hours) => hours * HOUR_MS),
];

/** The time limit of a try, and as much again and more: then the instance that had it is gone. */
export const DELIVERY_LEASE_MS = MINUTE_MS;

/** With up to a tenth less, so that many do not come at once; undefined after the last. */
export function nextTryMs({ random }: Pick<Services, 'random'>, tries: number): number | undefined {
	const wait = WAITS_MS[tries];
	return wait === undefined ? undefined : Math.round(wait * (1 - random() / 10));
}

export function deliverUntil(at: Date): Date {
	return new Date(at.getTime() + DELIVERY_DAYS_MS);
}
