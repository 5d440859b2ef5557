// A return from Microsoft that the server knows nothing of: only the browser can tell that.

import type { Explanation } from '../domain/sign-in.ts';

export type ReturnProblem = 'not_begun_here' | 'not_this_browser';

const WORDS: Record<ReturnProblem, Omit<Explanation, 'code'>> = {
	not_begun_here: {
		who: 'visitor',
		title: 'The sign-in could not be finished in this window',
		explanation:
			'Microsoft’s answer did not belong to a sign-in that this window had begun, or it was opened a second time. Nothing was stored.',
		next_step:
			'Check the fields and press “Sign in with Microsoft” to start again. Stay in the same window until the identifier appears.',
	},
	not_this_browser: {
		who: 'visitor',
		title: 'This sign-in belongs to another browser',
		explanation:
			'The sign-in was begun in another browser or private window, or a long time ago. Nothing was stored here.',
		next_step:
			'Fill in the fields and press “Sign in with Microsoft” to start again. Stay in the same window until the identifier appears.',
	},
};

export function explainReturn(problem: ReturnProblem): Omit<Explanation, 'code'> {
	return WORDS[problem];
}
