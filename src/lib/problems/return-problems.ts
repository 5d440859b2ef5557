// A return from Microsoft that the server knows nothing of: only the browser can tell that.

import type { Explanation } from '../domain/sign-in.ts';
import type { PageWords } from '../words/page-words.ts';

export const RETURN_PROBLEMS = [
	'not_begun_here',
	'not_handed_on',
	'not_this_browser',
	'cookies_blocked',
	'storage_blocked',
] as const;

export type ReturnProblem = (typeof RETURN_PROBLEMS)[number];

export function explainReturn(problem: ReturnProblem, words: PageWords): Omit<Explanation, 'code'> {
	return {
		who: 'visitor',
		title: words[`return_${problem}_title`]({}),
		explanation: words[`return_${problem}_explanation`]({}),
		next_step: words[`return_${problem}_next_step`]({}),
	};
}

/** The same before anybody goes. */
export function explainObstacle(
	obstacle: Extract<ReturnProblem, 'cookies_blocked' | 'storage_blocked'>,
	words: PageWords,
): string {
	const { explanation, next_step: nextStep } = explainReturn(obstacle, words);
	return `${explanation} ${nextStep}`;
}
