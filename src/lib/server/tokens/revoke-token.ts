// Ends a stored token: the sealed values are destroyed at once. Microsoft offers no way to revoke a refresh
// token for an application (no RFC 7009 endpoint), so consent is withdrawn there by a person.

import { Problem } from '../../domain/problem.ts';
import { findOwnSignIn } from '../sign-ins/find-own-sign-in.ts';
import type { SignInSelector } from '../sign-ins/sign-in.ts';
import type { Session } from '../owners/sessions.ts';
import type { Services } from '../app/services.ts';

export type RevokeTokenContext = Pick<Services, 'now' | 'log' | 'signIns' | 'storedTokens'>;

/** As the owner, from the page. Throws `Problem` `unknown_sign_in`. */
export async function revokeOwnToken(
	context: RevokeTokenContext,
	session: Session | undefined,
	selector: SignInSelector,
): Promise<void> {
	const { storedTokens, now, log } = context;
	const own = await findOwnSignIn(context, session, selector);
	if (own.state === 'returning' && (await context.signIns.discard(own.id, own.sessionId))) return;
	if (own.state !== 'ready') throw new Problem('unknown_sign_in');
	await storedTokens.revoke(own.siteId, own.storedTokenId, { reason: 'by_owner', now: now() });
	log.info({ token: own.storedTokenId, site: own.siteId }, 'token revoked by its owner');
}

/** As the site. Throws `Problem` `unknown_identifier`, also for another site's and one that is revoked. */
export async function revokeSiteToken(
	{ storedTokens, now, log }: RevokeTokenContext,
	siteId: number,
	number: number,
): Promise<void> {
	const revoked = await storedTokens.revoke(siteId, number, { reason: 'by_site', now: now() });
	if (!revoked) throw new Problem('unknown_identifier');
	log.info({ token: number, site: siteId }, 'token revoked by its site');
}
