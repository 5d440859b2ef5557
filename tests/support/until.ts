// Waits for a state, and for nothing else: the one place where tests let time pass.

import { setTimeout as sleep } from 'node:timers/promises';

/** Quick beside anything that is waited for, and no load. */
const BETWEEN_LOOKS_MS = 10;

/** Returns what `look` found, once it is something; fails with `what` after `limitMs`. */
export async function until<Found>(
	what: string,
	look: () => Found | Promise<Found>,
	limitMs = 10_000,
): Promise<NonNullable<Found>> {
	const giveUpAt = performance.now() + limitMs;
	for (;;) {
		const found = await look();
		if (found) return found;
		if (performance.now() > giveUpAt) throw new Error(`not within ${limitMs} ms: ${what}`);
		await sleep(BETWEEN_LOOKS_MS);
	}
}
