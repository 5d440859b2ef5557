// Lists of stored tokens, in pages: a site with a hundred thousand mailboxes is told of them like any other. A page goes on
// after the last token of the one before, so that tokens which come meanwhile move none from page to page.

import { parseMailboxAddress } from '../../domain/mailbox-address.ts';
import { OperatorError } from '../../domain/operator-error.ts';
import { Problem } from '../../domain/problem.ts';
import { STORED_TOKEN_STATES, type StoredTokenState } from '../../domain/stored-token.ts';
import type { Services } from '../app/services.ts';
import { showSite } from '../sites/manage-sites.ts';
import type { TokenFilter } from './all-tokens-store.ts';
import { reportForOperator, type OperatorTokenReport } from './operate-tokens.ts';
import { tokenReporter, type ReportTokensContext, type TokenReport } from './report-token.ts';
import type { StoredToken, TokenPage } from './stored-token-store.ts';

/** As asked. */
export type TokenListQuery = {
	status?: string | undefined;
	limit?: string | undefined;
	after?: string | undefined;
};

export type TokenListPage = {
	tokens: TokenReport[];
	/** Where the next page begins; undefined on the last. */
	next: string | undefined;
};

const DEFAULT_LIMIT = 100;
/** A megabyte of JSON. */
const MAX_LIMIT = 1000;
/** Rows of a statement: some milliseconds. */
const SLICE = 50;

/** Throws `Problem` `invalid_input`. */
export async function listSiteTokens(
	context: Pick<Services, 'storedTokens'> & ReportTokensContext,
	siteId: number,
	query: TokenListQuery,
): Promise<TokenListPage> {
	const [status, limit, after] = [parseStatus(query), parseLimit(query), parseAfter(query)];
	const { storedTokens } = context;
	const found = await listInSlices(storedTokens, siteId, { status, after, limit: limit + 1 });
	if (found.length === 0 && after !== undefined) {
		// Otherwise a number that is wrong would look like the end of the list.
		const before = await storedTokens.find(siteId, after);
		if (before === undefined) throw refuse('after', AFTER);
	}
	const page = found.slice(0, limit);
	const next = found.length > limit ? page.at(-1)?.number : undefined;
	const tokens: TokenReport[] = [];
	for (let from = 0; from < page.length; from += SLICE) {
		const slice = page.slice(from, from + SLICE);
		tokens.push(...slice.map(await tokenReporter(context, slice)));
	}
	return { tokens, next: next === undefined ? undefined : String(next) };
}

/** A page with a few statements: the rows of one hold up everybody else while they are read. */
async function listInSlices(
	storedTokens: Services['storedTokens'],
	siteId: number,
	{ status, after, limit }: TokenPage,
): Promise<StoredToken[]> {
	const found: StoredToken[] = [];
	for (let last = after; found.length < limit; last = found.at(-1)?.number) {
		const size = Math.min(SLICE, limit - found.length);
		const slice = await storedTokens.list(siteId, { status, after: last, limit: size });
		found.push(...slice);
		if (slice.length < size) break;
	}
	return found;
}

function parseStatus({ status }: TokenListQuery): StoredTokenState | undefined {
	if (status === undefined) return undefined;
	const state = STORED_TOKEN_STATES.find((candidate) => candidate === status);
	if (state === undefined) throw refuse('status', `Give one of ${STORED_TOKEN_STATES.join(', ')}.`);
	return state;
}

function parseLimit({ limit }: TokenListQuery): number {
	if (limit === undefined) return DEFAULT_LIMIT;
	const number = /^[0-9]{1,4}$/.test(limit) ? Number(limit) : 0;
	if (number >= 1 && number <= MAX_LIMIT) return number;
	throw refuse('limit', `Give a number from 1 to ${MAX_LIMIT}.`);
}

const AFTER = 'Give the "next" of the page before.';

function parseAfter({ after }: TokenListQuery): number | undefined {
	if (after === undefined) return undefined;
	if (/^[1-9][0-9]{0,14}$/.test(after)) return Number(after);
	throw refuse('after', AFTER);
}

function refuse(name: string, sentence: string): Problem {
	return new Problem('invalid_input', { fields: { [name]: sentence } });
}

/** As typed. */
export type OperatorTokenQuery = { site?: string; status?: StoredTokenState; mailbox?: string };

/** Rows in memory at a time. */
const OPERATOR_PAGE = 1000;

/** Page by page, however many there are. Throws `OperatorError` for what cannot be looked for. */
export async function* listAllTokens(
	context: Pick<Services, 'allTokens' | 'sites'> & ReportTokensContext,
	query: OperatorTokenQuery = {},
): AsyncGenerator<OperatorTokenReport[]> {
	const filter = await filterOf(context, query);
	let after: number | undefined;
	do {
		const page = await context.allTokens.list(filter, { after, limit: OPERATOR_PAGE });
		yield await reportForOperator(context, page);
		after = page.length < OPERATOR_PAGE ? undefined : page.at(-1)?.number;
	} while (after !== undefined);
}

async function filterOf(
	context: Pick<Services, 'sites'>,
	{ site, status, mailbox }: OperatorTokenQuery,
): Promise<TokenFilter> {
	const address = mailbox === undefined ? undefined : parseMailboxAddress(mailbox);
	if (address?.ok === false) throw new OperatorError(`--mailbox ${mailbox} is no address.`);
	return {
		status,
		site: site === undefined ? undefined : (await showSite(context, site)).url,
		mailbox: address?.value,
	};
}
