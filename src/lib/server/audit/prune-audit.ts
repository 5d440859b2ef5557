// Forgets what is older than `AUDIT_DAYS`: months of the audit trail that are over by then, whole, and days of uses.

import type { Services } from '../app/services.ts';
import { DAY_MS } from '../durations.ts';

export type PruneAuditContext = Pick<
	Services,
	'now' | 'auditDays' | 'auditPartitions' | 'tokenUses'
>;

export type PrunedAudit =
	| { kind: 'pruned'; before: Date; partitions: string[]; useCounts: number }
	/** `AUDIT_DAYS` is 0. */
	| { kind: 'all_kept' }
	/** The database user does not own the trail, and nothing was forgotten. */
	| { kind: 'not_the_owner' };

export async function pruneAudit(context: PruneAuditContext): Promise<PrunedAudit> {
	const before = keptSince(context);
	if (before === undefined) return { kind: 'all_kept' };
	const partitions = await context.auditPartitions.drop(before);
	if (partitions === 'not_the_owner') return { kind: 'not_the_owner' };
	return { kind: 'pruned', before, partitions, useCounts: await context.tokenUses.prune(before) };
}

/** As far as the server's own user may, where it is not the owner: the operator does the rest, `mailkey audit prune`. */
export async function pruneAuditAsServer(context: PruneAuditContext): Promise<void> {
	const pruned = await pruneAudit(context);
	const before = keptSince(context);
	if (pruned.kind === 'not_the_owner' && before) await context.tokenUses.prune(before);
}

/** Undefined where `AUDIT_DAYS` is 0. */
function keptSince({ now, auditDays }: PruneAuditContext): Date | undefined {
	return auditDays === 0 ? undefined : new Date(now().getTime() - auditDays * DAY_MS);
}
