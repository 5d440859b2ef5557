// How much may begin now, where something may begin so often a second.

/** Leaves that come up at a rate; what was not taken within a second is gone. */
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
