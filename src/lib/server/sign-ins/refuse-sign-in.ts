// Microsoft sent the visitor back without a code: the sign-in ends with a problem in words.

import { Problem } from '../../domain/problem.ts';
import { problemOfRefusal, referenceOfRefusal } from '../../domain/refusal.ts';
import type { SignInSelector, SignInStore } from './sign-in-store.ts';
import type { Session } from '../owners/sessions.ts';

/**
 * Throws `Problem` `unknown_sign_in`. One that has ended already stays as it is: a page that is loaded
 * again posts the refusal again.
 */
export async function refuseSignIn(
	{ signIns }: { signIns: SignInStore },
	session: Session | undefined,
	selector: SignInSelector,
	answer: { error: unknown; description: unknown },
): Promise<void> {
	const own = session?.access === 'full' && (await signIns.findOwned(selector, session.id));
	if (!own) throw new Problem('unknown_sign_in');
	const error = typeof answer.error === 'string' ? answer.error : '';
	const description = typeof answer.description === 'string' ? answer.description : '';
	await signIns.fail(own.id, 'started', {
		code: problemOfRefusal(error, description),
		reference: referenceOfRefusal(error, description),
	});
}
