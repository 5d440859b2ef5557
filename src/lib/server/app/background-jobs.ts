// What goes on beside all requests, in every process that has an app.

import { RETURN_LIMIT_MS, SIGN_IN_LIFETIME_MS } from '../durations.ts';
import { prune } from './prune.ts';
import type { Services } from './services.ts';

const PRUNE_EVERY_MS = 60 * 60_000;
/** A token set at `confirm` or `returning` outlives its sign-in by no more than this. */
const END_PENDING_EVERY_MS = 60_000;
const MEASURE_CLOCK_EVERY_MS = 60_000;
const WRITE_USES_EVERY_MS = 5_000;

/** Returns what ends them. A job that fails is tried again at its next time. */
export function startBackgroundJobs(services: Services): () => void {
	const timers = [
		repeat(services, END_PENDING_EVERY_MS, 'pending sign-ins', () => endOldPending(services)),
		repeat(services, PRUNE_EVERY_MS, 'prune', () => prune(services)),
		repeat(services, MEASURE_CLOCK_EVERY_MS, 'clock', () => services.clock.measure()),
		repeat(services, WRITE_USES_EVERY_MS, 'last uses', () => services.uses.write()),
		repeat(services, WRITE_USES_EVERY_MS, 'audit trail', () => services.auditTrail.write()),
	];
	return () => timers.forEach((timer) => clearInterval(timer));
}

function repeat(
	{ log }: Services,
	everyMs: number,
	name: string,
	work: () => Promise<void>,
): NodeJS.Timeout {
	return setInterval(() => {
		work().catch((error: unknown) => log.warn({ err: error, chore: name }, 'chore failed'));
	}, everyMs).unref();
}

/** Sign-ins that waited at `confirm` or `returning` for too long end, and their sealed token sets with them. */
export async function endOldPending({ now, signIns }: Pick<Services, 'now' | 'signIns'>) {
	const ago = (ms: number) => new Date(now().getTime() - ms);
	await signIns.endPending({
		startedBefore: ago(SIGN_IN_LIFETIME_MS),
		returningBefore: ago(RETURN_LIMIT_MS),
	});
}
