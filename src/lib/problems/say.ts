// Problems in the visitor's language: their words are in words/problems/*.json.

import type { Who } from '../domain/problem.ts';
import type { SignInSubject } from '../domain/sign-in.ts';
import { directionOf, type Language } from '../domain/language.ts';
import { PROBLEM_WORDS, type ProblemWords } from '../words/problem-words.ts';
import type { Words } from './words.ts';

/** The problems that have a title, an explanation and a next step there. */
export type SaidProblem = {
	[Key in keyof ProblemWords]: Key extends `${infer Name}_title`
		? `${Name}_next_step` extends keyof ProblemWords
			? Name
			: never
		: never;
}[keyof ProblemWords];

export type InputsOf<Problem extends SaidProblem> = Parameters<
	ProblemWords[`${Problem}_title`]
>[0] &
	Parameters<ProblemWords[`${Problem}_explanation`]>[0] &
	Parameters<ProblemWords[`${Problem}_next_step`]>[0];

export function say<Problem extends SaidProblem>(
	problem: Problem,
	who: Who,
	language: Language,
	// Named first: of all the problems' inputs together the compiler would make one type, which is too large.
	inputs: object & InputsOf<Problem>,
): Words {
	const isolated = isolate<object>(inputs, language);
	const sentence = (part: 'title' | 'explanation' | 'next_step') =>
		parseMessage(PROBLEM_WORDS[language][`${problem}_${part}`])(isolated);
	return {
		who,
		title: sentence('title'),
		explanation: sentence('explanation'),
		next_step: sentence('next_step'),
	};
}

/** The problems whose words name nothing but the mailbox and the site of a sign-in. */
type ProblemOfSignIn = {
	[Problem in SaidProblem]: SignInSubject extends InputsOf<Problem> ? Problem : never;
}[SaidProblem];

export function said(who: Who, problem: ProblemOfSignIn) {
	return (subject: SignInSubject, language: Language): Words =>
		say(problem, who, language, subject);
}

/** Nothing is parsed: a message chosen by a made-up name has no type that fits all, and `say` has checked its inputs. */
function parseMessage(message: unknown): (inputs: object) => string {
	return message as (inputs: object) => string;
}

/** FIRST STRONG ISOLATE and its end (Unicode Standard Annex 9): a name keeps its own direction. */
const [ISOLATE, END] = ['\u2068', '\u2069'];

/**
 * Addresses and names are written from left to right amid words that are not. Commands are on lines of their own
 * and are copied, so nothing invisible may come into them.
 */
export function isolate<Inputs extends object>(inputs: Inputs, language: Language): Inputs {
	if (directionOf(language) === 'ltr') return inputs;
	const isolated: Record<string, string> = {};
	for (const [name, value] of Object.entries(inputs)) {
		const text = String(value);
		isolated[name] = name.endsWith('_command') ? text : `${ISOLATE}${text}${END}`;
	}
	return { ...inputs, ...isolated };
}
