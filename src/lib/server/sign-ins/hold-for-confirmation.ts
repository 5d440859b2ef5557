// Somebody else than the mailbox signed in: the sign-in waits at `confirm` until a login as the mailbox has
// passed. The token set is sealed on the sign-in's own row, where nothing resolves it.

import type { SignIn } from './sign-in.ts';
import { signInPlace } from '../vault/vault.ts';
import { EXCHANGE_LIMIT_MS } from '../durations.ts';
import { accessTokenExpiry, type GrantedTokenSet, type StoredAccount } from './store-token.ts';
import type { Services } from '../app/services.ts';

export type HoldContext = Pick<Services, 'completions' | 'vault'>;

/** False when the sign-in was given up meanwhile; then nothing is stored. */
export async function holdForConfirmation(
	{ completions, vault }: HoldContext,
	signIn: SignIn,
	account: StoredAccount,
	tokens: GrantedTokenSet,
	move: { toSessionId: string; now: Date },
): Promise<boolean> {
	const { tenantId, objectId, username: signedInAs } = account;
	const { receivedAt, refreshToken, accessToken, scopes } = tokens;
	const tokenSet = {
		...{ tenantId, objectId, signedInAs, scopes },
		sealedRefreshToken: vault.seal(refreshToken, signInPlace('sealed_refresh_token', signIn)),
		sealedAccessToken: vault.seal(accessToken, signInPlace('sealed_access_token', signIn)),
		accessTokenExpiresAt: accessTokenExpiry(tokens),
		lastRefreshedAt: receivedAt,
	};
	const exchangingAfter = new Date(move.now.getTime() - EXCHANGE_LIMIT_MS);
	const fromSessionId = await completions.hold(signIn.id, tokenSet, { ...move, exchangingAfter });
	if (fromSessionId === undefined) return false;
	const { toSessionId } = move;
	if (fromSessionId !== toSessionId) {
		await completions.moveStragglers({ fromSessionId, toSessionId, account });
	}
	return true;
}
