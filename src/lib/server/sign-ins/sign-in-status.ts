// What a browser is told about its sign-in. Time alone can end one: that is seen here, at each reading.

import { formatIdentifier } from '../../domain/identifier.ts';
import { useOf } from '../../domain/mail-protocol.ts';
import { ownerServersOf } from '../../domain/owner-server.ts';
import { Problem } from '../../domain/problem.ts';
import type { SignInProblem, SignInResult } from '../../domain/sign-in.ts';
import { EXCHANGE_LIMIT_MS, RETURN_LIMIT_MS, SIGN_IN_LIFETIME_MS } from '../durations.ts';
import type { Services } from '../app/services.ts';
import type { Session } from '../owners/sessions.ts';
import { checksOfRights } from '../../problems/mail-answers/checks-of-rights.ts';
import { checksAtConfirm, checksByNow, checksOf, testMessageOf } from './checks-of-sign-in.ts';
import { returnUrlOf, type SignIn, type SignInSelector } from './sign-in.ts';

export type SignInStatusContext = Pick<Services, 'now' | 'signIns' | 'mailServers'> & {
	/** A token that its site never resolves is revoked after these. */
	neverUsedDays: number;
};

/** Throws `Problem` `unknown_sign_in` for an id that is unknown or another browser's: the same for both. */
export async function signInStatus(
	context: SignInStatusContext,
	session: Session | undefined,
	selector: SignInSelector,
): Promise<SignInResult> {
	const signIn = session && (await context.signIns.find(selector, session.id));
	if (signIn !== undefined) return describe(signIn, context);
	if (selector === 'current') return { status: 'none' };
	throw new Problem('unknown_sign_in');
}

function describe(signIn: SignIn, context: SignInStatusContext): SignInResult {
	const { now } = context;
	const { site, mailbox, signedInAs } = signIn;
	const problem = shownProblemOf(signIn, now());
	const common = {
		...{ site, email: signIn.enteredEmail },
		subject: { site, mailbox, signedInAs, hadToReturn: hadToReturn(signIn) },
		...linkParts(signIn, problem),
	};
	if (problem !== undefined) return { status: 'failed', ...common, problem };
	switch (signIn.state) {
		case 'ready':
			return { status: 'ready', ...common, ...readyParts(signIn, context) };
		case 'confirm': {
			const checks = checksAtConfirm(signIn, now());
			const signed_in_as = signedInAs ?? '';
			const proof = useOf(signIn.protocols) === 'send' ? { proof: 'message' as const } : {};
			return { status: 'confirm', ...common, signed_in_as, ...proof, ...(checks && { checks }) };
		}
		case 'returning': {
			const { protocols, checks: stored } = signIn;
			const signed_in_as = signedInAs ?? '';
			const checks = checksOf(
				stored ?? { begun_at: signIn.returningSince.toISOString(), results: {} },
				{ mailbox, signedInAs: signed_in_as },
				now(),
				protocols,
			);
			return { status: 'returning', ...common, signed_in_as, checks };
		}
		default:
			return { status: signIn.state === 'exchanging' ? 'exchanging' : 'started', ...common };
	}
}

function hadToReturn(signIn: SignIn): boolean {
	return signIn.state === 'failed' ? signIn.hadToReturn : signIn.state === 'returning';
}

/** What it has failed for, by time or by the end of its link too. */
export function problemOf(signIn: SignIn, now: Date): SignInProblem | undefined {
	if (signIn.state === 'failed') {
		return { code: signIn.problemCode, reference: signIn.problemReference };
	}
	if (signIn.state === 'ready' && signIn.isRevoked) return { code: 'revoked' };
	if (signIn.link?.kind === 'connect' && signIn.link.hasEnded && signIn.state !== 'ready') {
		return { code: 'link_ended' };
	}
	if (signIn.state === 'returning' && isOlderThan(signIn.returningSince, RETURN_LIMIT_MS, now)) {
		return { code: 'sign_in_expired' };
	}
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

/** One by a link that has expired since cannot be tried again: what is needed is another link. */
function shownProblemOf(signIn: SignIn, now: Date): SignInProblem | undefined {
	const problem = problemOf(signIn, now);
	if (problem === undefined || problem.code === 'revoked') return problem;
	const { link } = signIn;
	return link?.kind === 'connect' && link.expiresAt <= now ? { code: 'link_ended' } : problem;
}

/** What the page shows otherwise for one that was begun by a link, and may be once more. */
function linkParts(
	signIn: SignIn,
	problem: SignInProblem | undefined,
): { by_link?: true; email_open?: true; site_name?: string } {
	const { link } = signIn;
	if (link === undefined) return {};
	const leavesEmailOpen = link.kind === 'connect' && link.leavesEmailOpen;
	const mayBegin = signIn.state !== 'ready' && problem?.code !== 'link_ended';
	return {
		...(mayBegin && { by_link: true }),
		...(mayBegin && leavesEmailOpen && { email_open: true }),
		...(returnUrlOf(signIn) && { site_name: signIn.siteName }),
	};
}

function isOlderThan(instant: Date, limitMs: number, now: Date): boolean {
	return now.getTime() - instant.getTime() >= limitMs;
}

/** The identifier, with the mailbox check, the last test message, and how long it may stay unused. */
function readyParts(
	signIn: SignIn & { state: 'ready' },
	{ now: clock, neverUsedDays, mailServers }: SignInStatusContext,
) {
	const now = clock();
	const { storedTokenId: number, mailbox, signedInAs = '', unusedSince } = signIn;
	const { checks, testMessage, scopes, used, ownerServers, protocols: requested } = signIn;
	const subject = { mailbox, signedInAs };
	return {
		identifier: formatIdentifier({ number, mailbox }),
		checks: checks
			? checksByNow(checks, subject, { at: now, rights: { used, scopes, requested } })
			: checksOfRights({ used, scopes, requested }, subject),
		mail: ownerServersOf(used, ownerServers, mailServers),
		...(testMessage && { test_message: testMessageOf(testMessage, subject, now) }),
		...(unusedSince && {
			revoked_unless_used_by: revokedAt(unusedSince, neverUsedDays).toISOString(),
		}),
	};
}

function revokedAt(unusedSince: Date, days: number): Date {
	return new Date(unusedSince.getTime() + days * 86_400_000);
}
