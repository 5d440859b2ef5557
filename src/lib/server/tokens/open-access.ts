// The access that the helper holds to a mailbox, opened for a login of its own: refreshed first when it is
// stale, as resolve does.

import type { RefreshOutcome, StoredTokenState } from '../../domain/stored-token.ts';
import type { CheckStore, SealedAccess } from '../mailbox-checks/check-store.ts';
import type { StoredTokenRef } from './refresh-store.ts';
import { storedTokenPlace, type Vault } from '../vault/vault.ts';
import type { MailboxAccess } from '../mailbox-checks/check-mailbox.ts';

export type OpenAccessContext = {
	now: () => Date;
	vault: Vault;
	checks: CheckStore;
	refreshAndWait: (token: StoredTokenRef) => Promise<RefreshOutcome>;
};

export type OpenedAccess = MailboxAccess & {
	smtpUser: string | undefined;
	state: StoredTokenState;
};

/** What a caller of resolve gets at the least, unless it asks for less. */
const LEAST_LIFE_MS = 300_000;

/**
 * Undefined for a token that is revoked. One that could not be refreshed is given as it is: the login then
 * says that it has expired.
 */
export async function openAccess(
	context: OpenAccessContext,
	token: StoredTokenRef,
): Promise<OpenedAccess | undefined> {
	const { checks, now, refreshAndWait } = context;
	const found = await checks.findAccess(token);
	if (found === undefined) return undefined;
	const livesFor = found.accessTokenExpiresAt.getTime() - now().getTime();
	if (livesFor >= LEAST_LIFE_MS || found.state === 'sign_in_required') return open(context, found);
	await refreshAndWait(token);
	const fresh = await checks.findAccess(token);
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
