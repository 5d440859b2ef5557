// Waits for something, but not forever. What is waited for goes on: a refresh that was sent is never
// aborted.

/** `undefined` when `limitMs` was over first. */
export async function withTimeout<Result>(
	work: Promise<Result>,
	limitMs: number,
): Promise<Result | undefined> {
	let timer: NodeJS.Timeout | undefined;
	const limit = new Promise<undefined>((resolve) => {
		timer = setTimeout(() => resolve(undefined), limitMs);
	});
	try {
		return await Promise.race([work, limit]);
	} finally {
		clearTimeout(timer);
	}
}
