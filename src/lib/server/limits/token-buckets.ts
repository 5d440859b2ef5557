// Limits that are kept in memory, for what is asked so often that a row for each would cost more than the
// answer: a bucket for each key, filled at a rate, from which every request takes one.

export type TokenBuckets = {
	/** Seconds to wait; 0 is leave. */
	take(key: string): number;
	/** What was taken turned out to be free. */
	release(key: string): void;
};

/** A client that keeps sending new keys must not fill the memory: the bucket that was used longest ago is forgotten. */
const MAX_BUCKETS = 20_000;

/** `perSecond` 0 is no limit. `nowMs` is any clock that only goes forward. */
export function createTokenBuckets(
	{ perSecond, burst }: { perSecond: number; burst: number },
	nowMs: () => number,
): TokenBuckets {
	const buckets = new Map<string, { left: number; at: number }>();
	return {
		take(key) {
			if (perSecond === 0) return 0;
			const now = nowMs();
			const { left, at } = buckets.get(key) ?? { left: burst, at: now };
			const filled = Math.min(burst, left + ((now - at) * perSecond) / 1000);
			buckets.delete(key);
			buckets.set(key, { left: filled >= 1 ? filled - 1 : filled, at: now });
			if (buckets.size > MAX_BUCKETS) forgetOldest(buckets);
			return filled >= 1 ? 0 : Math.ceil((1 - filled) / perSecond);
		},
		release(key) {
			const bucket = buckets.get(key);
			if (bucket) bucket.left = Math.min(burst, bucket.left + 1);
		},
	};
}

function forgetOldest(buckets: Map<string, unknown>): void {
	for (const key of buckets.keys()) {
		buckets.delete(key);
		return;
	}
}
