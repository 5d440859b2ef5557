// What falls due in the database: leased by one request at a time, done side by side, and waited for at the end.

export type DueWork = {
	/** Begins what is due and fits; `more` may be due. */
	beginDue(): Promise<'more' | 'done'>;
	/** Begins nothing further. */
	stop(): void;
	/** When nothing is under way. */
	settled(): Promise<void>;
};

export type UnderWay = {
	readonly size: number;
	add(work: Promise<void>): void;
};

export function createDueWork(lease: (underWay: UnderWay) => Promise<'more' | 'done'>): DueWork {
	const works = new Set<Promise<void>>();
	let leasing: Promise<'more' | 'done'> | undefined;
	let isStopped = false;
	const underWay: UnderWay = {
		get size() {
			return works.size;
		},
		add(work) {
			const ended = work.finally(() => works.delete(ended));
			works.add(ended);
		},
	};
	return {
		async beginDue() {
			if (isStopped) return 'done';
			leasing ??= lease(underWay).finally(() => (leasing = undefined));
			return leasing;
		},
		stop() {
			isStopped = true;
		},
		async settled() {
			await Promise.allSettled([leasing]);
			await Promise.allSettled(works);
		},
	};
}
