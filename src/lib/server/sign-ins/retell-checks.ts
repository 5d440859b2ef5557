// Tells what came of mail logins in the language of whoever reads it now. What is stored is in English, with its code.

import type { MailCheck, MailChecks, MailProtocol } from '../../domain/sign-in.ts';
import { retellMailProblem } from '../../problems/mail-answers/explain-mail-answer.ts';
import type { Language } from '../../words/languages.ts';
import { isSomeoneElse } from '../mailbox-checks/check-mailbox.ts';

export type CheckSubject = { mailbox: string; signedInAs: string };

export function retellCheck(
	{ status, problem }: MailCheck,
	protocol: MailProtocol,
	subject: CheckSubject,
	language: Language,
): MailCheck {
	if (problem === undefined) return { status };
	const account = isSomeoneElse(subject) ? 'someone_else' : 'mailbox';
	return {
		status,
		problem: retellMailProblem(problem, protocol, { ...subject, account }, language),
	};
}

export function retellChecks(
	checks: Partial<MailChecks>,
	subject: CheckSubject,
	language: Language,
): Partial<MailChecks> {
	const { imap, pop, smtp } = checks;
	return {
		...(imap && { imap: retellCheck(imap, 'imap', subject, language) }),
		...(pop && { pop: retellCheck(pop, 'pop', subject, language) }),
		...(smtp && { smtp: retellCheck(smtp, 'smtp', subject, language) }),
	};
}
