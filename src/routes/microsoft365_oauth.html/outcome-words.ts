// What the page is called, and what it says aloud, once a sign-in came to something or has to be asked about. Fetched
// with what shows it.

import { isCompletedBySite, type SignInStatus } from '$lib/domain/sign-in';
import type { PageWords } from '$lib/words/page-words';

/** Undefined while it came to nothing yet. */
export function titleOfOutcome(
	signIn: SignInStatus,
	hasReturnProblem: boolean,
	words: PageWords,
): string | undefined {
	if (isCompletedBySite(signIn)) return words.state_works({});
	const { status } = signIn;
	if (status === 'ready') return words.title_ready({});
	if (status === 'confirm') return words.title_confirm({});
	if (status === 'returning') return words.return_title({});
	return status === 'failed' || hasReturnProblem ? words.title_failed({}) : undefined;
}

/** Undefined where what is shown says it by itself. */
export function announcementOf(status: SignInStatus, words: PageWords): string | undefined {
	if (isCompletedBySite(status)) return words.state_works({});
	if (status.status === 'ready') return words.say_connected({});
	if (status.status === 'failed') return status.problem.title;
	if (status.status !== 'confirm') return undefined;
	return status.checks ? words.say_not_with_this_account({}) : words.confirm_title({});
}
