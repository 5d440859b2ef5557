// Turns a problem code into words: what happened, who can do something about it, and the next step.
// Codes choose words and nothing else; where Microsoft said no, its own number says more than our code
// does, and chooses better ones. Written for someone who does not know what OAuth is.

import type { ProblemReference, SignInProblemCode } from '../domain/problem.ts';
import type { Explanation, SignInSubject } from '../domain/sign-in.ts';
import { PROBLEM_WORDS } from '../words/problem-words.ts';
import type { Language } from '../words/languages.ts';
import { approvalNeeded } from './aadsts/approval.ts';
import { findAadsts } from './aadsts/catalogue.ts';
import { say } from './say.ts';
import { markLanguage, type Words } from './words.ts';

type WordsOf = (subject: SignInSubject, language: Language) => Words;

const WORDS: Record<SignInProblemCode, WordsOf> = {
	sign_in_expired: (_subject, language) => say('sign_in_expired', 'visitor', language, {}),
	sign_in_interrupted: (_subject, language) => say('sign_in_interrupted', 'visitor', language, {}),
	cancelled_at_microsoft: (subject, language) =>
		say('cancelled_at_microsoft', 'visitor', language, subject),
	approval_needed: approvalNeeded,
	refused_by_microsoft: (_subject, language) =>
		say('refused_by_microsoft', 'microsoft_365_administrator', language, {}),
	organisation_not_allowed: (subject, language) => {
		const account = subject.signedInAs ?? PROBLEM_WORDS[language].the_account_that_signed_in({});
		return say('organisation_not_allowed', 'visitor', language, { ...subject, account });
	},
	microsoft_unreachable: (_subject, language) =>
		say('microsoft_unreachable', 'nobody', language, {}),
	microsoft_answer_invalid: () => ({
		who: 'operator',
		title: 'Microsoft’s answer could not be trusted',
		explanation:
			'The answer that came back did not belong to this sign-in, so it was thrown away. Nothing was stored.',
		next_step:
			'Press “Sign in with Microsoft” to start again. If it happens again, tell the operator of this page and add the details below.',
	}),
	clock_differs: () => ({
		who: 'operator',
		title: 'The clocks of this page and of Microsoft differ',
		explanation:
			'By the clock of this page’s server, the answer that has just come from Microsoft is too old or not yet in force. Nothing was stored.',
		next_step:
			'Tell the operator of this page and add the details below. For the operator: set the clock of the server by NTP, and see what “mailkey doctor” says of it.',
	}),
	authorization_code_refused: (_subject, language) =>
		say('authorization_code_refused', 'visitor', language, {}),
	helper_not_accepted_by_microsoft: () => ({
		who: 'operator',
		title: 'Microsoft does not accept this helper at the moment',
		explanation:
			'Microsoft refused this helper’s own registration. That is not your fault, and trying again does not help.',
		next_step: 'Tell the operator of this page and add the details below.',
	}),
	revoked: (subject, language) => say('revoked', 'visitor', language, subject),
	mail_rights_missing: (subject, language) =>
		say('mail_rights_missing', 'microsoft_365_administrator', language, subject),
};

/** The problems that are an answer of Microsoft's. In any other, a number is only a reference. */
const ANSWERED_BY_MICROSOFT: readonly SignInProblemCode[] = [
	'refused_by_microsoft',
	'approval_needed',
	'cancelled_at_microsoft',
	'authorization_code_refused',
	'helper_not_accepted_by_microsoft',
	'microsoft_unreachable',
];

/** In the visitor's language where it has the words, else in English, which is then said. */
export function explainProblem(
	code: SignInProblemCode,
	subject: SignInSubject,
	reference?: ProblemReference,
	language: Language = 'en',
): Explanation {
	const ofNumber = ANSWERED_BY_MICROSOFT.includes(code) ? findAadsts(reference?.code) : undefined;
	const words = (ofNumber ?? WORDS[code])(subject, language);
	return { code, ...markLanguage(words, language), ...(reference && { reference }) };
}
