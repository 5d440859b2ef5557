// What a site is told of its mailboxes: by its webhook, and when it asks for its events.

import type { Identifier } from './identifier.ts';
import type { MailProblem } from './mail-check.ts';
import type { MailProtocol } from './mail-protocol.ts';
import type { TokenProblem } from './problem.ts';
import type { RevokedReason } from './stored-token.ts';

export const SITE_EVENT_TYPES = [
	/** Also when somebody signed in again behind the same identifier. */
	'mailbox.connected',
	'mailbox.sign_in_required',
	/** Refreshes have failed for an hour. */
	'mailbox.degraded',
	'mailbox.recovered',
	/** A protocol that the site uses failed twice in a row. */
	'mailbox.check_failed',
	'mailbox.lapse_scheduled',
	'mailbox.revoked',
	'webhook.test',
] as const;

export type SiteEventType = (typeof SITE_EVENT_TYPES)[number];

/** As it is stored: codes. What an event has not is left out. */
export type SiteEventDetails = {
	problem?: TokenProblem;
	protocol?: MailProtocol;
	mail_problem?: MailProblem;
	reason?: RevokedReason;
	lapses_at?: string;
	/** Whose login failed, for the words. */
	signed_in_as?: string;
};

export type SiteEvent = {
	/** Tells repeats apart, and is where a site goes on reading. */
	id: number;
	siteId: number;
	type: SiteEventType;
	at: Date;
	/** Undefined where it is about no mailbox. */
	token: Identifier | undefined;
	details: SiteEventDetails;
};
