// Forgets what is over: sign-ins, sessions and anonymous visitors of yesterday, old approval links, and what was
// counted against limits.
// Stored tokens stay.

import { APPROVAL_LIFETIME_MS } from '../../domain/approval.ts';
import type { ApprovalStore } from '../approvals/approval-store.ts';
import type { RequestCountStore } from '../limits/request-count-store.ts';
import type { VisitorStore } from '../owners/session-store.ts';
import type { VisitStore } from '../owners/visit-store.ts';
import type { SignInStore } from '../sign-ins/sign-in-store.ts';
import { VISIT_RETENTION_MS } from '../durations.ts';

export async function prune(context: {
	now: () => Date;
	signIns: SignInStore;
	visitors: VisitorStore;
	approvals: ApprovalStore;
	requestCounts: RequestCountStore;
	visits: VisitStore;
}): Promise<void> {
	const before = new Date(context.now().getTime() - VISIT_RETENTION_MS);
	await context.signIns.prune(before);
	await context.visits.prune(before);
	await context.visitors.prune(before);
	await context.approvals.prune(new Date(context.now().getTime() - APPROVAL_LIFETIME_MS));
	await context.requestCounts.prune(context.now());
}
