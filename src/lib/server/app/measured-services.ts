// Counts what goes through the services and the flows, from outside: none of them knows that it is counted.

import { isProblem } from '../../domain/problem.ts';
import { withTimeout } from '../with-timeout.ts';
import { countUnopenable } from '../tokens/count-by-key.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { MicrosoftError } from '../microsoft/microsoft-error.ts';
import type { TokenEndpoint } from '../microsoft/token-endpoint.ts';
import type { Services } from './services.ts';

const SCRAPE_LIMIT_MS = 3_000;

export function createAppMetrics(
	services: Pick<
		Services,
		| 'tokenFigures'
		| 'sealedValues'
		| 'vault'
		| 'checkResults'
		| 'credentialEnds'
		| 'deliveries'
		| 'now'
		| 'log'
	>,
	options: { withProcess: boolean },
): Metrics {
	async function inTime<Figures>(what: string, read: () => Promise<Figures>) {
		try {
			return await withTimeout(read(), SCRAPE_LIMIT_MS);
		} catch (error) {
			services.log.warn({ err: error }, `${what} could not be counted`);
			return undefined;
		}
	}
	const { tokenFigures, checkResults, credentialEnds, deliveries, now } = services;
	return createMetrics(
		{
			tokenFigures: () => inTime('the stored tokens', () => tokenFigures.read(now())),
			unopenable: () => inTime('the sealed values', () => countUnopenable(services)),
			waitingEvents: () => inTime('the waiting events', () => deliveries.readWaiting(now())),
			failedMailboxes: () => inTime('the failed mailboxes', () => checkResults.countFailed()),
			credentialEnds: () => inTime('the days of the credential', () => credentialEnds()),
		},
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
