// Why a stored token is not well, in words for the site's administrator.

import type { ProblemReference, TokenProblem, TokenProblemCode, Who } from '../domain/problem.ts';
import type { Language } from '../words/languages.ts';
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

const WORDS: Record<TokenProblemCode, (language: Language) => Words> = {
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

export function explainTokenProblem(
	code: TokenProblemCode,
	reference?: ProblemReference,
	language: Language = 'en',
): TokenExplanation {
	const words = markLanguage(WORDS[code](language), language);
	return { code, ...words, ...(reference && { reference }) };
}

/** The report of a token, with its problem in words. */
export function explainReport<Report extends { last_problem?: TokenProblem }>(
	report: Report,
	language: Language = 'en',
): Omit<Report, 'last_problem'> & { last_problem?: TokenExplanation } {
	const { last_problem: problem, ...rest } = report;
	if (problem === undefined) return rest;
	return { ...rest, last_problem: explainTokenProblem(problem.code, problem.reference, language) };
}
