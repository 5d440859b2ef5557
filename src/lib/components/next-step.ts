// A next step says what the visitor does, and after that perhaps what an administrator or the operator does, in their terms.

import type { PageWords } from '../words/page-words.ts';

export type SplitNextStep = {
	/** The visitor's. */
	own: string;
	/** For whoever it is sent to. */
	forOthers: string | undefined;
};

export function splitNextStep(text: string, words: PageWords): SplitNextStep {
	const places = [words.next_step_operator({}), words.next_step_administrator({})]
		.map((mark) => text.indexOf(mark))
		.filter((place) => place > 0);
	if (places.length === 0) return { own: text, forOthers: undefined };
	const place = Math.min(...places);
	return { own: text.slice(0, place).trimEnd(), forOthers: text.slice(place) };
}
