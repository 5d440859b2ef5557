// Opens the token set of a sign-in that waits at `confirm` or `returning`.

import { signInPlace } from '../vault/vault.ts';
import type { MailboxAccess } from '../mailbox-checks/check-mailbox.ts';
import type { PendingConfirmation } from './sign-in.ts';
import { accessTokenExpiry, type GrantedTokenSet } from './store-token.ts';
import type { Services } from '../app/services.ts';

/** Throws `OpenError`. */
export function openPending(
	{ vault }: Pick<Services, 'vault'>,
	pending: PendingConfirmation,
): GrantedTokenSet {
	const { sealedRefreshToken, sealedAccessToken, scopes, smtpUser, ...at } = pending.tokenSet;
	const lifetimeMs = at.accessTokenExpiresAt.getTime() - at.lastRefreshedAt.getTime();
	return {
		refreshToken: vault.open(sealedRefreshToken, signInPlace('sealed_refresh_token', pending)),
		accessToken: vault.open(sealedAccessToken, signInPlace('sealed_access_token', pending)),
		accessTokenLifetimeSeconds: lifetimeMs / 1000,
		idToken: undefined,
		scopes,
		receivedAt: at.lastRefreshedAt,
		smtpUser,
	};
}

/** For logins at the mailbox. */
export function accessOf(
	{ siteId, mailbox, protocols, tokenSet }: PendingConfirmation,
	tokens: GrantedTokenSet,
): MailboxAccess {
	return {
		...{ siteId, mailbox, protocols, requested: protocols, signedInAs: tokenSet.signedInAs },
		...{ scopes: tokens.scopes, accessToken: tokens.accessToken, smtpUser: tokens.smtpUser },
		accessTokenExpiresAt: accessTokenExpiry(tokens),
	};
}
