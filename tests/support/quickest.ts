// How long a piece of work takes when nobody disturbs it: a machine that runs other tests too is slow now and then, and
// work that is slow by itself is slow each time.

/** Milliseconds. */
export function quickestOfFive(work: () => void): number {
	const times = Array.from({ length: 5 }, () => {
		const begun = performance.now();
		work();
		return performance.now() - begun;
	});
	return Math.min(...times);
}
