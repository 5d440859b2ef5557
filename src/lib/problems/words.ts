// The four things that each problem's words say, what they may name, and in which language they are.

import type { Who } from '../domain/problem.ts';
import type { Language } from '../domain/language.ts';

export type Words = {
	who: Who;
	title: string;
	explanation: string;
	next_step: string;
	/** The language that they are in; English where none is named. */
	language?: Language;
};

/** Words for somebody who reads another language than they are in have to say so (WCAG 2.2, 3.1.2). */
export function markLanguage<Marked extends { language?: Language }>(
	words: Marked,
	wanted: Language,
): Omit<Marked, 'language'> & { lang?: Language } {
	const { language = 'en', ...rest } = words;
	return language === wanted ? rest : { ...rest, lang: language };
}
