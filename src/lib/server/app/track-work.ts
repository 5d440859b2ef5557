// Codes that are being redeemed, mailboxes that are being tried and mail domains that are being looked up, whether
// the browser still waits or not.

export type TrackedWork = ReturnType<typeof trackWork>;

export function trackWork() {
	const underWay = new Set<Promise<unknown>>();
	return {
		track<Result>(work: Promise<Result>): Promise<Result> {
			underWay.add(work);
			const forget = () => underWay.delete(work);
			work.then(forget, forget);
			return work;
		},
		settled: () => Promise.allSettled(underWay),
	};
}
