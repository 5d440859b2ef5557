// Everything that operations may work with, as one type. An operation takes the `Pick` of it that it needs, so that its
// first parameter says what it can touch, clock and randomness included.

import type { MailDomain } from '../../domain/mailbox-address.ts';
import type { MailProtocol, MailServers } from '../../domain/mail-protocol.ts';
import type { RefreshOutcome } from '../../domain/stored-token.ts';
import type { ApprovalStore } from '../approvals/approval-store.ts';
import type { AuditPartitionStore } from '../audit/audit-partition-store.ts';
import type { AuditStore } from '../audit/audit-store.ts';
import type { AuditTrail } from '../audit/audit-trail.ts';
import type { ConnectLinkStore } from '../connect-links/connect-link-store.ts';
import type { RenewalStore } from '../connect-links/renewal-store.ts';
import type { ReturnCodeStore } from '../connect-links/return-code-store.ts';
import type { Clock } from '../database/clock.ts';
import type { DatabaseConnection } from '../database/connection.ts';
import type { Database } from '../database/driver/driver.ts';
import type { DatabaseFault } from '../database/find-database-fault.ts';
import type { RefreshDurations } from '../durations.ts';
import type { DeliveryStore } from '../events/delivery-store.ts';
import type { EventStore } from '../events/event-store.ts';
import type { WebhookStore } from '../events/webhook-store.ts';
import type { LookUpGuard } from '../limits/look-up-guard.ts';
import type { RequestCountStore } from '../limits/request-count-store.ts';
import type { TokenBuckets } from '../limits/token-buckets.ts';
import type { Log } from '../log.ts';
import type { NoticeMailer } from '../mail/notice-mailer.ts';
import type { NoticeStore } from '../notices/notice-store.ts';
import type { OperatorNoticeStore } from '../notices/operator-notice-store.ts';
import type { RecipientStore } from '../notices/recipient-store.ts';
import type { CredentialEnd } from '../microsoft/client-credential.ts';
import type { MailClient } from '../mail/mail-client.ts';
import type { CheckResultStore } from '../mailbox-checks/check-result-store.ts';
import type { RecheckStore } from '../mailbox-checks/recheck-store.ts';
import type { SiteSemaphore } from '../mailbox-checks/site-semaphore.ts';
import type { IdTokenVerifier } from '../microsoft/id-token.ts';
import type { DomainOwner } from '../microsoft/metadata.ts';
import type { TokenEndpoint } from '../microsoft/token-endpoint.ts';
import type { VisitorStore } from '../owners/session-store.ts';
import type { Sessions } from '../owners/sessions.ts';
import type { VisitStore } from '../owners/visit-store.ts';
import type { CompletionStore } from '../sign-ins/completion-store.ts';
import type { SignInStore } from '../sign-ins/sign-in-store.ts';
import type { MailDomainStore } from '../sites/mail-domain-store.ts';
import type { RemovalStore } from '../sites/removal-store.ts';
import type { SiteStore } from '../sites/site-store.ts';
import type { CircuitBreaker } from '../tokens/circuit-breaker.ts';
import type { UnknownRefusals } from '../tokens/unknown-refusals.ts';
import type { AllTokensStore } from '../tokens/all-tokens-store.ts';
import type { UseRecorder } from '../tokens/record-use.ts';
import type { UseStore } from '../tokens/token-use-store.ts';
import type { FiguresStore } from '../tokens/figures-store.ts';
import type { ReportStore } from '../tokens/report-store.ts';
import type { KeyCheckStore } from '../tokens/key-check-store.ts';
import type { ResolveStore } from '../tokens/resolve-store.ts';
import type { SealedValueStore } from '../tokens/sealed-value-store.ts';
import type { StoredTokenRef, StoredTokenStore } from '../tokens/stored-token-store.ts';
import type { NumberLinks } from '../vault/renewal-link.ts';
import type { Vault } from '../vault/vault.ts';
import type { HeldAnswers } from '../retry-while-database-down.ts';
import type { WebhookClient } from '../webhooks/webhook-client.ts';
import type { WebhookBounds } from '../webhooks/webhook-url.ts';
import type { Metrics } from './metrics.ts';

export type Services = Surroundings & Stores & Adapters & Work;

/** Time, chance, and what is written about the work. */
type Surroundings = {
	/** By the database's clock; tests move one of their own. */
	now: () => Date;
	clock: Clock;
	sleep: (ms: number) => Promise<void>;
	random: () => number;
	randomBytes: (size: number) => Buffer;
	/** For a new stored token: 15 random digits. */
	newTokenNumber: () => number;
	/** A name for a lease that no other lease has, not even one of this process. */
	newLeaseOwner: () => string;
	durations: RefreshDurations;
	log: Log;
	auditTrail: AuditTrail;
	metrics: Metrics;
	/** Each active mailbox is looked at about that often; 0 is never. */
	recheckDays: number;
	/** What the operator calls this helper. */
	helperName: string;
	/** Where the owner of a stored token signs in again: the renewal link of its number. */
	signInUrl: (number: number) => string;
	/** Where the helper is. */
	origin: string;
	/** Who notices are from, and who hears of what only an operator can mend. */
	noticeSettings: { from: string; operator: string | undefined } | undefined;
	/** What ends the notices of a recipient. */
	unsubscribeUrl: (recipientId: number) => string;
	mailboxesUrl: string;
	/** When the client credential ends; undefined where nobody knows. */
	credentialEnds: () => Promise<CredentialEnd | undefined>;
	/** The page, opened by what opens a connect link. */
	linkUrl: (secret: string) => string;
};

export type Stores = {
	connection: DatabaseConnection;
	database: Database;
	findDatabaseFault: () => Promise<DatabaseFault | undefined>;
	allTokens: AllTokensStore;
	approvals: ApprovalStore;
	audits: AuditStore;
	auditPartitions: AuditPartitionStore;
	checkResults: CheckResultStore;
	completions: CompletionStore;
	deliveries: DeliveryStore;
	events: EventStore;
	keyChecks: KeyCheckStore;
	connectLinks: ConnectLinkStore;
	mailDomains: MailDomainStore;
	noticeRecipients: RecipientStore;
	notices: NoticeStore;
	operatorNotices: OperatorNoticeStore;
	rechecks: RecheckStore;
	removals: RemovalStore;
	renewals: RenewalStore;
	requestCounts: RequestCountStore;
	resolves: ResolveStore;
	returnCodes: ReturnCodeStore;
	sealedValues: SealedValueStore;
	signIns: SignInStore;
	sites: SiteStore;
	storedTokens: StoredTokenStore;
	tokenFigures: FiguresStore;
	tokenReports: ReportStore;
	tokenUses: UseStore;
	visitors: VisitorStore;
	visits: VisitStore;
	webhooks: WebhookStore;
};

type Adapters = {
	vault: Vault;
	renewalLinks: NumberLinks;
	unsubscribeLinks: NumberLinks;
	sessions: Sessions;
	mailClient: MailClient;
	/** Undefined where nobody is written to. */
	noticeMailer: NoticeMailer | undefined;
	webhookClient: WebhookClient;
	/** Where webhooks may go. */
	webhookBounds: WebhookBounds;
	/** What sites are told to log in to. */
	mailServers: MailServers;
	/** What is asked for at Microsoft for a site that uses these. */
	scopesOf: (protocols: readonly MailProtocol[]) => readonly string[];
	tokenEndpoint: TokenEndpoint;
	/** Asks for `openid profile` alone. */
	identityEndpoint: TokenEndpoint;
	verifyIdToken: IdTokenVerifier;
	fetchDomainOwner: (domain: MailDomain) => Promise<DomainOwner>;
	/** The same, but so many at a time: nothing may depend on it. */
	fetchDomainOwnerForAdvice: (domain: MailDomain) => Promise<DomainOwner>;
	/** Microsoft's page for administrators, without the state. */
	approvalUrl: (tenantId: string | undefined) => URL;
};

/** What this process keeps in memory about the work under way. */
type Work = {
	/** Refreshes, or waits for the process that does, for a bounded time. */
	refreshAndWait: (token: StoredTokenRef) => Promise<RefreshOutcome>;
	/** When no refresh for a caller is under way. */
	refreshesSettled: () => Promise<void>;
	/** Answers that wait for the database. */
	heldAnswers: HeldAnswers;
	uses: UseRecorder;
	circuitBreaker: CircuitBreaker;
	unknownRefusals: UnknownRefusals;
	siteSemaphore: SiteSemaphore;
	/** How long the audit trail and the counts of uses are kept; 0 keeps all. */
	auditDays: number;
	/** In ten minutes; 0 is no limit. */
	maxInWindow: { address: number; mailbox: number };
	polls: TokenBuckets;
	bySession: TokenBuckets;
	bySiteKey: TokenBuckets;
	/** Over all addresses. */
	overall: TokenBuckets;
	lookUps: LookUpGuard;
	/** Limits that are reached, so that a flood of what is refused anyway costs no statement. */
	fullWindows: Map<string, Date>;
};
