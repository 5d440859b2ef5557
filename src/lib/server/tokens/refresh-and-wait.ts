// What a caller of resolve gets: one refresh, shared by everyone who asks in this process, and a wait for
// the process that has the lease, for as long as a caller can be kept waiting.

import type { RefreshOutcome } from '../../domain/stored-token.ts';
import type { StoredTokenRef } from './stored-token-store.ts';
import { withTimeout } from '../with-timeout.ts';
import { refreshToken, type RefreshTokenContext } from './refresh-token.ts';

const POLL_MS = 150;

/** The refreshes of this process; `settled` resolves when none is under way. */
export type SharedRefreshes = {
	refreshAndWait(token: StoredTokenRef): Promise<RefreshOutcome>;
	settled(): Promise<void>;
};

export function createSharedRefreshes(context: RefreshTokenContext): SharedRefreshes {
	const underWay = new Map<number, Promise<RefreshOutcome>>();

	function shared(token: StoredTokenRef): Promise<RefreshOutcome> {
		const running = underWay.get(token.id);
		if (running !== undefined) return running;
		// Past its lease nobody waits for it any more: an endpoint that never answers must not hold the mailbox.
		const started = withTimeout(refreshOrWait(context, token), context.durations.leaseMs)
			.then((outcome) => outcome ?? LATER)
			.finally(() => underWay.delete(token.id));
		underWay.set(token.id, started);
		return started;
	}

	return {
		refreshAndWait: async (token) =>
			(await withTimeout(shared(token), context.durations.callerWaitMs)) ?? LATER,
		async settled() {
			await Promise.allSettled(underWay.values());
		},
	};
}

const LATER: RefreshOutcome = { kind: 'try_later', retryAfterMs: 1_000 };

/** When someone else has the lease, or it is too early for another try: waits until the lease is gone. */
async function refreshOrWait(
	context: RefreshTokenContext,
	token: StoredTokenRef,
): Promise<RefreshOutcome> {
	const { storedTokens, now, sleep, durations } = context;
	const outcome = await refreshToken(context, token);
	if (outcome.kind !== 'changed_meanwhile') return outcome;
	const giveUpAt = now().getTime() + durations.callerWaitMs;
	while (now().getTime() < giveUpAt) {
		const lease = await storedTokens.findLease(token.siteId, token.id);
		if (lease === undefined || lease.until <= now()) return outcome;
		await sleep(POLL_MS);
	}
	return LATER;
}
