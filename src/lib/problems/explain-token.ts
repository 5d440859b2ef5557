// Why a stored token is not well, in words for the site's administrator. Where Microsoft refused, its number chooses the same
// words as on the page, and what becomes of the token is added.

import { isUnlisted } from '../domain/aadsts.ts';
import type { MailCheckResults } from '../domain/mail-check.ts';
import { explainChecks } from './mail-answers/explain-mail-answer.ts';
import type { ProblemReference, TokenProblem, TokenProblemCode, Who } from '../domain/problem.ts';
import type { SignInSubject } from '../domain/sign-in.ts';
import type { Language } from '../words/languages.ts';
import { PROBLEM_WORDS } from '../words/problem-words.ts';
import { findAadsts } from './aadsts/catalogue.ts';
import { say } from './say.ts';
import { markLanguage, type Words } from './words.ts';

export type TokenExplanation = {
	code: TokenProblemCode;
	who: Who;
	title: string;
	explanation: string;
	next_step: string;
	reference?: ProblemReference;
	/** Of the words, where it is not the one that was asked for. */
	lang?: Language;
};

type WordsOf = (language: Language) => Words;

const WORDS: Record<TokenProblemCode, WordsOf> = {
	microsoft_unreachable: () => ({
		who: 'nobody',
		title: 'Microsoft did not answer',
		explanation: 'The last try to refresh the token failed at Microsoft or on the way there.',
		next_step: 'Nothing to do: it is tried again by itself.',
	}),
	microsoft_throttles: () => ({
		who: 'nobody',
		title: 'Microsoft asked to wait',
		explanation: 'Microsoft answers no refreshes of this token for a while.',
		next_step: 'Nothing to do: it is tried again by itself.',
	}),
	refused_once: () => ({
		who: 'nobody',
		title: 'Microsoft refused the token once',
		explanation: 'That can be a passing fault, so it is tried once more in a few minutes.',
		next_step: 'Nothing to do yet. If Microsoft refuses again, somebody has to sign in again.',
	}),
	sign_in_required: (language) => say('token_sign_in_required', 'visitor', language, {}),
	request_not_accepted: () => ({
		who: 'operator',
		title: 'Microsoft did not accept the request',
		explanation: 'Microsoft found a fault in what this helper asked for. The token is kept.',
		next_step: 'Tell the operator of the helper and add the details.',
	}),
};

/** A number without words may be anybody's trouble, so nobody is blamed for it. */
const NUMBER_WITHOUT_WORDS: WordsOf = () => ({
	who: 'operator',
	title: 'Microsoft gave a reason that is not known here',
	explanation:
		'The details hold all that Microsoft said. It can be a setting of one organisation, or a fault of this helper. The token is kept and tried again by itself.',
	next_step:
		'Send the details to the operator of the helper and to your Microsoft 365 administrator.',
});

/** What becomes of the token, beside what the number says. */
function ofToken(code: TokenProblemCode, words: Words): Words | undefined {
	const { who, next_step: next, language = 'en' } = words;
	const also = PROBLEM_WORDS[language];
	switch (code) {
		case 'refused_once':
			return { ...words, next_step: `${also.token_asked_once_more({})} ${next}` };
		case 'sign_in_required': {
			const then = who === 'visitor' ? [] : [also.token_then_sign_in({})];
			return { ...words, next_step: [next, ...then, also.token_identifier_stays({})].join(' ') };
		}
		case 'request_not_accepted':
			return { ...words, next_step: `${next} ${also.token_tried_again({})}` };
		default:
			return undefined;
	}
}

function wordsOf(
	code: TokenProblemCode,
	subject: SignInSubject,
	reference: ProblemReference | undefined,
	language: Language,
): Words {
	const ofNumber = findAadsts(reference?.code)?.(subject, language);
	const both = ofNumber && ofToken(code, ofNumber);
	if (both !== undefined) return both;
	const isUnknown = code === 'request_not_accepted' && isUnlisted(reference?.code);
	return (isUnknown ? NUMBER_WITHOUT_WORDS : WORDS[code])(language);
}

export function explainTokenProblem(
	code: TokenProblemCode,
	subject: SignInSubject,
	reference?: ProblemReference,
	language: Language = 'en',
): TokenExplanation {
	const words = markLanguage(wordsOf(code, subject, reference, language), language);
	return { code, ...words, ...(reference && { reference }) };
}

/** The same with its checks: what a site, or the operator, is told of a token. */
export function explainTokenReport<
	Report extends {
		last_problem?: TokenProblem;
		checks: MailCheckResults;
		mailbox: string;
		signed_in_as: string;
	},
>(report: Report) {
	const subject = { mailbox: report.mailbox, signedInAs: report.signed_in_as };
	return { ...explainReport(report), checks: explainChecks(report.checks, subject) };
}

/** The report of a token, with its problem in words. */
export function explainReport<
	Report extends { mailbox: string; site?: string; last_problem?: TokenProblem },
>(
	report: Report,
	language: Language = 'en',
): Omit<Report, 'last_problem'> & { last_problem?: TokenExplanation } {
	const { last_problem: problem, ...rest } = report;
	if (problem === undefined) return rest;
	const { mailbox, site = '' } = report;
	const { code, reference } = problem;
	return {
		...rest,
		last_problem: explainTokenProblem(code, { mailbox, site }, reference, language),
	};
}
