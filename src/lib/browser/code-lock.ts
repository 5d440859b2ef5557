// One post of a code at a time in this browser: each may bring a new session cookie for the next.

/**
 * Without a lock where a browser has none (Safari before 15.4, some embedded ones) or gives none (a sandboxed frame): then
 * only two tabs at once suffer.
 */
export async function oneCodeAtATime<Result>(
	work: () => Promise<Result>,
	options: LockOptions = {},
): Promise<Result> {
	const locks = locksOf(navigator);
	if (locks === undefined) return work();
	const lock = { isGiven: false };
	const begin = () => {
		lock.isGiven = true;
		return work();
	};
	try {
		return await locks.request('mailkey-code', options, begin);
	} catch (error) {
		if (lock.isGiven || options.signal?.aborted) throw error;
		return work();
	}
}

function locksOf({ locks }: { locks?: LockManager }): LockManager | undefined {
	return locks;
}
