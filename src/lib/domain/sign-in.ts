// A sign-in: the trip to Microsoft and back, as the page sees it. `SignInStatus` is what
// `GET /api/sign-ins/{id}` answers; the row behind it is in `server/database/`.

import type { MailCheck, MailCheckResult } from './mail-check.ts';
import type { MailProtocol } from './mail-protocol.ts';
import type { OwnerServers } from './owner-server.ts';
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

/** What the page needs to leave for Microsoft, to see the mailboxes of the person who signs in. */
export type StartedVisit = { visit: SignInId; nonce: string };

export function parseSignInId(input: string): SignInId | undefined {
	return /^[A-Za-z0-9_-]{22}$/.test(input) ? (input as SignInId) : undefined;
}

/** A problem in words. */
export type Explanation = {
	code: SignInProblemCode;
	who: Who;
	title: string;
	explanation: string;
	next_step: string;
	reference?: ProblemReference;
};

/** `Problem` and `Check` are in words or in codes. */
type SignInStatusOf<Problem, Check> =
	{ status: 'none' } | (OfLink & BegunSignInStatusOf<Problem, Check>);

/** Of one that was begun by a link. */
type OfLink = {
	/** And can be by the same once more: its site is fixed, and its mailbox unless the link leaves that open. */
	by_link?: true;
	email_open?: true;
	/** Where its person goes back to the site that made the link. */
	site_name?: string;
};

type BegunSignInStatusOf<Problem, Check> =
	| { status: 'started' | 'exchanging'; site: string; email: string }
	| {
			status: 'confirm';
			site: string;
			email: string;
			signed_in_as: string;
			/** Where the site only sends: a message from the mailbox to itself, in place of logins that read. */
			proof?: 'message';
			checks?: Record<MailProtocol, Check>;
	  }
	| {
			/** Until the site has presented the code that the browser brings. */
			status: 'returning';
			site: string;
			email: string;
			signed_in_as: string;
			checks: Record<MailProtocol, Check>;
	  }
	| {
			status: 'ready';
			site: string;
			email: string;
			identifier: string;
			checks: Record<MailProtocol, Check>;
			/** What to enter at the site, for the protocols that it uses. */
			mail: OwnerServers;
			/** Absent once the site has resolved the token: then no day is set. */
			revoked_unless_used_by?: string;
			/** What became of the last test message; none was asked for where it is missing. */
			test_message?: Check;
	  }
	| { status: 'failed'; site: string; email: string; problem: Problem };

/** For the page, in words. */
export type SignInStatus = SignInStatusOf<Explanation, MailCheck>;

export type SignInProblem = { code: SignInProblemCode; reference?: ProblemReference | undefined };

/** In codes, with what their words name. */
export type SignInResult =
	| { status: 'none' }
	| (Exclude<SignInStatusOf<SignInProblem, MailCheckResult>, { status: 'none' }> & {
			subject: SignInSubject;
	  });

export type SignInSubject = {
	site: string;
	mailbox: string;
	signedInAs?: string | undefined;
	/** It had come as far as `returning`. */
	hadToReturn?: boolean;
};

export type ReadySignIn = SignInStatus & { status: 'ready' };

/** The site that made the link has completed it, and has the identifier: nobody has anything to copy. */
export function isCompletedBySite(signIn: SignInStatus): boolean {
	return signIn.status === 'ready' && signIn.site_name !== undefined;
}

/** What the page gets at the start, besides the cookie that binds the browser. */
export type StartedSignIn = {
	sign_in: SignInId;
	nonce: string;
	site: string;
	email: string;
	/** What to ask for at Microsoft: the rights that the site uses. */
	scopes: readonly string[];
};
