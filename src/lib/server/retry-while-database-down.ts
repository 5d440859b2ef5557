// Keeps trying while the database is down what must not be lost: what Microsoft or a mail server answered, which
// may not be given twice.

import { isDatabaseDown } from './database/is-database-down.ts';
import type { Services } from './app/services.ts';
import { COMMIT_RETRY_MS, MAX_HELD_ANSWERS } from './durations.ts';

export type RetryContext = Pick<Services, 'now' | 'sleep' | 'log' | 'heldAnswers'>;

/** How many wait now: the memory is bounded, however long the outage. */
export type HeldAnswers = { count: number };

const BETWEEN_TRIES_MS = 500;

export async function retryWhileDatabaseDown<Result>(
	context: RetryContext,
	work: () => Promise<Result>,
): Promise<Result> {
	const giveUpAt = context.now().getTime() + COMMIT_RETRY_MS;
	try {
		return await work();
	} catch (error) {
		const { heldAnswers } = context;
		if (!isDatabaseDown(error) || heldAnswers.count >= MAX_HELD_ANSWERS) throw error;
		heldAnswers.count += 1;
		if (heldAnswers.count === 1) {
			context.log.warn({ err: error }, 'the database is down; answers wait to be stored');
		}
		try {
			return await tryAgain(context, work, { error, giveUpAt });
		} finally {
			heldAnswers.count -= 1;
			if (heldAnswers.count === 0) context.log.info('no answer waits for the database any more');
		}
	}
}

async function tryAgain<Result>(
	{ now, sleep }: RetryContext,
	work: () => Promise<Result>,
	first: { error: unknown; giveUpAt: number },
): Promise<Result> {
	for (let { error } = first; ;) {
		if (!isDatabaseDown(error) || now().getTime() >= first.giveUpAt) throw error;
		await sleep(BETWEEN_TRIES_MS);
		try {
			return await work();
		} catch (next) {
			error = next;
		}
	}
}
