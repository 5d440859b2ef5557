// Keeps what a run of the mailbox check came to, whoever began it, and plans the next one. A protocol counts as failed when it
// failed twice with an hour between, by what the people of the mailbox can mend: a mail server that does not answer, or is busy,
// says nothing of the mailbox.

import type { MailCheckResult, MailCheckResults } from '../../domain/mail-check.ts';
import { MAIL_PROTOCOLS, type MailProtocol } from '../../domain/mail-protocol.ts';
import type { Services } from '../app/services.ts';
import { RECHECK } from '../durations.ts';
import type { StoredTokenRef } from '../tokens/stored-token-store.ts';
import type { CheckChange, CheckResult, CheckRun, Verdict } from './check-result-store.ts';

export type KeepResultContext = Pick<Services, 'random' | 'checkResults' | 'recheckDays'>;

/** What became different by it. `at` is when the run began. */
export async function keepResult(
	context: KeepResultContext,
	token: StoredTokenRef,
	{ at, checks }: { at: Date; checks: MailCheckResults },
): Promise<CheckChange[]> {
	const results = MAIL_PROTOCOLS.map((protocol) => resultOf(protocol, checks[protocol]));
	return context.checkResults.save(token, { at, results, ...plan(context, at) });
}

function resultOf(protocol: MailProtocol, check: MailCheckResult): CheckResult {
	const status = check.status === 'running' ? 'skipped' : check.status;
	return { protocol, status, problem: check.problem, verdict: verdictOf(check) };
}

export function verdictOf({ status, problem }: MailCheckResult): Verdict {
	if (status === 'passed') return 'works';
	if (status !== 'failed' || problem === undefined) return 'unused';
	const isTheirs = problem.who === 'visitor' || problem.who === 'microsoft_365_administrator';
	return isTheirs && problem.code !== 'token_expired' ? 'fails' : 'unknown';
}

function plan(
	{ random, recheckDays }: KeepResultContext,
	at: Date,
): Pick<CheckRun, 'failingBefore' | 'next'> {
	const after = (ms: number) => new Date(at.getTime() + ms);
	const { earliestPart, latestPart } = RECHECK;
	const part = earliestPart + random() * (latestPart - earliestPart);
	return {
		failingBefore: after(-RECHECK.confirmedAfterMs),
		next: {
			works: after(part * recheckDays * 86_400_000),
			fails: after(RECHECK.afterFailureMs),
			failed: after(Math.min(RECHECK.whileFailedMs, recheckDays * 86_400_000)),
			unknown: after(RECHECK.lookAgainMs),
		},
	};
}
