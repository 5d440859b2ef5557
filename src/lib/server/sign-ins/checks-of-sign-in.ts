// The mailbox check of a sign-in: what has ended, what is running, and what will never end because the process that ran
// it is gone.

import type {
	MailCheckResult,
	MailCheckResults,
	MailSubject,
	StoredChecks,
	StoredTestMessage,
} from '../../domain/mail-check.ts';
import {
	MAIL_PROTOCOLS,
	mapProtocols,
	provingProtocols,
	type MailProtocol,
} from '../../domain/mail-protocol.ts';
import { checksOfRights, type Rights } from '../../problems/mail-answers/checks-of-rights.ts';
import { problemOfAnswer } from '../../problems/mail-answers/explain-mail-answer.ts';
import { CHECK_LIMIT_MS, CONFIRM_TRY_LIMIT_MS } from '../durations.ts';
import type { SignIn } from './sign-in.ts';

export function checksOf(
	{ begun_at: begunAt, results }: StoredChecks,
	subject: MailSubject,
	now: Date,
	/** What the site uses. */
	used: readonly MailProtocol[] = MAIL_PROTOCOLS,
): MailCheckResults {
	return mapProtocols((protocol) =>
		used.includes(protocol)
			? (results[protocol] ?? unfinished(protocol, begunAt, subject, now))
			: { status: 'skipped' },
	);
}

/** The same where the site may use something else by now: what its owner was never asked for is named, and not run. */
export function checksByNow(
	stored: StoredChecks,
	subject: MailSubject,
	{ at, rights }: { at: Date; rights: Rights },
): MailCheckResults {
	const { used, requested } = rights;
	const known = checksOf(stored, subject, at, used);
	const ofRights = checksOfRights(rights, subject);
	return mapProtocols((protocol) => {
		const wasTried = requested.includes(protocol) || stored.results[protocol] !== undefined;
		return wasTried ? known[protocol] : ofRights[protocol];
	});
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

/** Undefined before the first try at `confirm`. What proves nothing there is tried once the sign-in is `ready`. */
export function checksAtConfirm(
	{ tried, protocols }: SignIn & { state: 'confirm' },
	now: Date,
): MailCheckResults | undefined {
	if (tried === undefined) return undefined;
	// A try without a result after this time was broken off.
	const isRunning = now.getTime() - tried.since.getTime() < CONFIRM_TRY_LIMIT_MS;
	const proving = provingProtocols(protocols);
	return mapProtocols((protocol) =>
		proving.includes(protocol)
			? (tried.tries[protocol] ?? { status: isRunning ? 'running' : 'skipped' })
			: { status: 'skipped' },
	);
}
