// What a browser is told about its sign-in. Time alone can end one: that is seen here, at each reading.

import { grantedProtocols } from '../../domain/cloud.ts';
import { formatIdentifier } from '../../domain/identifier.ts';
import { Problem, type ProblemReference, type SignInProblemCode } from '../../domain/problem.ts';
import type { MailCheck, MailChecks, MailProtocol, SignInStatus } from '../../domain/sign-in.ts';
import { explainProblem } from '../../problems/explain.ts';
import { explainMissingRight } from '../../problems/mail-answers/explain-mail-answer.ts';
import type { Language } from '../../words/languages.ts';
import type { SignIn, SignInSelector, SignInStore } from './sign-in-store.ts';
import type { Session } from '../owners/sessions.ts';
import { checksAtConfirm } from './checks-at-confirm.ts';
import { checksOf, testMessageOf } from './checks-of-sign-in.ts';
import { EXCHANGE_LIMIT_MS, SIGN_IN_LIFETIME_MS } from '../durations.ts';

export type SignInStatusContext = {
	now: () => Date;
	/** In which the visitor is told about problems. */
	language: Language;
	signIns: SignInStore;
	/** A token that its site never resolves is revoked after these. */
	neverUsedDays: number;
};

/** Throws `Problem` `unknown_sign_in` for an id that is unknown or another browser's: the same for both. */
export async function signInStatus(
	context: SignInStatusContext,
	session: Session | undefined,
	selector: SignInSelector,
): Promise<SignInStatus> {
	const signIn = session && (await context.signIns.find(selector, session.id));
	if (signIn !== undefined) return describe(signIn, context);
	if (selector === 'current') return { status: 'none' };
	throw new Problem('unknown_sign_in');
}

function describe(signIn: SignIn, context: SignInStatusContext): SignInStatus {
	const { language, neverUsedDays } = context;
	const now = context.now();
	const entered = { site: signIn.site, email: signIn.enteredEmail };
	const ended = endOf(signIn, now);
	if (ended !== undefined) {
		const { site, mailbox, signedInAs } = signIn;
		const subject = { site, mailbox, signedInAs };
		const problem = explainProblem(ended.code, subject, ended.reference, language);
		return { status: 'failed', ...entered, problem };
	}
	if (signIn.state === 'ready') {
		const identifier = formatIdentifier({ number: signIn.storedTokenId, mailbox: signIn.mailbox });
		const { unusedSince } = signIn;
		return {
			status: 'ready',
			...entered,
			identifier,
			...provedOf(signIn, now, language),
			...(unusedSince && {
				revoked_unless_used_by: revokedAt(unusedSince, neverUsedDays).toISOString(),
			}),
		};
	}
	if (signIn.state === 'confirm') {
		const checks = checksAtConfirm(signIn, now, language);
		const signed_in_as = signIn.signedInAs ?? '';
		return { status: 'confirm', ...entered, signed_in_as, ...(checks && { checks }) };
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
	const waits = signIn.state === 'started' || signIn.state === 'confirm';
	if (waits && isOlderThan(signIn.createdAt, SIGN_IN_LIFETIME_MS, now)) {
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

function revokedAt(unusedSince: Date, days: number): Date {
	return new Date(unusedSince.getTime() + days * 86_400_000);
}

/** The mailbox check and the last test message. */
function provedOf(
	signIn: SignIn & { state: 'ready' },
	now: Date,
	language: Language,
): { checks: MailChecks; test_message?: MailCheck } {
	const { mailbox, signedInAs = '', checks, testMessage } = signIn;
	const subject = { mailbox, signedInAs };
	return {
		checks: checks ? checksOf(checks, subject, now, language) : checksOfRights(signIn, language),
		...(testMessage && { test_message: testMessageOf(testMessage, subject, now, language) }),
	};
}

/** The mailbox is not tried yet; what Microsoft did not grant is named. */
function checksOfRights(signIn: SignIn & { state: 'ready' }, language: Language): MailChecks {
	const granted = grantedProtocols(signIn.scopes);
	const check = (protocol: MailProtocol): MailCheck => {
		if (granted.includes(protocol)) return { status: 'skipped' };
		const signedInAs = signIn.signedInAs ?? '';
		const subject = { mailbox: signIn.mailbox, signedInAs, account: 'mailbox' } as const;
		const problem = explainMissingRight(protocol, subject, language);
		return { status: 'skipped', problem };
	};
	return { imap: check('imap'), pop: check('pop'), smtp: check('smtp') };
}
