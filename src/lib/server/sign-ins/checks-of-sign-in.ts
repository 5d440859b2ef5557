// The mailbox check of a sign-in: what has ended, what is running, and what will never end because the process that ran
// it is gone.

import { grantedProtocols } from '../../domain/cloud.ts';
import type {
	MailCheckResult,
	MailCheckResults,
	MailSubject,
	StoredChecks,
	StoredTestMessage,
} from '../../domain/mail-check.ts';
import { mapProtocols, READING_PROTOCOLS, type MailProtocol } from '../../domain/mail-protocol.ts';
import {
	problemOfAnswer,
	problemOfMissingRight,
} from '../../problems/mail-answers/explain-mail-answer.ts';
import { CHECK_LIMIT_MS, CONFIRM_TRY_LIMIT_MS } from '../durations.ts';
import type { SignIn } from './sign-in-store.ts';

export function checksOf(
	{ begun_at: begunAt, results }: StoredChecks,
	subject: MailSubject,
	now: Date,
): MailCheckResults {
	return mapProtocols(
		(protocol) => results[protocol] ?? unfinished(protocol, begunAt, subject, now),
	);
}

export function testMessageOf(
	{ result, begun_at: begunAt }: StoredTestMessage,
	subject: MailSubject,
	now: Date,
): MailCheckResult {
	return result ?? unfinished('smtp', begunAt, subject, now);
}

/** Why no answer came makes no difference to the owner: try again. */
function unfinished(
	protocol: MailProtocol,
	begunAt: string,
	subject: MailSubject,
	now: Date,
): MailCheckResult {
	if (now.getTime() - new Date(begunAt).getTime() < CHECK_LIMIT_MS) return { status: 'running' };
	const problem = problemOfAnswer(
		protocol,
		{ kind: 'unreachable', reason: 'timeout' },
		{ ...subject, right: 'granted', tokenLeftSeconds: 0 },
	);
	return { status: 'failed', problem };
}

/** The mailbox is not tried yet; what Microsoft did not grant is named. */
export function checksOfRights(scopes: readonly string[], subject: MailSubject): MailCheckResults {
	const granted = grantedProtocols(scopes);
	return mapProtocols((protocol) =>
		granted.includes(protocol)
			? { status: 'skipped' }
			: { status: 'skipped', problem: problemOfMissingRight(protocol, subject) },
	);
}

/** Undefined before the first try at `confirm`. What proves nothing there is tried once the sign-in is `ready`. */
export function checksAtConfirm(
	{ tried }: SignIn & { state: 'confirm' },
	now: Date,
): MailCheckResults | undefined {
	if (tried === undefined) return undefined;
	// A try without a result after this time was broken off.
	const isRunning = now.getTime() - tried.since.getTime() < CONFIRM_TRY_LIMIT_MS;
	return mapProtocols((protocol) =>
		READING_PROTOCOLS.includes(protocol)
			? (tried.tries[protocol] ?? { status: isRunning ? 'running' : 'skipped' })
			: { status: 'skipped' },
	);
}
