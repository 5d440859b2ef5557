// A sign-in: the trip to Microsoft and back, as the page sees it. `SignInStatus` is what
// `GET /api/sign-ins/{id}` answers; the row behind it is in `server/database/`.

import type { MailExplanation } from './mail-login.ts';
import type { ProblemReference, SignInProblemCode, Who } from './problem.ts';

export type SignInId = string & { readonly __brand: 'SignInId' };

/** 128 random bits in base64url: 22 characters. */
const ID_BYTES = 16;

export function makeSignInId(
	randomBytes: (size: number) => { toString(encoding: 'base64url'): string },
): SignInId {
	const id = parseSignInId(randomBytes(ID_BYTES).toString('base64url'));
	if (id === undefined) throw new Error('randomness of the wrong size');
	return id;
}

/** What the page needs to leave for Microsoft, to see the mailboxes of whoever signs in. */
export type StartedVisit = { visit: SignInId; nonce: string };

export function parseSignInId(input: string): SignInId | undefined {
	return /^[A-Za-z0-9_-]{22}$/.test(input) ? (input as SignInId) : undefined;
}

export const MAIL_PROTOCOLS = ['imap', 'pop', 'smtp'] as const;

export type MailProtocol = (typeof MAIL_PROTOCOLS)[number];

export type MailCheck = {
	status: 'running' | 'passed' | 'failed' | 'skipped';
	problem?: MailExplanation;
};

/** The protocols that can prove that an account may use a mailbox: by reading it. */
export type ReadingProtocol = 'imap' | 'pop';

export type MailChecks = Record<MailProtocol, MailCheck>;

/** A run of the mailbox check, as it is stored: what has ended so far. */
export type StoredChecks = { begun_at: string; results: Partial<Record<MailProtocol, MailCheck>> };

/** The last test message, as it is stored; without a result it is on its way. */
export type StoredTestMessage = { begun_at: string; result?: MailCheck };

/** What the logins as the mailbox came to while the sign-in stands at `confirm`; those that have ended. */
export type ConfirmTries = Partial<Record<ReadingProtocol, MailCheck>>;

/** A problem in words. */
export type Explanation = {
	code: SignInProblemCode;
	who: Who;
	title: string;
	explanation: string;
	next_step: string;
	reference?: ProblemReference;
	/** Of the words (BCP 47), where there are none in the visitor's language. */
	lang?: string;
};

export type SignInStatus =
	| { status: 'none' }
	| { status: 'started' | 'exchanging'; site: string; email: string }
	| {
			status: 'confirm';
			site: string;
			email: string;
			signed_in_as: string;
			checks?: MailChecks;
	  }
	| {
			status: 'ready';
			site: string;
			email: string;
			identifier: string;
			checks: MailChecks;
			/** Absent once the site has resolved the token: then no day is set. */
			revoked_unless_used_by?: string;
			/** What became of the last test message; none was asked for where it is missing. */
			test_message?: MailCheck;
	  }
	| { status: 'failed'; site: string; email: string; problem: Explanation };

export type ReadySignIn = SignInStatus & { status: 'ready' };

/** What the page gets at the start, besides the cookie that binds the browser. */
export type StartedSignIn = { sign_in: SignInId; nonce: string; site: string; email: string };
