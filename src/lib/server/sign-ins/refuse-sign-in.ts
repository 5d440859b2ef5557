// Microsoft sent the visitor back without a code: the sign-in ends with a problem in words.

import { problemOfRefusal, referenceOfRefusal } from '../../domain/refusal.ts';
import type { Services } from '../app/services.ts';
import type { Session } from '../owners/sessions.ts';
import { findOwnSignIn } from './find-own-sign-in.ts';
import type { SignInSelector } from './sign-in.ts';

/**
 * Throws `Problem` `unknown_sign_in`. One that has ended already stays as it is: a page that is loaded
 * again posts the refusal again.
 */
export async function refuseSignIn(
	{ signIns }: Pick<Services, 'signIns'>,
	session: Session | undefined,
	selector: SignInSelector,
	answer: { error: unknown; description: unknown },
): Promise<void> {
	const own = await findOwnSignIn({ signIns }, session, selector);
	const error = typeof answer.error === 'string' ? answer.error : '';
	const description = typeof answer.description === 'string' ? answer.description : '';
	await signIns.fail(own.id, 'started', {
		code: problemOfRefusal(error, description),
		reference: referenceOfRefusal(error, description),
	});
}
