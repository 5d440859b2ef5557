// Microsoft refuses the helper itself: its secret or certificate has expired or is wrong. That hits every
// site at once and is the operator's to mend, so it is said once and loudly, no stored token is touched, and
// Microsoft is asked only now and then until it accepts us again.

import type { ProblemReference } from '../../domain/problem.ts';
import type { Log } from '../log.ts';

export type CircuitBreaker = {
	/**
	 * How long, in milliseconds, to wait before a request to Microsoft; 0 lets it pass. Half open, it lets one request
	 * pass, and holds the others back until that one is answered.
	 */
	admit(now: Date): number;
	/** Without letting a request pass. */
	state(now: Date): 'closed' | 'half_open' | 'open';
	refused(now: Date, reference: ProblemReference): void;
	accepted(): void;
};

export function createCircuitBreaker(log: Log, { retryMs }: { retryMs: number }): CircuitBreaker {
	let refusedAt: Date | undefined;
	const waitOf = (from: Date, now: Date) => from.getTime() + retryMs - now.getTime();
	return {
		state(now) {
			if (refusedAt === undefined) return 'closed';
			return waitOf(refusedAt, now) > 0 ? 'open' : 'half_open';
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
