// The mailbox check of a connected mailbox, as the page follows it: what the server said last, what is running, and what was
// found by the last check that is over.

import type { MailChecks } from '../domain/mail-check.ts';
import { mapProtocols } from '../domain/mail-protocol.ts';
import type { ReadySignIn, SignInId } from '../domain/sign-in.ts';
import type { Fault } from './fault.ts';
import { isBeingChecked, pollChecks } from './poll.ts';
import { begin } from './act-on-sign-in.ts';

export class MailboxCheck {
	/** The page's data is where it starts; from then on its own poll is newer. */
	now: ReadySignIn;
	/** Stays while the mailbox is checked once more. Undefined until the first check is over. */
	found: MailChecks | undefined;
	readonly #selector: SignInId | 'current';
	readonly #polling = new AbortController();

	constructor(signIn: ReadySignIn, selector: SignInId | 'current') {
		this.now = $state.raw(signIn);
		this.found = $state.raw(isBeingChecked({ checks: signIn.checks }) ? undefined : signIn.checks);
		this.#selector = selector;
	}

	get isRunning(): boolean {
		return isBeingChecked(this.now);
	}

	/** True when it has ended; false when nobody answers, or nobody looks any more. */
	async follow(): Promise<boolean> {
		const { signal } = this.#polling;
		await pollChecks(this.#selector, signal, (status) => {
			if (status.status === 'ready') this.now = status;
		});
		if (signal.aborted) return false;
		// Without an answer, an earlier finding stays; after a first check the rest of the page is shown all the same.
		if (!this.isRunning || this.found === undefined) this.found = this.now.checks;
		return !this.isRunning;
	}

	/** Undefined when it has begun. */
	async begin(what: 'checks' | 'test-message'): Promise<Fault | undefined> {
		const fault = await begin(what, this.#selector);
		if (fault !== undefined) return fault;
		const running = { status: 'running' } as const;
		this.now =
			what === 'checks'
				? { ...this.now, checks: mapProtocols(() => running) }
				: { ...this.now, test_message: running };
		return undefined;
	}

	end(): void {
		this.#polling.abort();
	}
}
