// Forgets what is over: sign-ins, sessions and anonymous visitors of yesterday, old approval links, which tenant owned a
// mail domain a month ago, connect links and what sites were told a month ago, what was counted against limits, and what
// was noted and counted before `AUDIT_DAYS`. Of what anybody can add, no more is kept than that. Stored tokens stay. Also sums up
// how many values each key seals.

import { pruneAuditAsServer, type PruneAuditContext } from '../audit/prune-audit.ts';
import { APPROVAL_LIFETIME_MS } from '../../domain/approval.ts';
import { CONNECT_LINK_RETENTION_MS, EVENT_RETENTION_MS, VISIT_RETENTION_MS } from '../durations.ts';
import type { Services } from './services.ts';

/** A link that is forgotten early still leads to Microsoft; only the return then shows the plain page. */
const MAX_APPROVALS = 100_000;
/** What is forgotten is asked of Microsoft again; so is, now and then, who owns a domain by now. */
const MAX_MAIL_DOMAINS = 100_000;
const MAIL_DOMAIN_RETENTION_MS = 30 * 86_400_000;

type Context = Pick<
	Services,
	| 'now'
	| 'signIns'
	| 'visitors'
	| 'approvals'
	| 'connectLinks'
	| 'requestCounts'
	| 'visits'
	| 'mailDomains'
	| 'events'
	| 'auditPartitions'
	| 'notices'
	| 'operatorNotices'
	| 'sealedValues'
> &
	PruneAuditContext;

export async function prune(context: Context): Promise<void> {
	const ago = (ms: number) => new Date(context.now().getTime() - ms);
	await context.signIns.prune(ago(VISIT_RETENTION_MS));
	await context.visits.prune(ago(VISIT_RETENTION_MS));
	await context.visitors.prune(ago(VISIT_RETENTION_MS));
	await context.connectLinks.prune(ago(CONNECT_LINK_RETENTION_MS));
	await context.approvals.prune(ago(APPROVAL_LIFETIME_MS), MAX_APPROVALS);
	await context.mailDomains.prune(ago(MAIL_DOMAIN_RETENTION_MS), MAX_MAIL_DOMAINS);
	await context.events.prune(ago(EVENT_RETENTION_MS));
	await context.notices.prune(ago(EVENT_RETENTION_MS));
	await context.operatorNotices.prune(ago(EVENT_RETENTION_MS));
	await context.requestCounts.prune(context.now());
	await context.sealedValues.sumUpCounts();
	await context.auditPartitions.add();
	await pruneAuditAsServer(context);
}
