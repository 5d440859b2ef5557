// A rate limit for background work: how many tasks may start now, at so many a second.

/** Unused capacity is kept for one second at most, so that no burst follows an idle time. */
export function createAllowance(ratePerSecond: number) {
	let available = ratePerSecond;
	let countedAt: Date | undefined;
	return {
		now(at: Date): number {
			const elapsedMs =
				countedAt === undefined ? 0 : Math.max(0, at.getTime() - countedAt.getTime());
			available = Math.min(ratePerSecond, available + (elapsedMs * ratePerSecond) / 1000);
			countedAt = at;
			return Math.floor(available);
		},
		spend(count: number) {
			available -= count;
		},
	};
}
