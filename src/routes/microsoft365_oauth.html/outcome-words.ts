// What the page is called, and what it says aloud, once a sign-in came to something or has to be asked about. Fetched
// with what shows it.

import type { ApprovalReturn } from '$lib/domain/approval';
import { stateInWords } from '$lib/components/check-outcome';
import { isCompletedBySite, type SignInStatus } from '$lib/domain/sign-in';
import type { PageWords } from '$lib/words/page-words';

type FormPlace = {
	isUnreachable: boolean;
	hasReturnProblem: boolean;
	approval: ApprovalReturn['outcome'] | undefined;
	isFilled: boolean;
};

/** Undefined while it came to nothing yet. */
export function titleOfOutcome(
	signIn: SignInStatus,
	hasReturnProblem: boolean,
	words: PageWords,
): string | undefined {
	if (isCompletedBySite(signIn)) return words.state_works({});
	if (signIn.status === 'ready') return stateInWords(words, signIn.checks);
	const { status } = signIn;
	if (status === 'confirm') return words.title_confirm({});
	if (status === 'returning') return words.return_title({});
	return status === 'failed' || hasReturnProblem ? words.title_failed({}) : undefined;
}

/** Of the form below. */
export function titleOfForm(
	signIn: SignInStatus,
	{ isUnreachable, hasReturnProblem, approval, isFilled }: FormPlace,
	words: PageWords,
): string {
	if (approval === 'approved' && isFilled) return words.sign_in_now_title({});
	if (approval !== undefined) return words.mailboxes_connect({});
	if (isUnreachable) return words.no_answer_title({});
	if (hasReturnProblem) return words.link_sign_in_again({});
	if (signIn.status === 'ready') return words.another_title({});
	if (signIn.status !== 'failed') return words.link_sign_in_again({});
	const { code, who } = signIn.problem;
	if (code === 'revoked') return words.mailboxes_connect({});
	return who === 'operator' ? words.once_fixed_title({}) : words.link_sign_in_again({});
}

/** Undefined where what is shown says it by itself. */
export function announcementOf(status: SignInStatus, words: PageWords): string | undefined {
	if (isCompletedBySite(status)) return words.state_works({});
	if (status.status === 'ready') return words.say_connected({});
	if (status.status === 'failed') return status.problem.title;
	if (status.status !== 'confirm') return undefined;
	return status.checks ? words.say_not_with_this_account({}) : words.confirm_title({});
}
