// A stored token as those see it who may know of it: without what is sealed.

import type { MailboxAddress } from '../../domain/mailbox-address.ts';
import type { TokenProblem } from '../../domain/problem.ts';
import type { StoredTokenState } from '../../domain/stored-token.ts';
import type { storedTokens } from '../database/schema/tables.ts';

export type StoredToken = {
	number: number;
	mailbox: MailboxAddress;
	state: StoredTokenState;
	signedInAs: string;
	scopes: readonly string[];
	createdAt: Date;
	lastRefreshedAt: Date;
	lastResolvedAt: Date | undefined;
	problem: TokenProblem | undefined;
};

export function parseStoredToken(row: typeof storedTokens.$inferSelect): StoredToken {
	return {
		number: row.id,
		mailbox: row.mailbox as MailboxAddress,
		state: row.state,
		signedInAs: row.signedInAs,
		scopes: row.scopes,
		createdAt: row.createdAt,
		lastRefreshedAt: row.lastRefreshedAt,
		lastResolvedAt: row.lastResolvedAt ?? undefined,
		problem: row.problemCode
			? { code: row.problemCode, reference: row.problemReference ?? {} }
			: undefined,
	};
}
