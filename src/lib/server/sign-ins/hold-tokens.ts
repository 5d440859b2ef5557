// A sign-in that waits with its token set: at `confirm`, as somebody else than the mailbox signed in, until a login as the
// mailbox has passed; at `returning` until the site that made its link presents the code that comes with the browser. The
// token set is sealed on the sign-in's own row, where nothing resolves or refreshes it.

import type { SignIn } from './sign-in.ts';
import type { Hold } from './completion-store.ts';
import { signInPlace } from '../vault/vault.ts';
import { accessTokenExpiry, type GrantedTokenSet, type StoredAccount } from './store-token.ts';
import type { Services } from '../app/services.ts';

export type HoldContext = Pick<Services, 'completions' | 'vault'> & {
	/** The sign-in is `ready` or `returning` since this instant, and its mailbox check is marked as begun. */
	becameUsable: (signIn: SignIn['id'], at: Date) => void;
};

/** False when the sign-in was given up meanwhile; then nothing is stored. */
export async function holdTokens(
	{ completions, vault, becameUsable }: HoldContext,
	signIn: Pick<SignIn, 'id' | 'siteId' | 'mailbox'>,
	account: StoredAccount,
	tokens: Omit<GrantedTokenSet, 'idToken'>,
	hold: Hold,
): Promise<boolean> {
	const { tenantId, objectId, username: signedInAs } = account;
	const { receivedAt, refreshToken, accessToken, scopes, smtpUser } = tokens;
	const tokenSet = {
		...{ tenantId, objectId, signedInAs, scopes, smtpUser },
		sealedRefreshToken: vault.seal(refreshToken, signInPlace('sealed_refresh_token', signIn)),
		sealedAccessToken: vault.seal(accessToken, signInPlace('sealed_access_token', signIn)),
		accessTokenExpiresAt: accessTokenExpiry(tokens),
		lastRefreshedAt: receivedAt,
	};
	const fromSessionId = await completions.hold(signIn.id, tokenSet, hold);
	if (fromSessionId === undefined) return false;
	const { toSessionId = fromSessionId } = hold;
	if (fromSessionId !== toSessionId) {
		await completions.moveStragglers({ fromSessionId, toSessionId, account });
	}
	if (hold.to === 'returning') becameUsable(signIn.id, hold.now);
	return true;
}
