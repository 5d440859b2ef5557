// The owner asks for a test message from the mailbox to itself: once a minute, and what became of it is on
// the sign-in's row.

import type { SignInId } from '../../domain/sign-in.ts';
import type { SignInSelector } from '../sign-ins/sign-in.ts';
import type { Session } from '../owners/sessions.ts';
import { BETWEEN_TEST_MESSAGES_MS } from '../durations.ts';
import { tooManyRequests } from '../limits/token-buckets.ts';
import { openAccess } from '../tokens/open-access.ts';
import { findOwnReady, type CheckAgainContext, type RunChecksContext } from './run-checks.ts';
import { sendTestMessage } from './send-test-message.ts';

/** Throws `Problem`: `unknown_sign_in`, `not_ready`, `too_many_requests`. Returns the work that goes on. */
export async function requestTestMessage(
	context: CheckAgainContext,
	session: Session | undefined,
	selector: SignInSelector,
): Promise<{ work: Promise<void> }> {
	const { id, mailbox, testMessage } = await findOwnReady(context, session, selector);
	await context.limits.byAddress('check');
	await context.limits.byMailbox('check', mailbox);
	const begunAt = context.now();
	const notSince = new Date(begunAt.getTime() - BETWEEN_TEST_MESSAGES_MS);
	if (!(await context.signIns.beginTestMessage(id, { now: begunAt, notSince }))) {
		// Begun by another request in this very moment where the row did not show it yet.
		const before = testMessage === undefined ? begunAt : new Date(testMessage.begun_at);
		const waitMs = before.getTime() - notSince.getTime();
		throw tooManyRequests(waitMs / 1000);
	}
	return { work: send(context, id, begunAt) };
}

async function send(context: RunChecksContext, signIn: SignInId, begunAt: Date): Promise<void> {
	const { signIns, log } = context;
	try {
		const token = await signIns.findToken(signIn);
		const access = token && (await openAccess(context, token));
		if (access === undefined) return;
		const result = await sendTestMessage(context, access, access.smtpUser);
		await signIns.saveTestMessage(signIn, begunAt, result);
	} catch (error) {
		log.error({ signIn, err: error }, 'a test message broke off');
	}
}
