// Seals a token set and stores it behind its identifier, which ends the sign-in and gives the browser its new
// session.

import type { CompletesFrom } from './completion-store.ts';
import type { SealedTokenSet } from '../tokens/stored-token-store.ts';
import type { HoldContext } from './hold-tokens.ts';
import type { SignIn } from './sign-in.ts';
import type { MicrosoftAccount } from '../microsoft/id-token.ts';
import type { TokenSet } from '../microsoft/token-response.ts';
import { storedTokenPlace, type Vault } from '../vault/vault.ts';
import type { Services } from '../app/services.ts';

export type StoreTokenContext = HoldContext & Pick<Services, 'newTokenNumber' | 'signIns'>;

export type GrantedTokenSet = TokenSet & {
	refreshToken: string;
	receivedAt: Date;
	/** Whose name SMTP took, where a message proved it and it is not the mailbox's. */
	smtpUser?: string | undefined;
};

/** Who signed in, as it is stored. */
export type StoredAccount = Pick<MicrosoftAccount, 'tenantId' | 'objectId' | 'username'>;

/** False when the sign-in was given up meanwhile; then nothing is stored. */
export async function storeToken(
	{ completions, vault, newTokenNumber, becameUsable, signIns }: StoreTokenContext,
	signIn: Pick<SignIn, 'id' | 'siteId' | 'mailbox'>,
	account: StoredAccount,
	tokens: Omit<GrantedTokenSet, 'idToken'>,
	/** Without a session to move to, the browser keeps the one that owns the sign-in. */
	{ from, now, toSessionId }: { from: CompletesFrom; now: Date; toSessionId?: string },
): Promise<boolean> {
	const { siteId, mailbox } = signIn;
	const owner = { siteId, mailbox, tenantId: account.tenantId, objectId: account.objectId };
	// Each round that fails means that another one of the same owner or browser was written, or that the number was
	// taken, so there is an end.
	for (;;) {
		const reserved = await completions.reserve(signIn.id, owner, from, newTokenNumber());
		if (reserved === 'given_up') await signIns.endOfRenewal(signIn.id);
		// A code is good for one completion: by another request it is as good as given up.
		if (typeof reserved === 'string') return reserved === 'ready' && from.state !== 'returning';
		const sealed = sealTokens(vault, reserved.storedTokenId, signIn, account, tokens);
		const to = toSessionId ?? reserved.sessionId;
		const move = { toSessionId: to, now };
		if (!(await completions.complete(reserved, owner, sealed, move))) continue;
		if (reserved.sessionId !== to) {
			const move = { fromSessionId: reserved.sessionId, toSessionId: to, account };
			await completions.moveStragglers(move);
		}
		if (from.state !== 'returning') becameUsable(signIn.id, now);
		return true;
	}
}

export function accessTokenExpiry(
	tokens: Pick<GrantedTokenSet, 'receivedAt' | 'accessTokenLifetimeSeconds'>,
): Date {
	return new Date(tokens.receivedAt.getTime() + tokens.accessTokenLifetimeSeconds * 1000);
}

function sealTokens(
	vault: Vault,
	id: number,
	{ siteId, mailbox }: Pick<SignIn, 'siteId' | 'mailbox'>,
	account: StoredAccount,
	tokens: Omit<GrantedTokenSet, 'idToken'>,
): SealedTokenSet {
	const token = { id, siteId, mailbox };
	return {
		signedInAs: account.username,
		scopes: tokens.scopes,
		sealedRefreshToken: vault.seal(
			tokens.refreshToken,
			storedTokenPlace('sealed_refresh_token', token),
		),
		sealedAccessToken: vault.seal(
			tokens.accessToken,
			storedTokenPlace('sealed_access_token', token),
		),
		accessTokenExpiresAt: accessTokenExpiry(tokens),
		lastRefreshedAt: tokens.receivedAt,
		smtpUser: tokens.smtpUser,
	};
}
