// Asks for the status of a sign-in until it has ended: quick at first, then slower; not at all while the
// page is hidden. When nobody answers that is told, and asking goes on: a failover takes a minute.

import type { ReadySignIn, SignInId, SignInStatus } from '../domain/sign-in.ts';
import { fetchStatus } from './fetch-status.ts';

/** Most exchanges take well under a second; one that takes longer gains nothing by being asked often. */
const DELAYS_MS = [0, 250, 500, 1_000, 1_000, 2_000, 5_000];

/** After this many unanswered requests the page says so and offers a button. */
const MAX_UNANSWERED = 4;

/** Of 5 seconds each and more: ten minutes, in which a failover is over or somebody has pressed the button. */
const MAX_UNANSWERED_AT_ALL = 120;

export type PollResult =
	{ kind: 'ended'; status: SignInStatus } | { kind: 'unknown' } | { kind: 'unreachable' };

/**
 * Resolves when nothing more will happen by itself: a sign-in that is still `started` counts, as it waits
 * for a person.
 */
export async function pollSignIn(
	selector: SignInId | 'current',
	signal: AbortSignal,
	tellUnreachable: () => void,
): Promise<PollResult> {
	let unanswered = 0;
	for (let round = 0; !signal.aborted; round += 1) {
		await wait(DELAYS_MS[Math.min(round, DELAYS_MS.length - 1)] ?? 0, signal);
		await untilVisible(signal);
		const result = await fetchStatus(selector, signal);
		if (result.kind === 'unknown') return { kind: 'unknown' };
		if (result.kind === 'status' && !goesOnByItself(result.status)) {
			return { kind: 'ended', status: result.status };
		}
		unanswered = result.kind === 'no_answer' ? unanswered + 1 : 0;
		if (unanswered === MAX_UNANSWERED) tellUnreachable();
		if (unanswered >= MAX_UNANSWERED_AT_ALL) return { kind: 'unreachable' };
	}
	return { kind: 'unreachable' };
}

/** An exchange, or the logins at `confirm`. */
function goesOnByItself(status: SignInStatus): boolean {
	if (status.status === 'exchanging') return true;
	return status.status === 'confirm' && isBeingChecked(status);
}

/** A login at Exchange takes some seconds, and the identifier is there already. */
const CHECK_DELAYS_MS = [500, 1_000, 1_500, 2_000, 3_000];

/** Tells each status while a mailbox check or a test message is under way; then, or when nobody answers, it resolves. */
export async function pollChecks(
	selector: SignInId | 'current',
	signal: AbortSignal,
	tell: (status: CheckedSignIn) => void,
): Promise<void> {
	let unanswered = 0;
	for (let round = 0; unanswered < MAX_UNANSWERED; round += 1) {
		await wait(CHECK_DELAYS_MS[Math.min(round, CHECK_DELAYS_MS.length - 1)] ?? 0, signal);
		await untilVisible(signal);
		const result = await fetchStatus(selector, signal);
		if (signal.aborted || result.kind === 'unknown') return;
		unanswered = result.kind === 'no_answer' ? unanswered + 1 : 0;
		if (result.kind !== 'status') continue;
		const { status } = result;
		if (status.status !== 'ready' && status.status !== 'returning') return;
		tell(status);
		if (!isBeingChecked(status)) return;
	}
}

/** Of which the mailbox is checked by itself. */
type CheckedSignIn = SignInStatus & { status: 'ready' | 'returning' };

export function isBeingChecked(
	signIn: Partial<Pick<ReadySignIn, 'checks' | 'test_message'>>,
): boolean {
	const { checks, test_message: message } = signIn;
	const all = [...(checks ? Object.values(checks) : []), ...(message ? [message] : [])];
	return all.some(({ status }) => status === 'running');
}

function wait(ms: number, signal: AbortSignal): Promise<void> {
	return new Promise((resolve) => {
		const timer = setTimeout(resolve, ms);
		signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
	});
}

function untilVisible(signal: AbortSignal): Promise<void> {
	if (!document.hidden || signal.aborted) return Promise.resolve();
	return new Promise((resolve) => {
		const done = () => {
			document.removeEventListener('visibilitychange', done);
			resolve();
		};
		document.addEventListener('visibilitychange', done);
		signal.addEventListener('abort', done, { once: true });
	});
}
