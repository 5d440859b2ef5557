// A connected mailbox as its owner sees it on the page `/mailboxes`.

import type { TokenProblem } from './problem.ts';
import type { SiteUrl } from './site-url.ts';
import type { MailProtocol } from './mail-protocol.ts';

export type OwnMailbox = {
	number: number;
	/** What the site uses, and what of it the owner has not agreed to. */
	protocols: readonly MailProtocol[];
	missing_rights: readonly MailProtocol[];
	site: SiteUrl;
	site_name: string;
	identifier: string;
	mailbox: string;
	created_at: string;
	/** When the site last asked for it; null when it never did. */
	last_used_at: string | null;
	needs_sign_in: boolean;
	last_problem?: { title: string; explanation: string; next_step: string; lang?: string };
};

/** With its problem in codes. */
export type OwnMailboxReport = Omit<OwnMailbox, 'last_problem'> & { last_problem?: TokenProblem };
