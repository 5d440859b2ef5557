// The way back to the site that made the link: its registered return URL, with a code that is good once, or with what the
// sign-in failed for. The browser goes there by a press; the code is in this one answer and in that URL alone.

import { makeLinkSecret } from '../../domain/connect-link.ts';
import { Problem } from '../../domain/problem.ts';
import { addToReturnUrl } from '../../domain/return-url.ts';
import type { Services } from '../app/services.ts';
import { RETURN_LIMIT_MS } from '../durations.ts';
import type { RequestLimits } from '../limits/limit-requests.ts';
import type { Session } from '../owners/sessions.ts';
import { findOwnSignIn } from '../sign-ins/find-own-sign-in.ts';
import type { SignIn, SignInSelector } from '../sign-ins/sign-in.ts';
import { problemOf } from '../sign-ins/sign-in-status.ts';
import { hashLinkSecret } from './link-secret.ts';
import { refuseReturn } from './refuse-return.ts';

export type ReturnToSiteContext = Pick<
	Services,
	'now' | 'randomBytes' | 'signIns' | 'sites' | 'returnCodes'
> & { limits: Pick<RequestLimits, 'byAddress'> };

/**
 * Throws `Problem`: `unknown_sign_in`, also for a session that was replaced; `not_returned` where there is no way back;
 * `link_ended` where the return URL is not the site's any more; `site_not_registered`; `too_many_requests`.
 */
export async function returnToSite(
	context: ReturnToSiteContext,
	session: Session | undefined,
	selector: SignInSelector,
): Promise<{ return_to: string }> {
	const own = await findOwnSignIn(context, session, selector);
	if (own.link?.kind !== 'connect' || own.link.returnUrl === undefined) {
		throw new Problem('not_returned');
	}
	await context.limits.byAddress('return');
	const { id: connect_link, returnUrl, siteState: state } = own.link;
	await endUnlessItMayReturn(context, own, returnUrl);
	const problem = problemOf(own, context.now());
	if (problem !== undefined) {
		const back = { connect_link, error: problem.code, state };
		return { return_to: addToReturnUrl(returnUrl, back) };
	}
	const code = await makeCode(context, own.id, own.sessionId);
	return { return_to: addToReturnUrl(returnUrl, { connect_link, code, state }) };
}

/** Where its operator took back what it would return to, nothing of it is kept either. */
async function endUnlessItMayReturn(
	context: ReturnToSiteContext,
	{ id, siteId }: Pick<SignIn, 'id' | 'siteId'>,
	returnUrl: string,
): Promise<void> {
	const code = await refuseReturn(context, siteId, returnUrl);
	if (code === undefined) return;
	await context.signIns.fail(id, 'returning', { code });
	throw new Problem(code);
}

/** The one before is void. Throws `Problem` `not_returned`. */
async function makeCode(
	{ now, randomBytes, returnCodes }: ReturnToSiteContext,
	signInId: Parameters<Services['returnCodes']['add']>[0]['signInId'],
	sessionId: string,
): Promise<string> {
	const code = makeLinkSecret(randomBytes);
	const at = now();
	const added = await returnCodes.add({
		...{ codeSha256: hashLinkSecret(code), signInId, sessionId, now: at },
		returningAfter: new Date(at.getTime() - RETURN_LIMIT_MS),
	});
	if (!added) throw new Problem('not_returned');
	return code;
}
