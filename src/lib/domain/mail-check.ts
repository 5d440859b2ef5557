// The mailbox check: what one login, or a test message, came to. In codes as it is stored, and in words as the page
// shows it.

import type { MailExplanation, MailLoginStage, MailProblemCode } from './mail-login.ts';
import type { MailProtocol } from './mail-protocol.ts';
import type { Who } from './problem.ts';

type CheckOf<Problem> = {
	status: 'running' | 'passed' | 'failed' | 'skipped';
	problem?: Problem;
};

/** Stored, so a code never changes its meaning. Rows from before have words in place of protocol and stage. */
export type MailProblem = {
	code: MailProblemCode;
	who: Who;
	protocol?: MailProtocol;
	stage?: MailLoginStage;
	/** How long the mail server asks to be left alone, where it says so. */
	wait_seconds?: number;
	/** The server's own line, cleaned and cut: for support. */
	reference?: { answer: string };
};

export type MailCheckResult = CheckOf<MailProblem>;

/** For the page, in words. */
export type MailCheck = CheckOf<MailExplanation>;

export type MailChecks = Record<MailProtocol, MailCheck>;

/** A run of the mailbox check, as it is stored: what has ended so far. */
export type StoredChecks = { begun_at: string; results: Partial<MailCheckResults> };

export type MailCheckResults = Record<MailProtocol, MailCheckResult>;

/** What the last login to each protocol came to, whoever asked for it. */
export type KeptCheckResults = Record<MailProtocol, MailCheckResult & { checked_at?: string }>;

/** The last test message, as it is stored; without a result it is on its way. */
export type StoredTestMessage = { begun_at: string; result?: MailCheckResult };

/** What the logins as the mailbox came to while the sign-in waits at `confirm`; those that have ended. */
export type ConfirmTries = Partial<MailCheckResults>;

/** Whose login it was. */
export type MailSubject = { mailbox: string; signedInAs: string };

export function isSomeoneElse({ mailbox, signedInAs }: MailSubject): boolean {
	return signedInAs.toLowerCase() !== mailbox.toLowerCase();
}
