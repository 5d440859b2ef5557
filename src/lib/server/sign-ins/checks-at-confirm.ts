// What the logins at `confirm` came to, for the page: each protocol on its own.

import type { MailCheck, MailChecks, ReadingProtocol } from '../../domain/sign-in.ts';
import type { Language } from '../../words/languages.ts';
import type { SignIn } from './sign-in-store.ts';
import { CONFIRM_TRY_LIMIT_MS } from '../durations.ts';
import { retellCheck } from './retell-checks.ts';

/** Undefined before the first try. SMTP proves nothing here: it is tried once the sign-in is `ready`. */
export function checksAtConfirm(
	{ tried, mailbox, signedInAs = '' }: SignIn & { state: 'confirm' },
	now: Date,
	language: Language,
): MailChecks | undefined {
	if (tried === undefined) return undefined;
	// Whoever tried and said nothing in this time is gone.
	const isRunning = now.getTime() - tried.since.getTime() < CONFIRM_TRY_LIMIT_MS;
	const check = (protocol: ReadingProtocol): MailCheck => {
		const told = tried.tries[protocol] ?? { status: isRunning ? 'running' : 'skipped' };
		return retellCheck(told, protocol, { mailbox, signedInAs }, language);
	};
	return { imap: check('imap'), pop: check('pop'), smtp: { status: 'skipped' } };
}
