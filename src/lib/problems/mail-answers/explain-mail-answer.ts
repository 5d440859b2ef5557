// What a mail server answered to a login, or did not answer, in words: what happened, who can do something
// about it, and the next step. Pure: the same words for the page, the command line and the tests.

import type {
	MailExplanation,
	MailLoginFailure,
	MailProblemCode,
} from '../../domain/mail-login.ts';
import type { MailProtocol } from '../../domain/sign-in.ts';
import type { Language } from '../../words/languages.ts';
import { mailProblemCode } from './codes.ts';
import { CONNECTION_WORDS } from './connection.ts';
import type { MailLoginContext, MailSubject, MailWords } from './context.ts';
import { mailEvidence } from './evidence.ts';
import { LOGIN_WORDS } from './login.ts';
import { SENDING_WORDS } from './sending.ts';
import { markLanguage } from '../words.ts';

export type { MailLoginContext } from './context.ts';

/** One set of words for each code: a code without them does not pass the type check. */
const WORDS: MailWords = { ...LOGIN_WORDS, ...SENDING_WORDS, ...CONNECTION_WORDS };

export function explainMailAnswer(
	protocol: MailProtocol,
	failure: MailLoginFailure,
	context: MailLoginContext,
): MailExplanation {
	const words = explain(mailProblemCode(protocol, failure, context), protocol, context, 'en');
	const answer = mailEvidence((failure.kind === 'refused' ? failure.answer : failure.detail) ?? '');
	return answer === '' ? words : { ...words, reference: { answer } };
}

/** For a protocol whose right Microsoft did not grant: no login is tried, and there is no answer. */
export function explainMissingRight(
	protocol: MailProtocol,
	subject: MailSubject,
	language: Language = 'en',
): MailExplanation {
	return explain('right_not_granted', protocol, subject, language);
}

/** What was told in English when it happened, for whoever reads it now. */
export function retellMailProblem(
	told: MailExplanation,
	protocol: MailProtocol,
	subject: MailSubject,
	language: Language,
): MailExplanation {
	return { ...told, ...explain(told.code, protocol, subject, language) };
}

function explain(
	code: MailProblemCode,
	protocol: MailProtocol,
	subject: MailSubject,
	language: Language,
): MailExplanation {
	return { code, ...markLanguage(WORDS[code](protocol, subject, language), language) };
}
