// The guard before everything that is done to a sign-in: only the session that owns it, and only with full access.

import { Problem } from '../../domain/problem.ts';
import type { Services } from '../app/services.ts';
import type { Session } from '../owners/sessions.ts';
import type { SignIn, SignInSelector } from './sign-in.ts';

/** Throws `Problem` `unknown_sign_in`: the same for one that is unknown and one that is another's. */
export async function findOwnSignIn(
	{ signIns }: { signIns: Pick<Services['signIns'], 'findOwned'> },
	session: Session | undefined,
	selector: SignInSelector,
): Promise<SignIn & { sessionId: string }> {
	if (session?.access !== 'full') throw new Problem('unknown_sign_in');
	const own = await signIns.findOwned(selector, session.id);
	if (own === undefined) throw new Problem('unknown_sign_in');
	return { ...own, sessionId: session.id };
}
