// Keeps trying while the database is down what must not be lost: what Microsoft or a mail server answered, which
// may not be given twice.

import { isDatabaseDown } from './database/is-database-down.ts';
import type { Services } from './app/services.ts';
import { COMMIT_RETRY_MS } from './durations.ts';

export type RetryContext = Pick<Services, 'now' | 'sleep' | 'log'>;

const BETWEEN_TRIES_MS = 500;

export async function retryWhileDatabaseDown<Result>(
	{ now, sleep, log }: RetryContext,
	work: () => Promise<Result>,
): Promise<Result> {
	const giveUpAt = now().getTime() + COMMIT_RETRY_MS;
	for (;;) {
		try {
			return await work();
		} catch (error) {
			if (!isDatabaseDown(error) || now().getTime() >= giveUpAt) throw error;
			log.warn({ err: error }, 'the database is away; an answer waits to be stored');
			await sleep(BETWEEN_TRIES_MS);
		}
	}
}
