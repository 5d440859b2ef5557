// What keeps the tokens alive, and looks at the mailboxes, without anybody asking. Only the serving process starts it.

import { createRechecks } from '../mailbox-checks/recheck-mailboxes.ts';
import { createKeepAlive, revokeNeverUsed } from '../tokens/keep-alive.ts';
import type { AppOptions } from './create-services.ts';
import { createRepeatingJobs } from './repeating-jobs.ts';
import type { Services } from './services.ts';

/** While more may be due, so that the rate is spread over the second; else how often the table is looked at. */
const WHILE_MORE_MS = 50;
const WHEN_DONE_MS = 1_000;
const NEVER_USED_EVERY_MS = 60 * 60_000;

export function createKeepAliveJobs(services: Services, { settings }: AppOptions) {
	const { ratePerSecond, neverUsedDays } = settings.keepAlive;
	const { beginDue: refreshDue, stop, settled } = createKeepAlive(services, { ratePerSecond });
	const rechecks = createRechecks(services);
	const revoke = () => revokeNeverUsed(services, neverUsedDays);
	const jobs = createRepeatingJobs(services);

	return {
		refreshDue,
		recheckDue: rechecks.beginDue,
		revokeNeverUsed: revoke,
		start() {
			jobs.repeat('keep alive', WHEN_DONE_MS, async () =>
				(await refreshDue()) === 'more' ? WHILE_MORE_MS : WHEN_DONE_MS,
			);
			jobs.repeat('recheck', WHEN_DONE_MS, async () => {
				await rechecks.beginDue();
				return WHEN_DONE_MS;
			});
			jobs.repeat('never used', WHEN_DONE_MS, async () => {
				await revoke();
				return NEVER_USED_EVERY_MS;
			});
		},
		/** Begins nothing further. */
		stop() {
			jobs.stop();
			stop();
			rechecks.stop();
		},
		async settled() {
			await Promise.all([settled(), rechecks.settled()]);
		},
	};
}
