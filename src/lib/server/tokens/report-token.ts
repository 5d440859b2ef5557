// What a site, or the operator, sees of stored tokens: never a token.

import { missingRights } from '../../domain/cloud.ts';
import { formatIdentifier } from '../../domain/identifier.ts';
import { REFRESH_TOKEN_IDLE_DAYS } from '../../domain/stored-token.ts';
import type { MailCheckResults } from '../../domain/mail-check.ts';
import type { MailProtocol } from '../../domain/mail-protocol.ts';
import type { TokenProblem } from '../../domain/problem.ts';
import { checksOfRights } from '../../problems/mail-answers/checks-of-rights.ts';
import type { StoredToken } from './stored-token-store.ts';

export type TokenReport = {
	identifier: string;
	mailbox: string;
	status: StoredToken['state'];
	signed_in_as: string;
	created_at: string;
	last_refreshed_at: string;
	/** When Microsoft would end it, were it never refreshed again; null once it has ended. */
	lapses_at: string | null;
	last_resolved_at: string | null;
	last_problem?: TokenProblem;
	/** What the site uses and the owner has not agreed to: it is there once the owner has signed in again. */
	missing_rights: readonly MailProtocol[];
	/** By the rights alone: nothing was logged in to. */
	checks: MailCheckResults;
};

export function reportToken(token: StoredToken): TokenReport {
	const { mailbox, state, lastRefreshedAt, problem } = token;
	const lapsesAt = new Date(lastRefreshedAt.getTime() + REFRESH_TOKEN_IDLE_DAYS * 86_400_000);
	const hasEnded = state === 'revoked' || state === 'sign_in_required';
	return {
		identifier: formatIdentifier(token),
		mailbox,
		status: state,
		signed_in_as: token.signedInAs,
		created_at: token.createdAt.toISOString(),
		last_refreshed_at: lastRefreshedAt.toISOString(),
		lapses_at: hasEnded ? null : lapsesAt.toISOString(),
		last_resolved_at: token.lastResolvedAt?.toISOString() ?? null,
		...(problem && { last_problem: problem }),
		missing_rights: missingRights(token.protocols, token.scopes),
		checks: checksOfRights(token.protocols, token.scopes, token),
	};
}
