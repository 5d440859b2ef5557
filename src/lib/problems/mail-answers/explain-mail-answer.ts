// What a mail server answered to a login, or did not answer: first a problem in codes, which is kept, then its words for
// its reader. Pure: the same for the page, the command line and the tests.

import {
	type MailCheck,
	type MailCheckResult,
	type MailCheckResults,
	type MailChecks,
	type MailProblem,
	type MailSubject,
} from '../../domain/mail-check.ts';
import type {
	MailExplanation,
	MailLoginFailure,
	MailProblemCode,
} from '../../domain/mail-login.ts';
import { mapProtocols, type MailProtocol } from '../../domain/mail-protocol.ts';
import type { Language } from '../../domain/language.ts';
import { mailProblemCode, waitSecondsIn } from './codes.ts';
import { CONNECTION_WORDS } from './connection.ts';
import type { MailLoginContext, MailWords } from './context.ts';
import { mailEvidence } from './evidence.ts';
import { busyFor, LOGIN_WORDS } from './login.ts';
import { SENDING_WORDS } from './sending.ts';

export type { MailLoginContext } from './context.ts';

/** One set of words for each code: a code without them does not pass the type check. */
const WORDS: MailWords = { ...LOGIN_WORDS, ...SENDING_WORDS, ...CONNECTION_WORDS };

export function problemOfAnswer(
	protocol: MailProtocol,
	failure: MailLoginFailure,
	context: MailLoginContext,
): MailProblem {
	const code = mailProblemCode(protocol, failure, context);
	const said = (failure.kind === 'refused' ? failure.answer : failure.detail) ?? '';
	const answer = mailEvidence(said);
	const waitSeconds = code === 'mail_server_busy' ? waitSecondsIn(said) : undefined;
	return {
		...codedProblem(code, protocol, context),
		...(failure.kind === 'refused' && { stage: failure.stage }),
		...(waitSeconds !== undefined && { wait_seconds: waitSeconds }),
		...(answer !== '' && { reference: { answer } }),
	};
}

/** For a protocol whose right is not there: no login is tried, and there is no answer. */
export function problemOfMissingRight(
	protocol: MailProtocol,
	subject: MailSubject & { requested: readonly MailProtocol[] },
): MailProblem {
	const code = subject.requested.includes(protocol) ? 'right_not_granted' : 'right_not_requested';
	return codedProblem(code, protocol, subject);
}

function codedProblem(
	code: MailProblemCode,
	protocol: MailProtocol,
	subject: MailSubject,
): MailProblem {
	return { code, protocol, who: WORDS[code](protocol, subject, 'en').who };
}

type ToldMailProblem = Pick<MailProblem, 'code' | 'reference' | 'wait_seconds'>;

export function explainMailProblem(
	{ code, reference, wait_seconds: waitSeconds }: ToldMailProblem,
	protocol: MailProtocol,
	subject: MailSubject,
	language: Language = 'en',
): MailExplanation {
	const words =
		waitSeconds === undefined
			? WORDS[code](protocol, subject, language)
			: busyFor(waitSeconds, language);
	return { code, ...words, ...(reference && { reference }) };
}

export function explainCheck(
	{ status, problem }: MailCheckResult,
	protocol: MailProtocol,
	subject: MailSubject,
	language: Language = 'en',
): MailCheck {
	return {
		status,
		...(problem && { problem: explainMailProblem(problem, protocol, subject, language) }),
	};
}

export function explainChecks(
	checks: MailCheckResults,
	subject: MailSubject,
	language: Language = 'en',
): MailChecks {
	return mapProtocols((protocol) => explainCheck(checks[protocol], protocol, subject, language));
}
