// Stands before every look-up that a stranger can cause: made-up session cookies, site keys and ids cost a statement each,
// and there is no end of them. Who only asks for what is there is never charged, and never notices.

import { Problem } from '../../domain/problem.ts';
import { networkOf, type ClientAddress } from '../client-address.ts';
import { createTokenBuckets, type TokenBuckets } from './token-buckets.ts';

export type LookUpGuard = {
	/**
	 * What `find` finds. A look-up that finds nothing is charged to the address, and to its IPv6 /48; an address that has
	 * nothing left is refused, without asking, what was not found in the last hour. Throws `Problem` `too_many_requests`.
	 */
	lookUp<Found>(
		address: ClientAddress,
		key: string,
		find: () => Promise<Found | undefined>,
	): Promise<Found | undefined>;
	/** What was made or listed just now need not be found first. */
	remember(key: string): void;
};

/** An expired cookie, a rotated key, a link that is too old: an office behind one address has a few a minute. */
const MISSES = { perSecond: 1, burst: 100 };
/** A /48 is what one subscriber or tunnel gets: 65 536 networks that would each begin with a full bucket. */
const NETWORK_MISSES = { perSecond: 10, burst: 1_000 };

/** As long as a sign-in lives: somebody may be with Microsoft for all of it. */
const KNOWN_FOR_MS = 60 * 60_000;
/** Only what was found gets in, so a flood of what is made up pushes nothing out. */
const MAX_KNOWN = 50_000;

/** `nowMs` is any clock that only goes forward. Without limits everything is looked up. */
export function createLookUpGuard(limits: 'on' | 'off', nowMs: () => number): LookUpGuard {
	const byAddress = createTokenBuckets(limits === 'on' ? MISSES : OFF, nowMs);
	const byNetwork = createTokenBuckets(limits === 'on' ? NETWORK_MISSES : OFF, nowMs);
	const known = createKnown(nowMs);

	/** Before the look-up, and given back after one that found something: many at once are not let through. */
	function charge(address: ClientAddress): void {
		const network = networkOf(address);
		refuseFor(byAddress.take(address));
		const wait = network === undefined ? 0 : byNetwork.take(network);
		if (wait > 0) byAddress.release(address);
		refuseFor(wait);
	}

	return {
		async lookUp(address, key, find) {
			const wasKnown = known.has(key);
			if (!wasKnown) charge(address);
			const found = await find().catch((error: unknown) => {
				if (!wasKnown) discharge(byAddress, byNetwork, address);
				throw error;
			});
			if (found !== undefined) {
				if (!wasKnown) discharge(byAddress, byNetwork, address);
				known.add(key);
			} else if (wasKnown) {
				known.delete(key);
				byAddress.take(address);
			}
			return found;
		},
		remember: (key) => known.add(key),
	};
}

const OFF = { perSecond: 0, burst: 0 };

function discharge(byAddress: TokenBuckets, byNetwork: TokenBuckets, address: ClientAddress): void {
	byAddress.release(address);
	const network = networkOf(address);
	if (network !== undefined) byNetwork.release(network);
}

function refuseFor(waitSeconds: number): void {
	if (waitSeconds > 0) throw new Problem('too_many_requests', { retryAfterSeconds: waitSeconds });
}

/** Keys that were found lately; the one that was found longest ago is forgotten first. */
function createKnown(nowMs: () => number) {
	const until = new Map<string, number>();
	return {
		has: (key: string) => (until.get(key) ?? 0) > nowMs(),
		/** Put back in line now and then: a resolve finds its key hundreds of times a second. */
		add(key: string) {
			if ((until.get(key) ?? 0) > nowMs() + KNOWN_FOR_MS / 2) return;
			until.delete(key);
			until.set(key, nowMs() + KNOWN_FOR_MS);
			const oldest = until.size > MAX_KNOWN ? until.keys().next() : undefined;
			if (oldest?.done === false) until.delete(oldest.value);
		},
		delete: (key: string) => void until.delete(key),
	};
}
