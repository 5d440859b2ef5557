// Mail engines that ask all the time, and access tokens that have to be refreshed every few seconds.

import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../support/until.ts';
import type { VaultInstance } from '../support/vault-instance.ts';
import type { ConnectedMailbox } from '../support/vault-mailbox.ts';

const CALLERS = 8;
const BETWEEN_CALLS_MS = 50;
const SERVED_LIMIT_MS = 240_000;

export type Load = ReturnType<typeof startLoad>;

/** Each caller asks again soon after it has an answer. */
export function startLoad(
	instances: readonly VaultInstance[],
	mailboxes: readonly ConnectedMailbox[],
) {
	let counts: Record<string, number> = {};
	let [lastServed, longestGap, isOver] = [performance.now(), 0, false];
	const note = (status: number) => {
		counts[status] = (counts[status] ?? 0) + 1;
		if (status !== 200) return;
		longestGap = Math.max(longestGap, performance.now() - lastServed);
		lastServed = performance.now();
	};
	const callers = Array.from({ length: CALLERS }, async (_, caller) => {
		for (let turn = caller; !isOver; turn += 1) {
			const mailbox = mailboxes[turn % mailboxes.length]!;
			// A kept connection that the server of the tests closes in this moment is no answer.
			const answer = await mailbox
				.resolve(undefined, instances[turn % instances.length])
				.catch(() => undefined);
			if (answer) note(answer.status);
			await sleep(BETWEEN_CALLS_MS);
		}
	});
	return {
		beginCount() {
			counts = {};
			longestGap = 0;
			lastServed = performance.now();
		},
		count: () => ({ counts, longestGapSeconds: longestGap / 1000 }),
		/** By all instances. */
		async untilServed() {
			const before = counts['200'] ?? 0;
			const enough = before + 20 * instances.length;
			await until('served again', () => (counts['200'] ?? 0) > enough, SERVED_LIMIT_MS);
		},
		async end() {
			isOver = true;
			await Promise.all(callers);
		},
	};
}

/** A resolve wants a token that lives for five minutes: these have to be refreshed after seconds. */
const LIFE_SECONDS = 310;
/** Some refreshes are under way at any time. */
const DELAY_MS = 500;

/** Asks Microsoft, and counts the refreshes that it granted. */
export function createShortLives() {
	let given = 0;
	const shortLived: typeof fetch = async (input, init) => {
		const answer = await fetch(input, init);
		const form = new URLSearchParams(init?.body instanceof URLSearchParams ? init.body : '');
		if (!answer.ok || !form.has('grant_type')) return answer;
		if (form.get('grant_type') === 'refresh_token') {
			await sleep(DELAY_MS);
			given += 1;
		}
		const body = (await answer.json()) as object;
		return Response.json({ ...body, expires_in: LIFE_SECONDS });
	};
	return { fetch: shortLived, given: () => given };
}
