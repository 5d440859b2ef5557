// Why a stored token is not well, in words for the site's administrator. Where Microsoft refused, its number chooses the same
// words as on the page, and what becomes of the token is added.

import { isUnlisted } from '../domain/aadsts.ts';
import type { KeptCheckResults } from '../domain/mail-check.ts';
import { mapProtocols } from '../domain/mail-protocol.ts';
import { explainChecks } from './mail-answers/explain-mail-answer.ts';
import type { ProblemReference, TokenProblem, TokenProblemCode, Who } from '../domain/problem.ts';
import type { SignInSubject } from '../domain/sign-in.ts';
import type { Language } from '../domain/language.ts';
import { PROBLEM_WORDS } from '../words/problem-words.ts';
import { findAadsts } from './aadsts/catalogue.ts';
import { say } from './say.ts';
import type { Words } from './words.ts';

export type TokenExplanation = {
	code: TokenProblemCode;
	who: Who;
	title: string;
	explanation: string;
	next_step: string;
	reference?: ProblemReference;
};

type WordsOf = (language: Language) => Words;

const WORDS: Record<TokenProblemCode, WordsOf> = {
	microsoft_unreachable: (language) => say('token_microsoft_unreachable', 'nobody', language, {}),
	microsoft_throttles: (language) => say('token_throttled', 'nobody', language, {}),
	refused_once: (language) => say('token_refused_once', 'nobody', language, {}),
	sign_in_required: (language) => say('token_sign_in_required', 'visitor', language, {}),
	request_not_accepted: (language) => say('token_request_not_accepted', 'operator', language, {}),
};

/** A number without words may be anybody's trouble, so nobody is blamed for it. */
const NUMBER_WITHOUT_WORDS: WordsOf = (language) =>
	say('number_without_words', 'operator', language, {});

/** What becomes of the token, beside what the number says. */
function ofToken(code: TokenProblemCode, words: Words, language: Language): Words | undefined {
	const { who, next_step: next } = words;
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
	const both = ofNumber && ofToken(code, ofNumber, language);
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
	const words = wordsOf(code, subject, reference, language);
	return { code, ...words, ...(reference && { reference }) };
}

/** The same with its checks: what a site, or the operator, is told of a token. */
export function explainTokenReport<
	Report extends {
		last_problem?: TokenProblem;
		checks: KeptCheckResults;
		mailbox: string;
		signed_in_as: string;
	},
>(report: Report) {
	const subject = { mailbox: report.mailbox, signedInAs: report.signed_in_as };
	const explained = explainChecks(report.checks, subject);
	const checks = mapProtocols((protocol) => {
		const { checked_at: at } = report.checks[protocol];
		return { ...explained[protocol], ...(at !== undefined && { checked_at: at }) };
	});
	return { ...explainReport(report), checks };
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
