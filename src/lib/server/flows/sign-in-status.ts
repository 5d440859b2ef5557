// What a browser is told about its sign-in. Time alone can end one: that is seen here, at each reading.

import { formatIdentifier } from '../../domain/identifier.ts';
import { Problem, type ProblemReference, type SignInProblemCode } from '../../domain/problem.ts';
import type { MailChecks, SignInStatus } from '../../domain/sign-in.ts';
import { explainProblem } from '../../problems/explain.ts';
import type { SignIn, SignInSelector, SignInStore } from '../database/sign-in-store.ts';
import type { Session } from '../sessions.ts';
import { EXCHANGE_LIMIT_MS, SIGN_IN_LIFETIME_MS } from './durations.ts';

export type SignInStatusContext = { now: () => Date; signIns: SignInStore };

/** Throws `Problem` `unknown_sign_in` for an id that is unknown or another browser's: the same for both. */
export async function signInStatus(
	{ now, signIns }: SignInStatusContext,
	session: Session | undefined,
	selector: SignInSelector,
): Promise<SignInStatus> {
	const signIn = session && (await signIns.find(selector, session.id));
	if (signIn !== undefined) return describe(signIn, now());
	if (selector === 'current') return { status: 'none' };
	throw new Problem('unknown_sign_in');
}

function describe(signIn: SignIn, now: Date): SignInStatus {
	const entered = { site: signIn.site, email: signIn.enteredEmail };
	const ended = endOf(signIn, now);
	if (ended !== undefined) {
		const { site, mailbox, signedInAs } = signIn;
		const problem = explainProblem(ended.code, { site, mailbox, signedInAs }, ended.reference);
		return { status: 'failed', ...entered, problem };
	}
	if (signIn.state === 'ready') {
		const identifier = formatIdentifier({ number: signIn.storedTokenId, mailbox: signIn.mailbox });
		return { status: 'ready', ...entered, identifier, checks: noChecks() };
	}
	return { status: signIn.state === 'exchanging' ? 'exchanging' : 'started', ...entered };
}

function endOf(
	signIn: SignIn,
	now: Date,
): { code: SignInProblemCode; reference?: ProblemReference } | undefined {
	if (signIn.state === 'failed') {
		return { code: signIn.problemCode, reference: signIn.problemReference };
	}
	if (signIn.state === 'ready' && signIn.isRevoked) return { code: 'revoked' };
	if (signIn.state === 'started' && isOlderThan(signIn.createdAt, SIGN_IN_LIFETIME_MS, now)) {
		return { code: 'sign_in_expired' };
	}
	if (
		signIn.state === 'exchanging' &&
		isOlderThan(signIn.exchangingSince, EXCHANGE_LIMIT_MS, now)
	) {
		return { code: 'sign_in_interrupted' };
	}
	return undefined;
}

function isOlderThan(instant: Date, limitMs: number, now: Date): boolean {
	return now.getTime() - instant.getTime() >= limitMs;
}

/** The mailbox is not tried yet. */
function noChecks(): MailChecks {
	return { imap: { status: 'skipped' }, pop: { status: 'skipped' }, smtp: { status: 'skipped' } };
}
