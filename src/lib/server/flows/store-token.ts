// Seals a token set and stores it behind its identifier, ends the sign-in, and gives the browser its new
// session: one transaction, so that no reader ever sees one without the other.

import { createSignInStore, type SignIn } from '../database/sign-in-store.ts';
import { createStoredTokenStore } from '../database/stored-token-store.ts';
import { rolledBackUnlessTrue, type Database } from '../database/connection.ts';
import type { MicrosoftAccount } from '../microsoft/id-token.ts';
import type { TokenSet } from '../microsoft/token-endpoint.ts';
import { storedTokenPlace, type Vault } from '../vault/vault.ts';
import { EXCHANGE_LIMIT_MS } from './durations.ts';

export type StoreTokenContext = { database: Database; vault: Vault };

export type GrantedTokenSet = TokenSet & { refreshToken: string; receivedAt: Date };

/** False when the sign-in was given up meanwhile; then nothing is stored. */
export async function storeToken(
	{ database, vault }: StoreTokenContext,
	signIn: SignIn,
	account: MicrosoftAccount,
	tokens: GrantedTokenSet,
	move: { toSessionId: string; now: Date },
): Promise<boolean> {
	return rolledBackUnlessTrue(database, async (transaction) => {
		const storedTokens = createStoredTokenStore(transaction);
		const signIns = createSignInStore(transaction);
		const { siteId, mailbox } = signIn;
		const owner = { siteId, mailbox, tenantId: account.tenantId, objectId: account.objectId };
		const reserved = await storedTokens.reserve(owner);
		await storedTokens.save(
			reserved,
			owner,
			sealTokens(vault, reserved.id, signIn, account, tokens),
		);
		const ownerSessionId = await signIns.complete(signIn.id, {
			storedTokenId: reserved.id,
			signedInAs: account.username,
			exchangingAfter: new Date(move.now.getTime() - EXCHANGE_LIMIT_MS),
		});
		if (ownerSessionId === undefined) return false;
		if (ownerSessionId !== move.toSessionId) {
			await signIns.moveToSession(ownerSessionId, move.toSessionId, move.now);
		}
		return true;
	});
}

function sealTokens(
	vault: Vault,
	id: number,
	{ siteId, mailbox }: SignIn,
	account: MicrosoftAccount,
	tokens: GrantedTokenSet,
) {
	const token = { id, siteId, mailbox };
	const { receivedAt, accessTokenLifetimeSeconds } = tokens;
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
		accessTokenExpiresAt: new Date(receivedAt.getTime() + accessTokenLifetimeSeconds * 1000),
		lastRefreshedAt: receivedAt,
	};
}
