// A connected mailbox as its owner sees it on the page `/mailboxes`.

import type { MailCheckResults, MailChecks } from './mail-check.ts';
import { mailboxState, type MailboxState } from './mailbox-state.ts';
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
	/** The Microsoft account behind it. */
	signed_in_as: string;
	needs_sign_in: boolean;
	/** For this account alone. */
	sign_in_url: string;
	/** What the last logins came to, and when the last of them was. */
	last_check?: { at: string; checks: MailChecks };
	last_problem?: { title: string; explanation: string; next_step: string };
};

/** With its problem in codes. */
export type OwnMailboxReport = Omit<OwnMailbox, 'last_problem' | 'last_check'> & {
	last_problem?: TokenProblem;
	last_check?: { at: string; checks: MailCheckResults };
};

export type OwnMailboxState = Exclude<MailboxState, 'checking'> | 'needs_sign_in' | 'not_used';

/** At a glance: what stands in the way comes first. */
export function ownMailboxState(
	{ needs_sign_in: needsSignIn, last_used_at: lastUsedAt }: OwnMailbox,
	checks: Partial<MailChecks> | undefined,
): OwnMailboxState {
	if (needsSignIn) return 'needs_sign_in';
	const state = mailboxState(checks ?? {});
	const isKnown = state !== 'checking' && state !== 'not_checked';
	if (isKnown && state !== 'works') return state;
	if (lastUsedAt !== null) return 'works';
	return isKnown ? 'not_used' : 'not_checked';
}
