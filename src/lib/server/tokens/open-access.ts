// The access that the helper holds to a mailbox, opened for a login of its own: refreshed first when it is
// stale, as resolve does.

import type { StoredTokenState } from '../../domain/stored-token.ts';
import type { SealedAccess, StoredTokenRef } from './stored-token-store.ts';
import { storedTokenPlace } from '../vault/vault.ts';
import type { MailboxAccess } from '../mailbox-checks/check-mailbox.ts';
import type { Services } from '../app/services.ts';

export type OpenAccessContext = Pick<Services, 'now' | 'vault' | 'storedTokens' | 'refreshAndWait'>;

export type OpenedAccess = MailboxAccess & {
	smtpUser: string | undefined;
	state: StoredTokenState;
};

/** What a caller of resolve gets at the least, unless it asks for less. */
const MIN_LIFE_MS = 300_000;

/**
 * Undefined for a token that is revoked. One that could not be refreshed is given as it is: the login then
 * says that it has expired.
 */
export async function openAccess(
	context: OpenAccessContext,
	token: StoredTokenRef,
): Promise<OpenedAccess | undefined> {
	const { storedTokens, now, refreshAndWait } = context;
	const found = await storedTokens.findAccess(token);
	if (found === undefined) return undefined;
	const livesFor = found.accessTokenExpiresAt.getTime() - now().getTime();
	if (livesFor >= MIN_LIFE_MS || found.state === 'sign_in_required') return open(context, found);
	await refreshAndWait(token);
	const fresh = await storedTokens.findAccess(token);
	return fresh && open(context, fresh);
}

function open({ vault }: OpenAccessContext, found: SealedAccess): OpenedAccess {
	const { id, sealedAccessToken, ...access } = found;
	const place = storedTokenPlace('sealed_access_token', {
		id,
		siteId: access.siteId,
		mailbox: access.mailbox,
	});
	return { ...access, accessToken: vault.open(sealedAccessToken, place) };
}
