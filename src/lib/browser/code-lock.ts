// One post of a code at a time in this browser: each may bring a new session cookie for the next.

/** Without a lock where a browser has none (Safari before 15.4, some embedded ones): then only two tabs at once suffer. */
export function oneCodeAtATime<Result>(
	work: () => Promise<Result>,
	options: LockOptions = {},
): Promise<Result> {
	const locks = locksOf(navigator);
	return locks === undefined ? work() : locks.request('mailkey-code', options, work);
}

function locksOf({ locks }: { locks?: LockManager }): LockManager | undefined {
	return locks;
}
