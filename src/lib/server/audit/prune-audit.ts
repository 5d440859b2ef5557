// Forgets what is older than `AUDIT_DAYS`: months of the audit trail that are over by then, whole, and days of uses.

import type { Services } from '../app/services.ts';
import { DAY_MS } from '../durations.ts';

export type PruneAuditContext = Pick<
	Services,
	'now' | 'auditDays' | 'auditPartitions' | 'tokenUses'
>;

export type PrunedAudit =
	| { kind: 'pruned'; before: Date; partitions: string[] }
	/** `AUDIT_DAYS` is 0. */
	| { kind: 'all_kept' }
	/** The database user does not own the trail. */
	| { kind: 'not_the_owner' };

export async function pruneAudit(context: PruneAuditContext): Promise<PrunedAudit> {
	const { now, auditDays, auditPartitions, tokenUses } = context;
	if (auditDays === 0) return { kind: 'all_kept' };
	const before = new Date(now().getTime() - auditDays * DAY_MS);
	await tokenUses.prune(before);
	const partitions = await auditPartitions.drop(before);
	if (partitions === 'not_the_owner') return { kind: 'not_the_owner' };
	return { kind: 'pruned', before, partitions };
}
