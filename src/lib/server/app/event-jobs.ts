// What tells sites of their mailboxes without being asked. Only the serving process starts it.

import { reportDegraded, reportEnding } from '../tokens/report-due.ts';
import type { AppOptions } from './create-services.ts';
import { createRepeatingJobs } from './repeating-jobs.ts';
import type { Services } from './services.ts';

/** An hour is over for the one or the other token at any time; the statement reads those alone that fail. */
const DEGRADED_EVERY_MS = 15_000;
/** Reads the whole table, for what is counted in days. */
const ENDING_EVERY_MS = 60 * 60_000;

export function createEventJobs(services: Services, { settings }: AppOptions) {
	const jobs = createRepeatingJobs(services);
	const reportOfEnding = () => reportEnding(services, settings.keepAlive.neverUsedDays);
	return {
		/** All that is due, at once. */
		async reportDue() {
			await reportDegraded(services);
			await reportOfEnding();
		},
		start() {
			jobs.repeat('degraded', DEGRADED_EVERY_MS, async () => {
				await reportDegraded(services);
				return DEGRADED_EVERY_MS;
			});
			jobs.repeat('ending', DEGRADED_EVERY_MS, async () => {
				await reportOfEnding();
				return ENDING_EVERY_MS;
			});
		},
		stop: () => jobs.stop(),
	};
}
