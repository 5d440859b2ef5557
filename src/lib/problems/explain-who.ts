// Who can do something about a problem, in words.

import type { Who } from '../domain/problem.ts';
import type { PageWords } from '../words/page-words.ts';

export function explainWho(who: Who, words: PageWords): string {
	return words[`who_${who}`]({});
}
