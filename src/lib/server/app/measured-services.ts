// Counts what goes through the services and the flows, from outside: none of them knows that it is counted.

import { isProblem } from '../../domain/problem.ts';
import type { TokenFigures } from '../../domain/stored-token.ts';
import { withTimeout } from '../with-timeout.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { MicrosoftError } from '../microsoft/microsoft-error.ts';
import type { TokenEndpoint } from '../microsoft/token-endpoint.ts';
import type { Services } from './services.ts';

/** The figures read a whole table, and a scrape comes every few seconds. */
const FIGURES_EVERY_MS = 60_000;
const SCRAPE_LIMIT_MS = 3_000;

export function createAppMetrics(
	services: Pick<
		Services,
		'allTokens' | 'checkResults' | 'credentialEnds' | 'deliveries' | 'now' | 'log'
	>,
	countUnopenable: Services['countUnopenable'],
	options: { withProcess: boolean },
): Metrics {
	let known: { figures: TokenFigures; at: number } | undefined;
	async function tokenFigures(): Promise<TokenFigures | undefined> {
		const now = services.now();
		if (known && now.getTime() - known.at < FIGURES_EVERY_MS) return known.figures;
		try {
			const figures = await withTimeout(services.allTokens.readFigures(now), SCRAPE_LIMIT_MS);
			if (figures) known = { figures, at: now.getTime() };
			return figures;
		} catch (error) {
			services.log.warn({ err: error }, 'the figures for the metrics could not be read');
			return undefined;
		}
	}
	const unopenable = async () => (await countUnopenable()).byKey;
	async function inTime<Figures>(what: string, read: () => Promise<Figures>) {
		try {
			return await withTimeout(read(), SCRAPE_LIMIT_MS);
		} catch (error) {
			services.log.warn({ err: error }, `${what} could not be counted`);
			return undefined;
		}
	}
	const waitingEvents = () =>
		inTime('the waiting events', () => services.deliveries.readWaiting(services.now()));
	const failedMailboxes = () =>
		inTime('the failed mailboxes', () => services.checkResults.countFailed());
	const credentialEnds = () =>
		inTime('the days of the credential', () => services.credentialEnds());
	return createMetrics(
		{ tokenFigures, waitingEvents, failedMailboxes, credentialEnds, unopenable },
		options,
	);
}

export function countTokenRequests(endpoint: TokenEndpoint, metrics: Metrics): TokenEndpoint {
	const counted = async <Result>(kind: 'code' | 'refresh', request: Promise<Result>) => {
		try {
			const result = await request;
			metrics.tokenRequested(kind, 'ok');
			return result;
		} catch (error) {
			metrics.tokenRequested(kind, error instanceof MicrosoftError ? error.kind : 'other');
			throw error;
		}
	};
	return {
		redeemCode: (request) => counted('code', endpoint.redeemCode(request)),
		refresh: (refreshToken, protocols) =>
			counted('refresh', endpoint.refresh(refreshToken, protocols)),
	};
}

/** `ok`, or the code that the caller is told. */
export async function countResolve<Result>(
	metrics: Metrics,
	resolve: () => Promise<Result>,
): Promise<Result> {
	const begun = performance.now();
	const end = (result: string) => metrics.resolved(result, (performance.now() - begun) / 1000);
	try {
		const result = await resolve();
		end('ok');
		return result;
	} catch (error) {
		end(isProblem(error) ? error.code : 'internal_error');
		throw error;
	}
}

export function measureWait<Token, Outcome>(
	metrics: Metrics,
	refreshAndWait: (token: Token) => Promise<Outcome>,
): (token: Token) => Promise<Outcome> {
	return async (token) => {
		const begun = performance.now();
		try {
			return await refreshAndWait(token);
		} finally {
			metrics.waitedForRefresh((performance.now() - begun) / 1000);
		}
	};
}
