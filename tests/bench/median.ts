// The middle of some measurements: one slow round does not move it.

export function median(values: readonly number[]): number {
	const sorted = values.toSorted((a, b) => a - b);
	const middle = sorted[Math.floor(sorted.length / 2)];
	if (middle === undefined) throw new Error('there is no median of nothing');
	return middle;
}
