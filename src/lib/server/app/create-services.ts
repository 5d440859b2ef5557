// What operations work with, created once from the settings: clock, randomness, stores, and the adapters to Microsoft, mail and
// the vault.

import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { CLOUDS, IDENTITY_SCOPES, mailScopes, VISIT_SCOPES } from '../../domain/cloud.ts';
import type { MailProtocol } from '../../domain/mail-protocol.ts';
import type { MailDomain } from '../../domain/mailbox-address.ts';
import { createApprovalStore } from '../approvals/approval-store.ts';
import { createAuditPartitionStore } from '../audit/audit-partition-store.ts';
import { createAuditStore } from '../audit/audit-store.ts';
import { createConnectLinkStore } from '../connect-links/connect-link-store.ts';
import { createRenewalStore } from '../connect-links/renewal-store.ts';
import { createReturnCodeStore } from '../connect-links/return-code-store.ts';
import { createDatabaseClock } from '../database/clock.ts';
import { createCompletionStore } from '../sign-ins/completion-store.ts';
import { connectDatabase, type DatabaseConnection } from '../database/connection.ts';
import { createDeliveryStore } from '../events/delivery-store.ts';
import { createEventStore } from '../events/event-store.ts';
import { createWebhookStore } from '../events/webhook-store.ts';
import { createMailDomainStore } from '../sites/mail-domain-store.ts';
import { createVisitStore } from '../owners/visit-store.ts';
import { createRemovalStore } from '../sites/removal-store.ts';
import { createLookUpGuard } from '../limits/look-up-guard.ts';
import { createRequestCountStore } from '../limits/request-count-store.ts';
import { createKeyCheckStore } from '../tokens/key-check-store.ts';
import { createResolveStore } from '../tokens/resolve-store.ts';
import { createSealedValueStore } from '../tokens/sealed-value-store.ts';
import { createSessionAdapter, createVisitorStore } from '../owners/session-store.ts';
import { createSignInStore } from '../sign-ins/sign-in-store.ts';
import { createSiteStore } from '../sites/site-store.ts';
import { createAllTokensStore } from '../tokens/all-tokens-store.ts';
import { createStoredTokenStore } from '../tokens/stored-token-store.ts';
import { createFiguresStore } from '../tokens/figures-store.ts';
import { createReportStore } from '../tokens/report-store.ts';
import { createCircuitBreaker } from '../tokens/circuit-breaker.ts';
import { createUnknownRefusals } from '../tokens/unknown-refusals.ts';
import { REFRESH_DURATIONS, type RefreshDurations } from '../durations.ts';
import { createCheckResultStore } from '../mailbox-checks/check-result-store.ts';
import { createRecheckStore } from '../mailbox-checks/recheck-store.ts';
import { createSiteSemaphore } from '../mailbox-checks/site-semaphore.ts';
import { createAuditTrail } from '../audit/audit-trail.ts';
import { createTokenBuckets } from '../limits/token-buckets.ts';
import { createUseRecorder } from '../tokens/record-use.ts';
import { createUseStore } from '../tokens/token-use-store.ts';
import { makeTokenNumber } from '../tokens/token-number.ts';
import type { Log } from '../log.ts';
import type { NoticeMailer } from '../mail/notice-mailer.ts';
import { createNoticeStore } from '../notices/notice-store.ts';
import { createOperatorNoticeStore } from '../notices/operator-notice-store.ts';
import { createRecipientStore } from '../notices/recipient-store.ts';
import { createMailClient, type MailClient } from '../mail/mail-client.ts';
import type { Fetch } from '../microsoft/http.ts';
import { createIdTokenVerifier } from '../microsoft/id-token.ts';
import { boundFetch } from '../microsoft/bound-fetch.ts';
import { createIssuerSource, fetchDomainOwner } from '../microsoft/metadata.ts';
import { createTokenEndpoint } from '../microsoft/token-endpoint.ts';
import { createSharedRefreshes } from '../tokens/refresh-and-wait.ts';
import { auditServices } from './audited-services.ts';
import { rememberIssued } from './guarded-services.ts';
import { countTokenRequests, createAppMetrics, measureWait } from './measured-services.ts';
import { noticeServices } from './notice-services.ts';
import { approvalUrl, linkUrl, pageSettings, type PracticeGuide } from './page-settings.ts';
import type { Services, Stores } from './services.ts';
import { createSessions } from '../owners/sessions.ts';
import type { AppSettings } from '../settings/settings.ts';
import { createNumberLinks } from '../vault/renewal-link.ts';
import { createVault } from '../vault/vault.ts';
import { createWebhookClient, type WebhookClient } from '../webhooks/webhook-client.ts';
import type { WebhookBounds } from '../webhooks/webhook-url.ts';

export type AppOptions = {
	settings: AppSettings;
	mode: 'live' | 'practice';
	databaseUrl: string;
	log: Log;
	/** Tests move a clock of their own; otherwise it is the database's. */
	now?: () => Date;
	/** Tests choose the numbers of new stored tokens. */
	newTokenNumber?: () => number;
	fetch?: Fetch;
	durations?: Partial<RefreshDurations>;
	/** Tests log in to mail servers of their own. */
	mailClient?: MailClient;
	/** Tests take notices themselves. */
	noticeMailer?: NoticeMailer;
	/** Tests take webhooks themselves. */
	webhookClient?: WebhookClient;
	/** Whose commands the audit trail notes. */
	operatorName?: string | undefined;
	/** What the pages of practice mode list. */
	practiceAccounts?: readonly PracticeGuide[];
};

export function createServices(options: AppOptions): Services {
	const { settings, log, fetch = globalThis.fetch } = options;
	const limits = limitServices(settings);
	const connection = connectDatabase(options.databaseUrl, settings.databasePool);
	const clock = createDatabaseClock(connection.now);
	const now = options.now ?? (() => clock.now());
	const durations = { ...REFRESH_DURATIONS, ...options.durations };
	const stores = createStores(connection);
	const renewalLinks = createNumberLinks(settings.tokenKeys, 'renewal link');
	const auditTrail = createAuditTrail({ now, audits: stores.audits, log });
	const webhookBounds: WebhookBounds = {
		privateHosts: settings.webhookPrivateHosts,
		loopback: options.mode === 'practice' ? 'allowed' : 'refused',
	};
	const built = {
		now,
		clock,
		sleep: (ms: number) => sleep(ms),
		random: Math.random,
		randomBytes,
		newTokenNumber: options.newTokenNumber ?? (() => makeTokenNumber(randomInt)),
		newLeaseOwner: () => randomUUID(),
		durations,
		log,
		auditTrail,
		recheckDays: settings.recheckDays,
		helperName: settings.helperName ?? `Mailkey at ${new URL(settings.origin).host}`,
		renewalLinks,
		...noticeServices(settings, options.noticeMailer),
		linkUrl: (secret: string) => linkUrl(settings.origin, secret),
		signInUrl: (number: number) => linkUrl(settings.origin, renewalLinks.opaqueOf(number)),
		...stores,
		...microsoftServices(options, now, fetch),
		vault: createVault(settings.tokenKeys),
		sessions: rememberIssued(
			createSessions({
				adapter: createSessionAdapter(connection.database),
				origin: settings.origin,
				now,
			}),
			limits.lookUps,
		),
		mailClient: options.mailClient ?? createMailClient(settings.mail),
		mailServers: settings.mail,
		auditDays: settings.auditDays,
		heldAnswers: { count: 0 },
		webhookClient: options.webhookClient ?? createWebhookClient(webhookBounds),
		webhookBounds,
		uses: createUseRecorder({ ...stores, log }),
		circuitBreaker: createCircuitBreaker(log, { retryMs: durations.circuitRetryMs }),
		unknownRefusals: createUnknownRefusals(log),
		siteSemaphore: createSiteSemaphore(),
		...limits,
	};
	return withRefreshes(withMetrics(built, settings));
}

function createStores(connection: DatabaseConnection): Stores {
	const { database } = connection;
	return {
		connection,
		database,
		findDatabaseFault: () => connection.findFault(),
		allTokens: createAllTokensStore(database),
		approvals: createApprovalStore(database),
		audits: createAuditStore(database),
		auditPartitions: createAuditPartitionStore(database),
		checkResults: createCheckResultStore(database),
		completions: createCompletionStore(database),
		deliveries: createDeliveryStore(database),
		events: createEventStore(database),
		keyChecks: createKeyCheckStore(database),
		connectLinks: createConnectLinkStore(database),
		mailDomains: createMailDomainStore(database),
		noticeRecipients: createRecipientStore(database),
		notices: createNoticeStore(database),
		operatorNotices: createOperatorNoticeStore(database),
		rechecks: createRecheckStore(database),
		removals: createRemovalStore(database),
		renewals: createRenewalStore(database),
		requestCounts: createRequestCountStore(database),
		resolves: createResolveStore(connection.sql),
		returnCodes: createReturnCodeStore(database),
		sealedValues: createSealedValueStore(database),
		signIns: createSignInStore(database),
		sites: createSiteStore(database),
		storedTokens: createStoredTokenStore(database),
		tokenFigures: createFiguresStore(database),
		tokenReports: createReportStore(database),
		tokenUses: createUseStore(database),
		visitors: createVisitorStore(database),
		visits: createVisitStore(database),
		webhooks: createWebhookStore(database),
	};
}

type Unmeasured = Omit<Services, 'metrics' | 'refreshAndWait' | 'refreshesSettled'>;

function withMetrics(built: Unmeasured, { metricsListen }: AppSettings) {
	const withProcess = metricsListen !== undefined;
	const metrics = createAppMetrics(built, { withProcess });
	const tokenEndpoint = countTokenRequests(built.tokenEndpoint, metrics);
	return { ...built, metrics, tokenEndpoint };
}

function withRefreshes(built: ReturnType<typeof withMetrics>): Services {
	const refreshes = createSharedRefreshes(auditServices(built, { actor: 'helper' }));
	return {
		...built,
		refreshAndWait: measureWait(built.metrics, refreshes.refreshAndWait),
		refreshesSettled: refreshes.settled,
	};
}

/** Asked some times a second by each open page; many may share one address. */
const POLLS_PER_SECOND = 50;

/** What a mail engine saves up over night it may ask for at once in the morning. */
const BURST_SECONDS = 10;

/** One browser with some tabs, which each ask some times a second. */
const SESSION_REQUESTS_PER_SECOND = 20;

/**
 * Of each act, over all addresses: no more than 100 000 an hour in an instance, so that the rows of a day stay some gigabytes
 * no matter who sends them. Hundreds of addresses would have to join to reach it, and keep others from starting.
 */
const OVERALL = { perSecond: 25, burst: 10_000 };

function limitServices({ limits }: AppSettings) {
	const nowMs = () => performance.now();
	const isOff = limits.address === 0;
	const bucketsOf = (perSecond: number) =>
		createTokenBuckets({ perSecond, burst: perSecond * BURST_SECONDS }, nowMs);
	return {
		maxInWindow: limits,
		polls: bucketsOf(isOff ? 0 : POLLS_PER_SECOND),
		bySession: bucketsOf(isOff ? 0 : SESSION_REQUESTS_PER_SECOND),
		bySiteKey: bucketsOf(limits.resolve),
		overall: createTokenBuckets(OVERALL, nowMs),
		lookUps: createLookUpGuard(isOff ? 'off' : 'on', nowMs),
		fullWindows: new Map<string, Date>(),
	};
}

/** Look-ups of who owns a mail domain: optional advice, which Microsoft gives in a fraction of a second. */
const ADVICE_BOUNDS = { max: 16, heldAfterFailureMs: 60_000 };

/** Redeeming codes, forged ones included: hundreds a second while Microsoft answers. Once it answers again, sign-ins go on at once. */
const CODE_BOUNDS = { max: 64, heldAfterFailureMs: 0 };

function microsoftServices({ settings, mode }: AppOptions, now: () => Date, fetch: Fetch) {
	const { authority, clientId, credential, cloud } = settings.microsoft;
	const { redirectUri } = pageSettings(settings, mode).microsoft;
	const scopesOf = (protocols: readonly MailProtocol[]) => [
		...IDENTITY_SCOPES,
		...mailScopes(CLOUDS[cloud].scopePrefix, protocols),
	];
	const forAdvice = boundFetch(fetch, ADVICE_BOUNDS);
	const forCodes = boundFetch(fetch, CODE_BOUNDS);
	const endpoint = { authority, clientId, credential, redirectUri, now };
	const ownerBy = (its: Fetch) => (domain: MailDomain) =>
		fetchDomainOwner({ base: authority.base, cloud }, domain, its);
	const codeEndpoint = createTokenEndpoint({ ...endpoint, scopesOf, fetch: forCodes });
	return {
		fetchDomainOwner: ownerBy(fetch),
		fetchDomainOwnerForAdvice: ownerBy(forAdvice),
		scopesOf,
		approvalUrl: (tenantId: string | undefined) => approvalUrl(settings, tenantId),
		tokenEndpoint: {
			...createTokenEndpoint({ ...endpoint, scopesOf, fetch }),
			redeemCode: codeEndpoint.redeemCode,
		},
		identityEndpoint: createTokenEndpoint({
			...endpoint,
			scopesOf: () => VISIT_SCOPES,
			fetch: forCodes,
		}),
		verifyIdToken: createIdTokenVerifier({
			authority,
			clientId,
			issuerOf: createIssuerSource(authority, fetch),
			now,
			fetch,
		}),
	};
}
