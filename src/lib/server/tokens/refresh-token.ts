// Refreshes one stored token, once, however many ask: in this process by sharing the work, between processes by
// the lease, and against a late writer by the version.

import { refreshableProtocols } from '../../domain/cloud.ts';
import { isUnlisted } from '../../domain/aadsts.ts';
import type { RefreshOutcome } from '../../domain/stored-token.ts';
import type { LeasedToken } from './refresh-store.ts';
import type { StoredTokenRef } from './stored-token-store.ts';
import { MicrosoftError } from '../microsoft/microsoft-error.ts';
import type { RefreshedTokenSet } from '../microsoft/token-response.ts';
import { storedTokenPlace } from '../vault/vault.ts';
import { failureOf, tryLaterMs } from './refresh-failure.ts';
import { retryWhileDatabaseDown } from '../retry-while-database-down.ts';
import type { Services } from '../app/services.ts';

export type RefreshTokenContext = Pick<
	Services,
	| 'now'
	| 'sleep'
	| 'heldAnswers'
	| 'random'
	| 'log'
	| 'vault'
	| 'storedTokens'
	| 'tokenEndpoint'
	| 'circuitBreaker'
	| 'unknownRefusals'
	| 'newLeaseOwner'
	| 'durations'
>;

/** Never throws for a failure of Microsoft's; that is an outcome. */
export async function refreshToken(
	context: RefreshTokenContext,
	token: StoredTokenRef,
): Promise<RefreshOutcome> {
	const wait = context.circuitBreaker.admit(context.now());
	if (wait > 0) return { kind: 'try_later', retryAfterMs: wait };
	const leased = await lease(context, token);
	if (leased === undefined) return { kind: 'changed_meanwhile' };
	return refreshLeased(context, leased);
}

async function lease(
	{ storedTokens, newLeaseOwner, now, durations }: RefreshTokenContext,
	token: StoredTokenRef,
): Promise<LeasedToken | undefined> {
	const at = now();
	return storedTokens.lease(token, {
		leaseOwner: newLeaseOwner(),
		now: at,
		leaseUntil: new Date(at.getTime() + durations.leaseMs),
		startedBefore: new Date(at.getTime() - durations.betweenRefreshesMs),
	});
}

/** When the keep-alive looks at a token next that it refreshes now. */
export type NextLook = { ifRefreshed: Date; otherwise: Date };

/** For the holder of the lease. Throws for nothing that is Microsoft's. */
export async function refreshLeased(
	context: RefreshTokenContext,
	leased: LeasedToken,
	nextLook?: NextLook,
): Promise<RefreshOutcome> {
	const { vault, tokenEndpoint, circuitBreaker, now } = context;
	try {
		const refreshToken = vault.open(
			leased.sealedRefreshToken,
			storedTokenPlace('sealed_refresh_token', leased),
		);
		// Before the request: an answer can lie unread for long, and its lifetime runs meanwhile.
		const askedAt = now();
		const tokens = await tokenEndpoint.refresh(
			refreshToken,
			refreshableProtocols(leased.protocols, leased.scopes),
		);
		circuitBreaker.accepted();
		return await saveRefreshed(context, leased, tokens, { askedAt, nextLook });
	} catch (error) {
		return fail(context, leased, error, nextLook);
	}
}

/** Microsoft has answered: what it gave waits in memory while the database is down, rather than be lost. */
async function saveRefreshed(
	context: RefreshTokenContext,
	leased: LeasedToken,
	tokens: RefreshedTokenSet,
	{ askedAt: refreshedAt, nextLook }: { askedAt: Date; nextLook: NextLook | undefined },
): Promise<RefreshOutcome> {
	const { vault, storedTokens, log } = context;
	const { refreshToken, accessToken } = tokens;
	const expiresAt = refreshedAt.getTime() + tokens.accessTokenLifetimeSeconds * 1000;
	const saved = await retryWhileDatabaseDown(context, () =>
		storedTokens.saveRefreshed(leased, {
			sealedRefreshToken:
				refreshToken === undefined
					? undefined
					: vault.seal(refreshToken, storedTokenPlace('sealed_refresh_token', leased)),
			sealedAccessToken: vault.seal(accessToken, storedTokenPlace('sealed_access_token', leased)),
			accessTokenExpiresAt: new Date(expiresAt),
			scopes: tokens.scopes,
			refreshedAt,
			keepAliveAt: nextLook?.ifRefreshed,
		}),
	);
	log.info({ token: leased.id, site: leased.siteId, saved }, 'token refreshed');
	return { kind: saved ? 'refreshed' : 'changed_meanwhile' };
}

async function fail(
	context: RefreshTokenContext,
	leased: LeasedToken,
	error: unknown,
	nextLook: NextLook | undefined,
): Promise<RefreshOutcome> {
	const { storedTokens, circuitBreaker, log, now } = context;
	if (!(error instanceof MicrosoftError)) {
		// A sealed value that does not open, or a fault of this program: the token is left as it is.
		log.error(
			{ token: leased.id, site: leased.siteId, err: error },
			'a token could not be refreshed',
		);
		await storedTokens.release(leased, 'in_a_minute', nextLook?.otherwise);
		return { kind: 'try_later', retryAfterMs: tryLaterMs(context, leased.failures) };
	}
	if (error.kind === 'invalid_client') {
		circuitBreaker.refused(now(), error.reference);
		await retryWhileDatabaseDown(context, () =>
			storedTokens.release(leased, 'at_once', nextLook?.otherwise),
		);
		return { kind: 'try_later', retryAfterMs: context.durations.circuitRetryMs };
	}
	// A client that is told what is wrong with the token was accepted.
	if (error.kind === 'invalid_grant' || error.kind === 'interaction_required') {
		circuitBreaker.accepted();
	}
	context.unknownRefusals.note(now(), leased.tenantId, error);
	const failure = failureOf(context, leased, error);
	log[isOurs(error) ? 'error' : 'warn'](
		{
			token: leased.id,
			site: leased.siteId,
			err: error,
			state: failure.state,
			reference: error.reference,
		},
		'Microsoft refreshed no token',
	);
	await retryWhileDatabaseDown(context, () => storedTokens.saveFailure(leased, failure));
	if (failure.state === 'sign_in_required') return { kind: 'sign_in_required' };
	return { kind: 'try_later', retryAfterMs: failure.retryAt.getTime() - now().getTime() };
}

/** A request that Microsoft does not understand is the operator's or this program's fault, and waits for one of them. */
function isOurs({ kind, reference }: MicrosoftError): boolean {
	return kind === 'invalid_request' && !isUnlisted(reference.code);
}
