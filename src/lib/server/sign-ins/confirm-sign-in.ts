// “Use this account for the mailbox”: the person who signed in says that the mailbox is theirs to use, and a real
// login as the mailbox, by IMAP or POP, decides; for a site that only sends, a message from the mailbox to itself does.
// Until one has passed nothing can be resolved.

import { refreshableProtocols } from '../../domain/cloud.ts';
import { Problem } from '../../domain/problem.ts';
import type { MailCheckResult } from '../../domain/mail-check.ts';
import { provingProtocols, readsMail, type MailProtocol } from '../../domain/mail-protocol.ts';
import type { Services } from '../app/services.ts';
import { refuseAccount, type AllowAccountContext } from './allow-account.ts';
import { findOwnSignIn } from './find-own-sign-in.ts';
import { returnUrlOf, type PendingConfirmation, type SignInSelector } from './sign-in.ts';
import { MicrosoftError } from '../microsoft/microsoft-error.ts';
import type { Session } from '../owners/sessions.ts';
import { checkMailbox, type CheckMailboxContext } from '../mailbox-checks/check-mailbox.ts';
import { proveBySending } from '../mailbox-checks/send-test-message.ts';
import { CONFIRM_TRY_LIMIT_MS, SIGN_IN_LIFETIME_MS } from '../durations.ts';
import type { RequestLimits } from '../limits/limit-requests.ts';
import { holdTokens, type HoldContext } from './hold-tokens.ts';
import { accessOf, openPending } from './open-pending.ts';
import {
	accessTokenExpiry,
	storeToken,
	type GrantedTokenSet,
	type StoreTokenContext,
} from './store-token.ts';

export type ConfirmSignInContext = HoldContext &
	StoreTokenContext &
	CheckMailboxContext &
	AllowAccountContext &
	Pick<Services, 'now' | 'log' | 'signIns' | 'tokenEndpoint'> & {
		limits: Pick<RequestLimits, 'byAddress' | 'byMailbox'>;
	};

/** A token that ends while it is being shown is as good as none. */
const MIN_TOKEN_LIFE_MS = 60_000;

/**
 * Returns the work that goes on after the answer; a try that is under way already is not begun again. Throws
 * `Problem`: `unknown_sign_in`, `not_at_confirm`, `too_many_requests`.
 */
export async function confirmSignIn(
	context: ConfirmSignInContext,
	session: Session | undefined,
	selector: SignInSelector,
): Promise<{ work: Promise<void> }> {
	const own = await findOwnSignIn(context, session, selector);
	const now = context.now();
	const startedAfter = new Date(now.getTime() - SIGN_IN_LIFETIME_MS);
	const isAtConfirm = own.state === 'confirm' && own.createdAt > startedAfter;
	if (!isAtConfirm) throw new Problem('not_at_confirm');
	await context.limits.byAddress('confirm');
	await context.limits.byMailbox('confirm', own.mailbox);
	const pending = await context.signIns.claimTry(own.id, {
		sessionId: own.sessionId,
		now,
		startedAfter,
		notSince: new Date(now.getTime() - CONFIRM_TRY_LIMIT_MS),
	});
	const to = returnUrlOf(own) === undefined ? 'ready' : 'returning';
	return { work: pending ? tryMailbox(context, pending, { since: now, to }) : Promise.resolve() };
}

async function tryMailbox(
	context: ConfirmSignInContext,
	pending: PendingConfirmation,
	{ since, to }: { since: Date; to: 'ready' | 'returning' },
): Promise<void> {
	try {
		const tokens = await usableTokens(context, pending);
		const access = accessOf(pending, tokens);
		const ends: Promise<void>[] = [];
		const finish = (protocol: MailProtocol, check: MailCheckResult, smtpUser?: string) => {
			ends.push(
				check.status === 'passed'
					? complete(context, pending, { ...tokens, smtpUser }, to)
					: context.signIns.saveTry(pending.id, since, { [protocol]: check }),
			);
		};
		const proving = provingProtocols(pending.protocols);
		if (proving.some(readsMail)) await checkMailbox(context, access, finish, proving);
		else {
			const { result, smtpUser } = await proveBySending(context, access);
			finish('smtp', result, smtpUser);
		}
		await Promise.all(ends);
	} catch (error) {
		// The try ends by its time limit, and can be begun again.
		context.log.error({ signIn: pending.id, err: error }, 'a try at confirm broke off');
	}
}

/** The first login that passes ends the waiting at `confirm`; the second finds that done. */
async function complete(
	context: ConfirmSignInContext,
	pending: PendingConfirmation,
	tokens: GrantedTokenSet,
	to: 'ready' | 'returning',
): Promise<void> {
	const { tenantId, objectId, signedInAs: username } = pending.tokenSet;
	const account = { tenantId, objectId, username };
	const refusal = await refuseAccount(context, pending, tenantId);
	if (refusal !== undefined) {
		await context.signIns.fail(pending.id, 'confirm', { code: refusal, account });
		return;
	}
	const now = context.now();
	const startedSince = new Date(now.getTime() - SIGN_IN_LIFETIME_MS);
	const from = { state: 'confirm', startedSince } as const;
	const completed =
		to === 'ready'
			? await storeToken(context, pending, account, tokens, { from, now })
			: await holdTokens(context, pending, account, tokens, { from, now, to });
	context.log.info(
		{ signIn: pending.id, site: pending.siteId },
		completed ? `${to} after confirm` : 'a sign-in had ended before its confirm',
	);
}

/** Opened, and refreshed where the access token is about to end: some organisations let it live ten minutes. */
async function usableTokens(
	context: ConfirmSignInContext,
	pending: PendingConfirmation,
): Promise<GrantedTokenSet> {
	const opened = openPending(context, pending);
	const receivedAt = context.now();
	if (accessTokenExpiry(opened).getTime() - receivedAt.getTime() > MIN_TOKEN_LIFE_MS) return opened;
	try {
		const fresh = await context.tokenEndpoint.refresh(
			opened.refreshToken,
			refreshableProtocols(pending.protocols, opened.scopes),
		);
		const { refreshToken = opened.refreshToken, scopes = opened.scopes } = fresh;
		return { ...fresh, refreshToken, scopes, receivedAt };
	} catch (error) {
		if (!(error instanceof MicrosoftError)) throw error;
		// The login then fails for an expired token, which is said, and can be tried again.
		context.log.warn({ signIn: pending.id, err: error }, 'no fresh token at confirm');
		return opened;
	}
}
