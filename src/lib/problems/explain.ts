// Turns a problem code into words: what happened, who can do something about it, and the next step.
// Codes choose words and nothing else; where Microsoft said no, its own number says more than our code
// does, and chooses better ones. Written for someone who does not know what OAuth is.

import { isUnlisted } from '../domain/aadsts.ts';
import type { ProblemReference, SignInProblemCode } from '../domain/problem.ts';
import type { Explanation, SignInSubject } from '../domain/sign-in.ts';
import { PROBLEM_WORDS } from '../words/problem-words.ts';
import type { Language } from '../domain/language.ts';
import { approvalNeeded } from './aadsts/approval.ts';
import { findAadsts } from './aadsts/catalogue.ts';
import { said, say } from './say.ts';
import type { Words } from './words.ts';

type WordsOf = (subject: SignInSubject, language: Language) => Words;

const WORDS: Record<SignInProblemCode, WordsOf> = {
	sign_in_expired: (subject, language) => {
		const words = say('sign_in_expired', 'visitor', language, subject);
		if (!subject.hadToReturn) return words;
		// Signed in in time, and not gone back to the site in time.
		return { ...words, explanation: PROBLEM_WORDS[language].sign_in_expired_on_return({}) };
	},
	sign_in_interrupted: said('visitor', 'sign_in_interrupted'),
	cancelled_at_microsoft: said('visitor', 'cancelled_at_microsoft'),
	approval_needed: approvalNeeded,
	refused_by_microsoft: said('microsoft_365_administrator', 'refused_by_microsoft'),
	organisation_not_allowed: (subject, language) => {
		const account = subject.signedInAs ?? PROBLEM_WORDS[language].the_account_that_signed_in({});
		return say('organisation_not_allowed', 'visitor', language, { ...subject, account });
	},
	microsoft_unreachable: said('nobody', 'microsoft_unreachable'),
	microsoft_answer_invalid: said('operator', 'answer_not_trusted'),
	clock_differs: said('operator', 'clock_differs'),
	authorization_code_refused: said('visitor', 'authorization_code_refused'),
	helper_not_accepted_by_microsoft: said('operator', 'helper_not_accepted'),
	revoked: said('visitor', 'revoked'),
	site_not_registered: said('operator', 'site_not_registered'),
	mailbox_not_allowed: said('operator', 'mailbox_not_allowed'),
	link_ended: said('visitor', 'link_ended'),
	account_differs: said('visitor', 'account_differs'),
	mail_rights_missing: said('microsoft_365_administrator', 'mail_rights_missing'),
};

/** A number without words may be anybody's trouble, so nobody is blamed for it. */
const NUMBER_WITHOUT_WORDS = said('operator', 'sign_in_number_without_words');

/** The problems that are an answer of Microsoft's. In any other, a number is only a reference. */
const ANSWERED_BY_MICROSOFT: readonly SignInProblemCode[] = [
	'refused_by_microsoft',
	'approval_needed',
	'cancelled_at_microsoft',
	'authorization_code_refused',
	'helper_not_accepted_by_microsoft',
	'microsoft_unreachable',
];

export function explainProblem(
	code: SignInProblemCode,
	subject: SignInSubject,
	reference?: ProblemReference,
	language: Language = 'en',
): Explanation {
	const ofNumber = ANSWERED_BY_MICROSOFT.includes(code) ? findAadsts(reference?.code) : undefined;
	const isUnknown = code === 'refused_by_microsoft' && isUnlisted(reference?.code);
	const words = (ofNumber ?? (isUnknown ? NUMBER_WITHOUT_WORDS : WORDS[code]))(subject, language);
	return { code, ...words, ...(reference && { reference }) };
}
