// The mailbox check of a sign-in for the page: what has ended, what is running, and what will never end because
// the process that ran it is gone.

import type {
	MailCheck,
	MailChecks,
	MailProtocol,
	StoredChecks,
	StoredTestMessage,
} from '../../domain/sign-in.ts';
import { explainMailAnswer } from '../../problems/mail-answers/explain-mail-answer.ts';
import type { Language } from '../../words/languages.ts';
import { CHECK_LIMIT_MS } from '../durations.ts';
import { retellCheck, type CheckSubject } from './retell-checks.ts';

export function checksOf(
	checks: StoredChecks,
	subject: CheckSubject,
	now: Date,
	language: Language,
): MailChecks {
	const check = (protocol: MailProtocol) => {
		const told = checks.results[protocol] ?? unfinished(protocol, checks.begun_at, subject, now);
		return retellCheck(told, protocol, subject, language);
	};
	return { imap: check('imap'), pop: check('pop'), smtp: check('smtp') };
}

export function testMessageOf(
	{ result, begun_at: begunAt }: StoredTestMessage,
	subject: CheckSubject,
	now: Date,
	language: Language,
): MailCheck {
	const told = result ?? unfinished('smtp', begunAt, subject, now);
	return retellCheck(told, 'smtp', subject, language);
}

/** For whoever waited in vain it is all the same why no answer came: try again. */
function unfinished(
	protocol: MailProtocol,
	begunAt: string,
	subject: CheckSubject,
	now: Date,
): MailCheck {
	if (now.getTime() - new Date(begunAt).getTime() < CHECK_LIMIT_MS) return { status: 'running' };
	const problem = explainMailAnswer(
		protocol,
		{ kind: 'unreachable', reason: 'timeout' },
		{ ...subject, account: 'mailbox', right: 'granted', tokenLeftSeconds: 0 },
	);
	return { status: 'failed', problem };
}
