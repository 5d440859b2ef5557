// What keeps the tokens alive without anybody asking. Only the serving process starts it.

import { createKeepAlive, revokeNeverUsed } from '../tokens/keep-alive.ts';
import type { AppOptions } from './create-services.ts';
import type { Services } from './services.ts';

/** While more may be due, so that the rate is spread over the second; else how often the table is looked at. */
const WHILE_MORE_MS = 50;
const WHEN_DONE_MS = 1_000;
const NEVER_USED_EVERY_MS = 60 * 60_000;

export function createKeepAliveJobs(services: Services, { settings }: AppOptions) {
	const { ratePerSecond, neverUsedDays } = settings.keepAlive;
	const { refreshDue, stop, settled } = createKeepAlive(services, { ratePerSecond });
	const revoke = () => revokeNeverUsed(services, neverUsedDays);
	const timers = new Map<string, NodeJS.Timeout>();
	let isStopped = false;

	/** Begun again some time after each end; one that fails is tried again at its next time. */
	function repeat(name: string, waitMs: number, work: () => Promise<number>): void {
		const once = async () => {
			const nextMs = await work().catch((error: unknown) => {
				services.log.warn({ err: error, chore: name }, 'chore failed');
				return WHEN_DONE_MS;
			});
			if (!isStopped) repeat(name, nextMs, work);
		};
		timers.set(name, setTimeout(() => void once(), waitMs).unref());
	}

	return {
		refreshDue,
		revokeNeverUsed: revoke,
		start() {
			repeat('keep alive', WHEN_DONE_MS, async () =>
				(await refreshDue()) === 'more' ? WHILE_MORE_MS : WHEN_DONE_MS,
			);
			repeat('never used', WHEN_DONE_MS, async () => {
				await revoke();
				return NEVER_USED_EVERY_MS;
			});
		},
		/** Begins nothing further. */
		stop() {
			isStopped = true;
			timers.forEach((timer) => clearTimeout(timer));
			stop();
		},
		settled,
	};
}
