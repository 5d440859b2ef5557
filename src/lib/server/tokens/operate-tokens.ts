// What the operator does with stored tokens, by their identifier. Never shows a token.

import { parseIdentifier } from '../../domain/identifier.ts';
import { OperatorError } from '../../domain/operator-error.ts';
import type { RefreshOutcome, StoredTokenState } from '../../domain/stored-token.ts';
import type { TokenOfSite } from './all-tokens-store.ts';
import { tokenReporter, type ReportTokensContext, type TokenReport } from './report-token.ts';
import type { PracticeState } from './stored-token-store.ts';
import { refreshToken, type RefreshTokenContext } from './refresh-token.ts';
import type { Services } from '../app/services.ts';

export type OperateTokensContext = RefreshTokenContext & FindTokenContext & ReportTokensContext;

export type OperatorTokenReport = TokenReport & { site: string };

/** Throws `OperatorError`. */
export async function showToken(
	context: OperateTokensContext,
	identifier: string,
): Promise<OperatorTokenReport> {
	const token = await findToken(context, identifier);
	const reportOf = await tokenReporter(context, [token]);
	return { ...reportOf(token), site: token.site };
}

/** Throws `OperatorError`. */
export async function revokeByOperator(
	context: OperateTokensContext,
	identifier: string,
): Promise<void> {
	const { siteId, number } = await findToken(context, identifier);
	const revocation = { reason: 'by_operator', now: context.now() } as const;
	if (!(await context.storedTokens.revoke(siteId, number, revocation))) {
		throw new OperatorError(`${identifier} is revoked already.`);
	}
}

export type RevokedAgain = { revoked: number; already: number; unknown: number };

/** What was revoked once stays revoked, whatever backup the database comes from: a number never comes back. */
export async function revokeNumbers(
	{ allTokens, storedTokens, now }: OperateTokensContext,
	numbers: readonly number[],
): Promise<RevokedAgain> {
	const counts = { revoked: 0, already: 0, unknown: 0 };
	for (const number of numbers) {
		const token = await allTokens.findByNumber(number);
		const revocation = { reason: 'by_operator', now: now() } as const;
		if (token === undefined) counts.unknown += 1;
		else if (await storedTokens.revoke(token.siteId, number, revocation)) counts.revoked += 1;
		else counts.already += 1;
	}
	return counts;
}

/** Throws `OperatorError`, also when nothing could be refreshed. */
export async function refreshByOperator(
	context: OperateTokensContext,
	identifier: string,
): Promise<OperatorTokenReport> {
	const { siteId, number, state } = await findToken(context, identifier);
	const outcome = await refreshToken(context, { siteId, id: number });
	const fault = faultOf(outcome, state);
	if (fault !== undefined) throw new OperatorError(`${identifier}: ${fault}`);
	return showToken(context, identifier);
}

/** For practice, where no Microsoft makes it so. Throws `OperatorError`. */
export async function setPracticeState(
	context: OperateTokensContext,
	identifier: string,
	state: PracticeState,
): Promise<void> {
	const { siteId, number } = await findToken(context, identifier);
	await context.storedTokens.savePracticeState({ siteId, id: number }, state, context.now());
}

function faultOf(outcome: RefreshOutcome, state: StoredTokenState): string | undefined {
	switch (outcome.kind) {
		case 'refreshed':
			return undefined;
		case 'sign_in_required':
			return 'somebody has to sign in again.';
		case 'try_later':
			return `Microsoft refreshed nothing; try again in ${Math.ceil(outcome.retryAfterMs / 1000)} seconds.`;
		case 'changed_meanwhile':
			return unrefreshable(state);
	}
}

/** Why there was no lease. */
function unrefreshable(state: StoredTokenState): string {
	switch (state) {
		case 'revoked':
			return 'it is revoked.';
		case 'sign_in_required':
			return 'somebody has to sign in again.';
		case 'degraded':
			return 'the last refresh failed, and the next try is not due yet: "mailkey token show" says what was wrong.';
		case 'active':
			return 'it was refreshed within the last minute, or is being refreshed now.';
	}
}

export type FindTokenContext = Pick<Services, 'allTokens'>;

/** Throws `OperatorError`. */
export async function findToken(
	{ allTokens }: FindTokenContext,
	text: string,
): Promise<TokenOfSite> {
	const identifier = parseIdentifier(text);
	const token = identifier && (await allTokens.find(identifier));
	if (token === undefined) throw new OperatorError(`${text} is no identifier of a stored token.`);
	return token;
}

export async function reportForOperator(
	context: ReportTokensContext,
	tokens: readonly TokenOfSite[],
): Promise<OperatorTokenReport[]> {
	const reportOf = await tokenReporter(context, tokens);
	return tokens.map((token) => ({ ...reportOf(token), site: token.site }));
}
