// What a failed refresh means for the token, by the nature of the failure, and when it is tried again.
//
//   no answer, 5xx, unknown     degraded, tried again with growing waits
//   429, AADSTS50196 and kin    degraded, tried again after what Microsoft asks, or minutes
//   invalid_grant and kin       degraded at first; the same answer minutes later: sign_in_required
//   invalid_request and kin     degraded: a fault of the configuration or of this program, or of one organisation
//   our own credential          not here: it is the operator's, and touches no token (circuit-breaker.ts)
//
// An AADSTS number decides which of these it is, the OAuth error only where there is none (domain/aadsts.ts). Nothing
// deletes a token. Source of the signals: learn.microsoft.com, "v2-oauth2-auth-code-flow" and "client-and-server-throttling".

import { DEGRADED_AFTER_MS } from '../durations.ts';
import type { TokenProblemCode } from '../../domain/problem.ts';
import type { LeasedToken, RefreshFailure } from './refresh-store.ts';
import type { MicrosoftError } from '../microsoft/microsoft-error.ts';
import type { Services } from '../app/services.ts';

type FailureContext = Pick<Services, 'now' | 'random' | 'durations'>;

export function failureOf(
	context: FailureContext,
	leased: Pick<LeasedToken, 'failures' | 'failingSince' | 'refusedAt'>,
	error: MicrosoftError,
): RefreshFailure {
	const now = context.now();
	const { reference } = error;
	const after = (ms: number) => new Date(now.getTime() + ms);
	switch (error.kind) {
		case 'invalid_grant':
		case 'interaction_required':
			return refused(context, leased, reference);
		case 'throttled': {
			const { throttledWaitMs, firstWaitMs } = context.durations;
			const wait = Math.max(error.retryAfterMs ?? throttledWaitMs, firstWaitMs);
			return degraded('microsoft_throttles', after(jittered(context, wait)));
		}
		case 'invalid_request':
		case 'invalid_client':
		case 'organisation':
		case 'unknown_refusal':
			return degraded('request_not_accepted', after(backoffMs(context, leased)));
		case 'unreachable':
		case 'invalid_answer':
		case 'untimely_answer': {
			const wait = Math.max(error.retryAfterMs ?? 0, backoffMs(context, leased));
			return degraded('microsoft_unreachable', after(wait));
		}
	}

	function degraded(code: TokenProblemCode, retryAt: Date): RefreshFailure {
		// One refusal followed by an outage is still one refusal.
		return {
			state: 'degraded',
			failedAt: now,
			problem: { code, reference },
			retryAt,
			refusedAt: leased.refusedAt,
		};
	}
}

/** One refusal may be a passing fault of Microsoft's; two, minutes apart, are an answer. */
function refused(
	{ now, durations }: FailureContext,
	leased: Pick<LeasedToken, 'refusedAt'>,
	reference: MicrosoftError['reference'],
): RefreshFailure {
	const at = now();
	const retryAt = new Date(at.getTime() + durations.confirmRefusalMs);
	if (leased.refusedAt === undefined) {
		const problem = { code: 'refused_once', reference } as const;
		return { state: 'degraded', failedAt: at, problem, retryAt, refusedAt: at };
	}
	const problem = { code: 'sign_in_required', reference } as const;
	return {
		state: 'sign_in_required',
		failedAt: at,
		...{ problem, retryAt, refusedAt: leased.refusedAt },
	};
}

/** One more try before the site is told that refreshes fail, at a random time so that tokens are not all refreshed at once. */
const TRY_BEFORE_REPORT = { latestMs: 60_000, spreadMs: 120_000 };

function backoffMs(
	context: FailureContext,
	{ failures, failingSince }: Pick<LeasedToken, 'failures' | 'failingSince'>,
): number {
	const wait = tryLaterMs(context, failures);
	const now = context.now().getTime();
	const reportAt = (failingSince?.getTime() ?? now) + DEGRADED_AFTER_MS;
	const tryInMs =
		reportAt - now - TRY_BEFORE_REPORT.latestMs - TRY_BEFORE_REPORT.spreadMs * context.random();
	// No longer after that try itself.
	return tryInMs > TRY_BEFORE_REPORT.spreadMs ? Math.min(wait, tryInMs) : wait;
}

/** Doubles with each failure in a row, up to a limit, with jitter so that tokens are not all refreshed at once. */
export function tryLaterMs(context: FailureContext, failures: number): number {
	const { firstWaitMs, longestWaitMs } = context.durations;
	return jittered(context, Math.min(firstWaitMs * 2 ** Math.min(failures, 20), longestWaitMs));
}

/** Up to a quarter more, never less than was asked for. */
function jittered({ random }: FailureContext, ms: number): number {
	return Math.round(ms * (1 + random() / 4));
}
