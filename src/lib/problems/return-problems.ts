// A return from Microsoft that the server knows nothing of: only the browser can tell that.

import type { Explanation } from '../domain/sign-in.ts';
import type { PageWords } from '../words/page-words.ts';

export type ReturnProblem = 'not_begun_here' | 'not_this_browser';

export function explainReturn(problem: ReturnProblem, words: PageWords): Omit<Explanation, 'code'> {
	return {
		who: 'visitor',
		title: words[`return_${problem}_title`]({}),
		explanation: words[`return_${problem}_explanation`]({}),
		next_step: words[`return_${problem}_next_step`]({}),
	};
}
