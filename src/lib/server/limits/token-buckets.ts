// Limits that are kept in memory, for what is asked so often that a row for each would cost more than the
// answer: a bucket for each key, filled at a rate, from which every request takes one.

import { Problem } from '../../domain/problem.ts';
import { setNewest } from '../../domain/set-newest.ts';

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
			setNewest(buckets, key, { left: filled >= 1 ? filled - 1 : filled, at: now }, MAX_BUCKETS);
			return filled >= 1 ? 0 : Math.ceil((1 - filled) / perSecond);
		},
		release(key) {
			const bucket = buckets.get(key);
			if (bucket) bucket.left = Math.min(burst, bucket.left + 1);
		},
	};
}

/** Throws `Problem` `too_many_requests`. */
export function takeOrThrow(buckets: Pick<TokenBuckets, 'take'>, key: string): void {
	const waitSeconds = buckets.take(key);
	if (waitSeconds > 0) throw tooManyRequests(waitSeconds);
}

export function tooManyRequests(waitSeconds: number): Problem {
	const retryAfterSeconds = Math.max(1, Math.ceil(waitSeconds));
	return new Problem('too_many_requests', { retryAfterSeconds });
}
