// What is counted and measured, in the text format of Prometheus. No label names a person, a mailbox or a site, and
// each has a handful of values.

import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { ProblemCode } from '../../domain/problem.ts';
import { STORED_TOKEN_STATES, type TokenFigures } from '../../domain/stored-token.ts';
import type { WaitingFigures } from '../events/delivery-store.ts';
import { MICROSOFT_ERROR_KINDS } from '../microsoft/microsoft-error.ts';
import type { UnopenableValues } from '../tokens/count-by-key.ts';
import type { FailedFigures, Verdict } from '../mailbox-checks/check-result-store.ts';
import { checkMetrics } from './check-metrics.ts';
import { credentialMetrics } from './credential-metrics.ts';
import { noticeMetrics } from './notice-metrics.ts';
import { webhookMetrics } from './webhook-metrics.ts';

export type MetricsSource = {
	/** Undefined while the database does not answer: then the last figures are shown. */
	tokenFigures: () => Promise<TokenFigures | undefined>;
	/** Undefined as above. */
	waitingEvents: () => Promise<WaitingFigures | undefined>;
	/** Undefined as above. */
	failedMailboxes: () => Promise<FailedFigures | undefined>;
	/** Undefined where nobody knows. */
	credentialEnds: () => Promise<{ kind: string; at: Date } | undefined>;
	/** Undefined as above. */
	unopenable: () => Promise<UnopenableValues | undefined>;
};

export type Metrics = {
	contentType: string;
	/** An answer comes even if everything else is down. */
	text(): Promise<string>;
	resolved(result: string, seconds: number): void;
	tokenRequested(kind: 'code' | 'refresh', result: string): void;
	waitedForRefresh(seconds: number): void;
	mailboxChecked(verdict: Verdict): void;
	noticePosted(result: 'sent' | 'failed' | 'refused'): void;
	webhookTried(result: 'delivered' | 'failed' | 'given_up'): void;
};

export function createMetrics(source: MetricsSource, own: { withProcess: boolean }): Metrics {
	const registry = new Registry();
	const registers = [registry];
	if (own.withProcess) collectDefaultMetrics({ register: registry });
	const resolves = new Counter({
		name: 'mailkey_resolves_total',
		help: 'Answers of /api/v1/resolve, by "ok" or the error of the answer.',
		labelNames: ['result'],
		registers,
	});
	const resolveSeconds = new Histogram({
		name: 'mailkey_resolve_seconds',
		help: 'How long resolving took, refreshes included.',
		buckets: [0.005, 0.03, 0.1, 0.5, 1.5, 5, 20],
		registers,
	});
	const tokenRequests = new Counter({
		name: 'mailkey_token_requests_total',
		help: 'Requests to the token endpoint of Microsoft, by kind (code, refresh) and "ok" or the class of the failure.',
		labelNames: ['kind', 'result'],
		registers,
	});
	beginAtZero(resolves, tokenRequests);
	const refreshWait = new Histogram({
		name: 'mailkey_refresh_wait_seconds',
		help: 'How long callers waited for a refresh, their own or another one’s lease.',
		buckets: [0.1, 0.5, 1, 5, 10, 20],
		registers,
	});
	const webhooks = webhookMetrics(registers);
	const [checks, noticePosted] = [checkMetrics(registers), noticeMetrics(registers)];
	const setCredentialEnds = credentialMetrics(registers);
	const gauges = storedGauges(registers);
	return {
		contentType: registry.contentType,
		async text() {
			const [figures, unopenable, events, failed, ends] = await Promise.all([
				source.tokenFigures(),
				source.unopenable(),
				source.waitingEvents(),
				source.failedMailboxes(),
				source.credentialEnds(),
			]);
			gauges.set(figures, unopenable);
			webhooks.setWaiting(events);
			checks.setFailed(failed);
			setCredentialEnds(ends);
			return registry.metrics();
		},
		resolved(result, seconds) {
			resolves.inc({ result });
			resolveSeconds.observe(seconds);
		},
		tokenRequested: (kind, result) => tokenRequests.inc({ kind, result }),
		waitedForRefresh: (seconds) => refreshWait.observe(seconds),
		mailboxChecked: checks.checked,
		noticePosted,
		webhookTried: webhooks.tried,
	};
}

/** What alarms look at. A counter that begins with its first event shows no increase, and the first refusal raises no alarm. */
function beginAtZero(resolves: Counter<'result'>, tokenRequests: Counter<'kind' | 'result'>): void {
	for (const result of ['ok', ...RESOLVE_PROBLEMS]) resolves.inc({ result }, 0);
	for (const kind of ['code', 'refresh']) {
		for (const result of ['ok', ...MICROSOFT_ERROR_KINDS, 'other']) {
			tokenRequests.inc({ kind, result }, 0);
		}
	}
}

const RESOLVE_PROBLEMS: readonly (ProblemCode | 'internal_error')[] = [
	'invalid_site_key',
	'unknown_identifier',
	'invalid_input',
	'sign_in_required',
	'too_many_requests',
	'temporarily_unavailable',
	'internal_error',
];

/** What is in the database at the scrape. */
function storedGauges(registers: Registry[]) {
	const tokens = new Gauge({
		name: 'mailkey_stored_tokens',
		help: 'Stored tokens, by state.',
		labelNames: ['state'],
		registers,
	});
	const oldest = new Gauge({
		name: 'mailkey_oldest_refresh_age_seconds',
		help: 'Age of the oldest refresh among tokens that are kept alive. Microsoft ends a token after 90 days.',
		registers,
	});
	const lapsing = new Gauge({
		name: 'mailkey_lapsing_tokens',
		help: 'Tokens that end within so many days unless they are refreshed.',
		labelNames: ['days'],
		registers,
	});
	const leased = new Gauge({
		name: 'mailkey_leased_tokens',
		help: 'Tokens that are being refreshed, by any instance.',
		registers,
	});
	const databaseUp = new Gauge({
		name: 'mailkey_database_up',
		help: '1 when the database answered the question for these figures.',
		registers,
	});
	const setUnopenable = unopenableGauge(registers);
	return {
		set(figures: TokenFigures | undefined, unopenable: UnopenableValues | undefined): void {
			setUnopenable(unopenable);
			databaseUp.set(figures === undefined ? 0 : 1);
			if (figures === undefined) return;
			// A series that begins with its first token shows no rise to an alert.
			for (const state of STORED_TOKEN_STATES) {
				tokens.set({ state }, figures.byState.get(state) ?? 0);
			}
			oldest.set(figures.oldestRefreshAgeSeconds ?? 0);
			for (const [days, count] of figures.lapsing) lapsing.set({ days }, count);
			leased.set(figures.leased);
		},
	};
}

function unopenableGauge(registers: Registry[]) {
	const gauge = new Gauge({
		name: 'mailkey_unopenable_values',
		help: 'Sealed values whose key is not in TOKEN_KEYS, by key id.',
		labelNames: ['key'],
		registers,
	});
	return (found: UnopenableValues | undefined): void => {
		if (found === undefined) return;
		gauge.reset();
		for (const [key, count] of Object.entries(found.byKey)) gauge.set({ key }, count);
	};
}
