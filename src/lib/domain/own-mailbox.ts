// A connected mailbox as its owner sees it on the page `/mailboxes`.

import type { TokenProblem } from './problem.ts';
import type { SiteUrl } from './site-url.ts';

export type OwnMailbox = {
	number: number;
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
