// Microsoft refuses the helper itself: its secret or certificate has expired or is wrong. That hits every
// site at once and is the operator's to mend, so it is said once and loudly, no stored token is touched, and
// Microsoft is asked only now and then until it accepts us again.

import type { ProblemReference } from '../../domain/problem.ts';
import type { Log } from '../log.ts';

export type CircuitBreaker = {
	/**
	 * How long, in milliseconds, to wait before Microsoft may be asked; 0 is leave to ask. During an alarm one
	 * caller at a time gets leave, and the others wait for what it is told.
	 */
	admit(now: Date): number;
	/** Without taking that leave: may anybody ask, one caller alone, or nobody? */
	state(now: Date): 'clear' | 'one_may_ask' | 'nobody_may_ask';
	refused(now: Date, reference: ProblemReference): void;
	accepted(): void;
};

export function createCircuitBreaker(log: Log, { retryMs }: { retryMs: number }): CircuitBreaker {
	let refusedAt: Date | undefined;
	const waitOf = (from: Date, now: Date) => from.getTime() + retryMs - now.getTime();
	return {
		state(now) {
			if (refusedAt === undefined) return 'clear';
			return waitOf(refusedAt, now) > 0 ? 'nobody_may_ask' : 'one_may_ask';
		},
		admit(now) {
			if (refusedAt === undefined) return 0;
			const wait = waitOf(refusedAt, now);
			if (wait > 0) return wait;
			refusedAt = now;
			return 0;
		},
		refused(now, reference) {
			if (refusedAt === undefined) {
				log.error(
					{ alarm: 'client_credential', reference },
					'Microsoft refuses this helper: its client secret or certificate is wrong or has expired. No mailbox can be refreshed until that is mended; no stored token is lost.',
				);
			}
			refusedAt = now;
		},
		accepted() {
			if (refusedAt !== undefined) {
				log.warn({ alarm: 'client_credential' }, 'Microsoft accepts this helper again');
			}
			refusedAt = undefined;
		},
	};
}
