// What writes to people, where the operator has named a mail server. Only the serving process starts it.

import { sendNotices } from '../notices/send-notices.ts';
import { tellOperator, watchCredential, watchSlowly } from '../notices/tell-operator.ts';
import { withTimeout } from '../with-timeout.ts';
import { createRepeatingJobs } from './repeating-jobs.ts';
import type { Services } from './services.ts';

/** Who must act hears of it within a minute. */
const SEND_EVERY_MS = 10_000;
const WATCH_EVERY_MS = 15_000;
/** Reads whole tables, for what is counted in days. */
const WATCH_SLOWLY_EVERY_MS = 60 * 60_000;
/** What is not noted by then is sent again by another instance, or at the next start. */
const FINISH_LIMIT_MS = 2_000;

export function createNoticeJobs(services: Services) {
	const jobs = createRepeatingJobs(services);
	const isOn = services.noticeMailer !== undefined;
	let sending: Promise<unknown> = Promise.resolve();
	const send = async () => {
		await sendNotices(services);
		await tellOperator(services);
	};
	return {
		/** All that is due, at once. */
		async sendDue() {
			if (isOn) await send();
		},
		async watch() {
			if (!isOn) return;
			await watchCredential(services);
			await watchSlowly(services);
		},
		start() {
			if (!isOn) return;
			jobs.repeat('notices', SEND_EVERY_MS, async () => {
				sending = send();
				await sending;
				return SEND_EVERY_MS;
			});
			jobs.repeat('credential', WATCH_EVERY_MS, async () => {
				await watchCredential(services);
				return WATCH_EVERY_MS;
			});
			jobs.repeat('troubles', WATCH_EVERY_MS, async () => {
				await watchSlowly(services);
				return WATCH_SLOWLY_EVERY_MS;
			});
		},
		stop: jobs.stop,
		/** Begins nothing further, and waits a moment for what is under way. */
		async finish() {
			jobs.stop();
			await withTimeout(
				sending.catch(() => undefined),
				FINISH_LIMIT_MS,
			);
			services.noticeMailer?.close();
		},
	};
}
