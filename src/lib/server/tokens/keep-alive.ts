// Keeps every stored token alive: Microsoft ends a refresh token that nobody used for 90 days, so each is
// refreshed at least weekly. When in the week is drawn again for each token, so that the load is even; how
// many at most is the operator's, so that after an outage of days Microsoft meets no herd. A token that its
// site never resolved is revoked after a while: nobody pasted its identifier.

import type { LeasedToken } from './refresh-store.ts';
import { createAllowance } from '../allowance.ts';
import { createDueWork, type DueWork } from '../due-work.ts';
import { withTimeout } from '../with-timeout.ts';
import { KEEP_ALIVE } from '../durations.ts';
import { refreshLeased, type NextLook, type RefreshTokenContext } from './refresh-token.ts';
import type { Services } from '../app/services.ts';

export type KeepAliveContext = RefreshTokenContext & Pick<Services, 'allTokens'>;

/** A slow Microsoft must not gather requests without end; at 15 s each these are some 6 a second. */
const MAX_UNDER_WAY = 100;

/** Rows at a time that are put off or revoked: enough, and no long statement. */
const BATCH = 500;

/** Refreshes what is due, as many as the rate allows since the last call. */
export function createKeepAlive(
	context: KeepAliveContext,
	{ ratePerSecond }: { ratePerSecond: number },
): DueWork {
	const allowance = createAllowance(ratePerSecond);
	return createDueWork(async (underWay) => {
		const limit = Math.min(allowance.now(context.now()), MAX_UNDER_WAY - underWay.size);
		const leased = await leaseDue(context, limit);
		allowance.spend(leased.length);
		for (const token of leased) underWay.add(refreshInTime(context, token));
		return leased.length >= limit ? 'more' : 'done';
	});
}

/** Past its lease it no longer counts: an endpoint that never answers must not hold up the others. */
async function refreshInTime(context: KeepAliveContext, leased: LeasedToken): Promise<void> {
	await withTimeout(refreshQuietly(context, leased), context.durations.leaseMs);
}

async function leaseDue(context: KeepAliveContext, limit: number): Promise<LeasedToken[]> {
	const { allTokens, circuitBreaker, newLeaseOwner, now, durations } = context;
	const at = now();
	const after = (ms: number) => new Date(at.getTime() + ms);
	const breaker = circuitBreaker.state(at);
	if (limit < 1 || breaker === 'open') return [];
	await allTokens.putOffFresh({
		now: at,
		refreshedAfter: after(-KEEP_ALIVE.freshMs),
		earliestMs: KEEP_ALIVE.earliestMs,
		latestMs: KEEP_ALIVE.latestMs,
		limit: BATCH,
	});
	const leased = await allTokens.leaseDue({
		leaseOwner: newLeaseOwner(),
		now: at,
		leaseUntil: after(durations.leaseMs),
		startedBefore: after(-durations.betweenRefreshesMs),
		refreshedBefore: after(-KEEP_ALIVE.freshMs),
		limit: breaker === 'closed' ? limit : 1,
	});
	// Only when there is one to ask with: the leave is not to be wasted.
	if (leased.length > 0 && breaker === 'half_open') circuitBreaker.admit(at);
	return leased;
}

function nextLook({ now, random }: KeepAliveContext): NextLook {
	const { earliestMs, latestMs, lookAgainMs } = KEEP_ALIVE;
	const after = (ms: number) => new Date(now().getTime() + ms);
	return {
		ifRefreshed: after(earliestMs + random() * (latestMs - earliestMs)),
		otherwise: after(lookAgainMs),
	};
}

/** One that cannot be refreshed, for whatever reason, never stops the others. */
async function refreshQuietly(context: KeepAliveContext, leased: LeasedToken): Promise<void> {
	try {
		await refreshLeased(context, leased, nextLook(context));
	} catch (error) {
		context.log.error(
			{ token: leased.id, site: leased.siteId, err: error },
			'a token could not be kept alive; it is tried again in an hour',
		);
	}
}

/** Revokes tokens that their site did not resolve once in `days` since the sign-in. */
export async function revokeNeverUsed(
	{ allTokens, storedTokens, now, log }: KeepAliveContext,
	days: number,
): Promise<void> {
	const signedInBefore = new Date(now().getTime() - days * 86_400_000);
	for (;;) {
		const neverUsed = await allTokens.listNeverUsed(signedInBefore, BATCH);
		for (const { siteId, id } of neverUsed) {
			await storedTokens.revoke(siteId, id, { reason: 'never_used', now: now() });
			log.info({ token: id, site: siteId }, 'token revoked: its site never resolved it');
		}
		if (neverUsed.length < BATCH) return;
	}
}
