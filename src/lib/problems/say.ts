// The commonest problems in the visitor's language: their words are in words/problems/*.json.

import type { Who } from '../domain/problem.ts';
import { directionOf, type Language } from '../words/languages.ts';
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

type InputsOf<Problem extends SaidProblem> = Parameters<ProblemWords[`${Problem}_title`]>[0] &
	Parameters<ProblemWords[`${Problem}_explanation`]>[0] &
	Parameters<ProblemWords[`${Problem}_next_step`]>[0];

export function say<Problem extends SaidProblem>(
	problem: Problem,
	who: Who,
	language: Language,
	inputs: InputsOf<Problem>,
): Words {
	const isolated = isolate(inputs, language);
	const sentence = (part: 'title' | 'explanation' | 'next_step') =>
		parseMessage(PROBLEM_WORDS[language][`${problem}_${part}`])(isolated);
	return {
		who,
		title: sentence('title'),
		explanation: sentence('explanation'),
		next_step: sentence('next_step'),
		language,
	};
}

/** The compiler checked that the inputs are those of this message. */
function parseMessage(message: unknown): (inputs: object) => string {
	return message as (inputs: object) => string;
}

/** FIRST STRONG ISOLATE and its end (Unicode Standard Annex 9): a name keeps its own direction. */
const [ISOLATE, END] = ['\u2068', '\u2069'];

/**
 * Addresses and names are written from left to right amid words that are not. Commands stand on lines of their own
 * and are copied, so nothing invisible may come into them.
 */
function isolate(inputs: object, language: Language): object {
	if (directionOf(language) === 'ltr') return inputs;
	return Object.fromEntries(
		Object.entries(inputs).map(([name, value]) => [
			name,
			name.endsWith('_command') ? value : `${ISOLATE}${String(value)}${END}`,
		]),
	);
}
