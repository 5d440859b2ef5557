// Microsoft refuses the helper itself: its secret, certificate or clock is wrong. Only the numbers that say so count
// (domain/aadsts.ts); whatever else is refused is one token's own trouble. This hits every site at once and is the
// operator's to mend, so it is said once and loudly, no stored token is touched, and Microsoft is asked only now and then
// until it accepts us again.

import type { ProblemReference } from '../../domain/problem.ts';
import type { Log } from '../log.ts';
import { credentialFault } from './credential-fault.ts';

export type CircuitBreaker = {
	/**
	 * How long, in milliseconds, to wait before a request to Microsoft; 0 lets it pass. Half open, it lets one request
	 * pass, and holds the others back until that one is answered.
	 */
	admit(now: Date): number;
	/** Without letting a request pass. */
	state(now: Date): 'closed' | 'half_open' | 'open';
	/** Why requests are held back; undefined while they are not. */
	refusal(): ProblemReference | undefined;
	refused(now: Date, reference: ProblemReference): void;
	accepted(): void;
};

export function createCircuitBreaker(log: Log, { retryMs }: { retryMs: number }): CircuitBreaker {
	let refusal: { at: Date; reference: ProblemReference } | undefined;
	const waitOf = (from: Date, now: Date) => from.getTime() + retryMs - now.getTime();
	return {
		state(now) {
			if (refusal === undefined) return 'closed';
			return waitOf(refusal.at, now) > 0 ? 'open' : 'half_open';
		},
		admit(now) {
			if (refusal === undefined) return 0;
			const wait = waitOf(refusal.at, now);
			if (wait > 0) return wait;
			refusal.at = now;
			return 0;
		},
		refusal: () => refusal?.reference,
		refused(now, reference) {
			// A new secret that is wrong in another way is news.
			if (refusal === undefined || refusal.reference.code !== reference.code) {
				log.error(
					{ alarm: 'client_credential', reference },
					`Microsoft refuses this helper: ${credentialFault(reference)} No mailbox can be refreshed until that is mended; no stored token is lost.`,
				);
			}
			refusal = { at: now, reference };
		},
		accepted() {
			if (refusal !== undefined) {
				log.warn({ alarm: 'client_credential' }, 'Microsoft accepts this helper again');
			}
			refusal = undefined;
		},
	};
}
