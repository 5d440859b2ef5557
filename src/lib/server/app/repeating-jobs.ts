// Work that is begun again some time after each end, in the serving process alone; a job that fails is tried again at its
// next time.

import type { Services } from './services.ts';

/** A database that is down fails them all, each time with a line in the log. */
const AFTER_FAILURE_MS = 1_000;

/** `work` returns how long to wait for its next time. */
export function createRepeatingJobs({ log }: Pick<Services, 'log'>) {
	const timers = new Map<string, NodeJS.Timeout>();
	let isStopped = false;

	function repeat(name: string, waitMs: number, work: () => Promise<number>): void {
		const once = async () => {
			const nextMs = await work().catch((error: unknown) => {
				log.warn({ err: error, chore: name }, 'chore failed');
				return Math.max(waitMs, AFTER_FAILURE_MS);
			});
			if (!isStopped) repeat(name, nextMs, work);
		};
		timers.set(name, setTimeout(() => void once(), waitMs).unref());
	}

	return {
		repeat,
		stop() {
			isStopped = true;
			timers.forEach((timer) => clearTimeout(timer));
		},
	};
}
