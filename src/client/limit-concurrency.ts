// So many at a time; the others wait, first come first served.

export type InTurn = <Result>(work: () => Promise<Result>) => Promise<Result>;

export function limitConcurrency(max: number): InTurn {
	const waiting: (() => void)[] = [];
	let running = 0;

	return async (work) => {
		// Who is woken takes the place of the one that ended, so nobody slips in between.
		if (running >= max) await new Promise<void>((resolve) => waiting.push(resolve));
		else running += 1;
		try {
			return await work();
		} finally {
			const next = waiting.shift();
			if (next) next();
			else running -= 1;
		}
	};
}
