// What a site, or the operator, or its owner sees of stored tokens: never a token.

import { missingRights } from '../../domain/cloud.ts';
import { formatIdentifier } from '../../domain/identifier.ts';
import { REFRESH_TOKEN_IDLE_DAYS } from '../../domain/stored-token.ts';
import type { KeptCheckResults } from '../../domain/mail-check.ts';
import { mapProtocols, type MailProtocol } from '../../domain/mail-protocol.ts';
import type { TokenProblem } from '../../domain/problem.ts';
import { checksOfRights } from '../../problems/mail-answers/checks-of-rights.ts';
import type { Services } from '../app/services.ts';
import type { KeptCheck } from '../mailbox-checks/check-result-store.ts';
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
	/** What the site uses and cannot log in to: two logins failed with an hour between. */
	failed_protocols: readonly MailProtocol[];
	checks: KeptCheckResults;
};

export type ReportTokensContext = Pick<Services, 'checkResults'>;

/** How each of these tokens is reported: what is known of all of them is read once. */
export async function tokenReporter(
	{ checkResults }: ReportTokensContext,
	tokens: readonly StoredToken[],
): Promise<(token: StoredToken) => TokenReport> {
	const kept = new Map<number, KeptCheck[]>();
	for (const check of await checkResults.list(tokens.map(({ number }) => number))) {
		kept.set(check.tokenNumber, [...(kept.get(check.tokenNumber) ?? []), check]);
	}
	return (token) => reportToken(token, kept.get(token.number) ?? []);
}

function reportToken(token: StoredToken, kept: readonly KeptCheck[]): TokenReport {
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
		failed_protocols: token.protocols.filter((protocol) =>
			kept.some((check) => check.protocol === protocol && check.failedAt !== undefined),
		),
		checks: checksOf(token, kept),
	};
}

/** A right that is missing by now says more than the last login. */
function checksOf(token: StoredToken, kept: readonly KeptCheck[]): KeptCheckResults {
	const ofRights = checksOfRights({ ...token, used: token.protocols }, token);
	return mapProtocols((protocol) => {
		const last = kept.find((check) => check.protocol === protocol);
		const isUsable = token.protocols.includes(protocol) && !ofRights[protocol].problem;
		if (last === undefined || !isUsable) return ofRights[protocol];
		const { status, problem, checkedAt } = last;
		return { status, ...(problem && { problem }), checked_at: checkedAt.toISOString() };
	});
}
