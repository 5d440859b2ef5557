// What the logins at `confirm` came to, for the page: each protocol on its own.

import type { MailCheck, MailChecks, ReadingProtocol } from '../../domain/sign-in.ts';
import type { SignIn } from '../database/sign-in-store.ts';
import { CONFIRM_TRY_LIMIT_MS } from './durations.ts';

/** Undefined before the first try. SMTP proves nothing here: it is tried once the sign-in is `ready`. */
export function checksAtConfirm(
	{ tried }: SignIn & { state: 'confirm' },
	now: Date,
): MailChecks | undefined {
	if (tried === undefined) return undefined;
	// Whoever tried and said nothing in this time is gone.
	const isRunning = now.getTime() - tried.since.getTime() < CONFIRM_TRY_LIMIT_MS;
	const check = (protocol: ReadingProtocol): MailCheck =>
		tried.tries[protocol] ?? { status: isRunning ? 'running' : 'skipped' };
	return { imap: check('imap'), pop: check('pop'), smtp: { status: 'skipped' } };
}
