// Pairs of an identifier and a client's address that were seen lately, and how many of them there are by address, or
// by whatever else they are counted by.

export type RecentPairs = {
	has(pair: string): boolean;
	/** Since it was last added. */
	ageMs(pair: string): number;
	/** A pair that is there already counts no second time; it only stays longer. */
	add(pair: string, keys: readonly string[]): void;
	remove(pair: string): void;
	count(key: string): number;
	/** When a new pair with this key was last added; before everything if there is none. */
	lastAt(key: string): number;
};

/** Beyond `max` the pair that was added longest ago is forgotten. `now` is any clock that only goes forward. */
export function createRecentPairs(
	now: () => number,
	{ lifetimeMs, max }: { lifetimeMs: number; max: number },
): RecentPairs {
	/** In the order in which they were added. */
	const pairs = new Map<string, { at: number; keys: readonly string[] }>();
	const tallies = new Map<string, { count: number; lastAt: number }>();

	function tally(key: string, at: number): void {
		const count = (tallies.get(key)?.count ?? 0) + 1;
		tallies.set(key, { count, lastAt: at });
	}

	function untally(key: string): void {
		const found = tallies.get(key);
		if (found === undefined) return;
		found.count -= 1;
		if (found.count === 0) tallies.delete(key);
	}

	function remove(pair: string): void {
		pairs.get(pair)?.keys.forEach(untally);
		pairs.delete(pair);
	}

	function forgetOld(): void {
		for (const [pair, { at }] of pairs) {
			if (pairs.size <= max && now() - at <= lifetimeMs) return;
			remove(pair);
		}
	}

	return {
		has(pair) {
			forgetOld();
			return pairs.has(pair);
		},
		ageMs: (pair) => now() - (pairs.get(pair)?.at ?? -Infinity),
		add(pair, keys) {
			const at = now();
			if (!pairs.delete(pair)) keys.forEach((key) => tally(key, at));
			pairs.set(pair, { at, keys });
			forgetOld();
		},
		remove,
		count(key) {
			forgetOld();
			return tallies.get(key)?.count ?? 0;
		},
		lastAt(key) {
			forgetOld();
			return tallies.get(key)?.lastAt ?? -Infinity;
		},
	};
}
