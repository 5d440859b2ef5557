// The mailbox check of a sign-in: by itself as soon as the sign-in is `ready`, and again whenever its owner
// asks. The results are on the sign-in's row, so any instance can tell them.

import { Problem } from '../../domain/problem.ts';
import type { SignInId } from '../../domain/sign-in.ts';
import { findOwnSignIn } from '../sign-ins/find-own-sign-in.ts';
import type { SignIn, SignInSelector } from '../sign-ins/sign-in.ts';
import type { Services } from '../app/services.ts';
import type { Session } from '../owners/sessions.ts';
import { checkMailbox, type CheckMailboxContext } from './check-mailbox.ts';
import { CHECK_LIMIT_MS } from '../durations.ts';
import type { RequestLimits } from '../limits/limit-requests.ts';
import { accessOf, openPending } from '../sign-ins/open-pending.ts';
import { openAccess, type OpenAccessContext } from '../tokens/open-access.ts';
import { keepResult, type KeepResultContext } from './keep-result.ts';
import { retryWhileDatabaseDown, type RetryContext } from '../retry-while-database-down.ts';

/** What the owner asks for. */
export type CheckAgainContext = RunChecksContext & {
	limits: Pick<RequestLimits, 'byAddress' | 'byMailbox'>;
};

export type RunChecksContext = OpenAccessContext &
	CheckMailboxContext &
	KeepResultContext &
	RetryContext &
	Pick<Services, 'signIns'>;

/**
 * Throws `Problem`: `unknown_sign_in`, `not_ready`, `too_many_requests`. Returns the work that goes on after the
 * answer.
 */
export async function checkAgain(
	context: CheckAgainContext,
	session: Session | undefined,
	selector: SignInSelector,
): Promise<{ work: Promise<void> }> {
	const { id, mailbox, ...own } = await findOwnSignIn(context, session, selector);
	const isUsable = own.state === 'returning' || (own.state === 'ready' && !own.isRevoked);
	if (!isUsable) throw new Problem('not_ready');
	await context.limits.byAddress('check');
	await context.limits.byMailbox('check', mailbox);
	const begunAt = context.now();
	const notSince = new Date(begunAt.getTime() - CHECK_LIMIT_MS);
	const begun = await context.signIns.beginChecks(id, { now: begunAt, notSince });
	return { work: begun ? runChecks(context, id, begunAt) : Promise.resolve() };
}

/** Throws `Problem`: `unknown_sign_in`, `not_ready`. */
export async function findOwnReady(
	{ signIns }: Pick<RunChecksContext, 'signIns'>,
	session: Session | undefined,
	selector: SignInSelector,
): Promise<SignIn & { state: 'ready' }> {
	const own = await findOwnSignIn({ signIns }, session, selector);
	if (own.state !== 'ready' || own.isRevoked) throw new Problem('not_ready');
	return own;
}

const NOT_SAVED = 'the result of a login was not saved';

/** For a run that is on the row as begun. Throws nothing: a run that breaks off ends by its time limit. */
export async function runChecks(
	context: RunChecksContext,
	signIn: SignInId,
	begunAt: Date,
): Promise<void> {
	const { signIns, log } = context;
	try {
		const access = await retryWhileDatabaseDown(context, () => openAccessOf(context, signIn));
		if (access === undefined) return;
		const saving: Promise<void>[] = [];
		const result = await checkMailbox(context, access, (protocol, check) => {
			const saved = retryWhileDatabaseDown(context, () =>
				signIns.saveCheck(signIn, begunAt, protocol, check),
			);
			// Caught at once, as nobody waits for it while the other logins go on.
			saving.push(saved.catch((error: unknown) => log.error({ signIn, err: error }, NOT_SAVED)));
		});
		await Promise.all(saving);
		await retryWhileDatabaseDown(context, () =>
			saveSmtpUserOf(context, signIn, access.mailbox, result.smtpUser),
		);
		await retryWhileDatabaseDown(context, async () => {
			const token = await signIns.findToken(signIn);
			if (token) await keepResult(context, token, { at: begunAt, checks: result.checks });
		});
	} catch (error) {
		log.error({ signIn, err: error }, 'a mailbox check broke off');
	}
}

async function openAccessOf(context: RunChecksContext, signIn: SignInId) {
	const token = await context.signIns.findToken(signIn);
	if (token !== undefined) return openAccess(context, token);
	const pending = await context.signIns.findReturning(signIn);
	return pending && accessOf(pending, openPending(context, pending));
}

/** At `returning` there is no token yet; it may have become one while the check ran. */
async function saveSmtpUserOf(
	context: RunChecksContext,
	signIn: SignInId,
	mailbox: string,
	smtpUser: string | undefined,
): Promise<void> {
	if (smtpUser === undefined) return;
	const other = smtpUser === mailbox ? undefined : smtpUser;
	await context.signIns.savePendingSmtpUser(signIn, other);
	const token = await context.signIns.findToken(signIn);
	if (token !== undefined) await context.storedTokens.saveSmtpUser(token, other);
}

/** A check that SMTP did not pass leaves what an earlier one found out. */
export async function saveSmtpUser(
	{ storedTokens }: Pick<OpenAccessContext, 'storedTokens'>,
	token: { siteId: number; id: number },
	mailbox: string,
	smtpUser: string | undefined,
): Promise<void> {
	if (smtpUser === undefined) return;
	await storedTokens.saveSmtpUser(token, smtpUser === mailbox ? undefined : smtpUser);
}
