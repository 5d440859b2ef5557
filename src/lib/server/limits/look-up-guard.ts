// Guards every look-up that a stranger can cause: made-up session cookies, site keys and ids cost a statement each, and
// there is no end of them. What was found within the hour is looked up freely; everything else is charged to its address
// until it is found.

import { setNewest } from '../../domain/set-newest.ts';
import { networkOf, type ClientAddress } from '../client-address.ts';
import { createTokenBuckets, tooManyRequests } from './token-buckets.ts';

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
	/** Whether it was found, made or listed in the last hour. */
	isKnown(key: string): boolean;
};

/** An expired cookie, a rotated key, a link that is too old: an office behind one address has a few a minute. */
const MISSES = { perSecond: 1, burst: 100 };
/** A /48 is what one subscriber or tunnel gets: 65 536 networks that would each begin with a full bucket. */
const NETWORK_MISSES = { perSecond: 10, burst: 1_000 };
const OFF = { perSecond: 0, burst: 0 };

/** As long as a sign-in lives: somebody may be with Microsoft for all of it. */
const KNOWN_FOR_MS = 60 * 60_000;
/** Only what was found gets in, so a flood of what is made up pushes nothing out. */
const MAX_KNOWN = 50_000;

/** `nowMs` is any clock that only goes forward. Without limits everything is looked up. */
export function createLookUpGuard(limits: 'on' | 'off', nowMs: () => number): LookUpGuard {
	const charges = createCharges(limits, nowMs);
	const known = createKnown(nowMs);
	return {
		async lookUp(address, key, find) {
			const wasKnown = known.has(key);
			// Before the look-up, and given back after one that found something: many at once are not let through.
			const waitSeconds = wasKnown ? 0 : charges.take(address);
			if (waitSeconds > 0) throw tooManyRequests(waitSeconds);
			const release = () => {
				if (!wasKnown) charges.release(address);
			};
			const found = await find().catch((error: unknown) => {
				release();
				throw error;
			});
			if (found !== undefined) {
				release();
				known.add(key);
			} else if (wasKnown) {
				known.delete(key);
				charges.take(address);
			}
			return found;
		},
		remember: (key) => known.add(key),
		isKnown: (key) => known.has(key),
	};
}

/** What an address and its IPv6 /48 have left of look-ups that find nothing. */
function createCharges(limits: 'on' | 'off', nowMs: () => number) {
	const byAddress = createTokenBuckets(limits === 'on' ? MISSES : OFF, nowMs);
	const byNetwork = createTokenBuckets(limits === 'on' ? NETWORK_MISSES : OFF, nowMs);
	return {
		/** Seconds to wait; 0 is leave. */
		take(address: ClientAddress): number {
			const network = networkOf(address);
			const waitSeconds = byAddress.take(address);
			if (waitSeconds > 0 || network === undefined) return waitSeconds;
			const waitOfNetwork = byNetwork.take(network);
			if (waitOfNetwork > 0) byAddress.release(address);
			return waitOfNetwork;
		},
		release(address: ClientAddress): void {
			byAddress.release(address);
			const network = networkOf(address);
			if (network !== undefined) byNetwork.release(network);
		},
	};
}

/** Keys that were found lately; the one that was found longest ago is forgotten first. */
function createKnown(nowMs: () => number) {
	const until = new Map<string, number>();
	return {
		has: (key: string) => (until.get(key) ?? 0) > nowMs(),
		/** Put back in line now and then: a resolve finds its key hundreds of times a second. */
		add(key: string) {
			if ((until.get(key) ?? 0) > nowMs() + KNOWN_FOR_MS / 2) return;
			setNewest(until, key, nowMs() + KNOWN_FOR_MS, MAX_KNOWN);
		},
		delete: (key: string) => void until.delete(key),
	};
}
