// Approval links that were made. A state names the mail domain it was made for, and nothing more.

import { and, eq, gt, lt, sql } from 'drizzle-orm';
import type { MailDomain } from '../../domain/mailbox-address.ts';
import { deleteInBatches } from '../database/in-batches.ts';
import type { Database } from '../database/driver/driver.ts';
import { approvals } from '../database/schema/tables.ts';

export type ApprovalStore = {
	add(approval: { state: string; mailDomain: MailDomain; createdAt: Date }): Promise<void>;
	/** The mail domain of a link that was made after `madeAfter`. */
	findMailDomain(state: string, madeAfter: Date): Promise<string | undefined>;
	/** Removes those from before `before`, and of what is left all but the newest `max`. */
	prune(before: Date, max: number): Promise<void>;
};

export function createApprovalStore(database: Database): ApprovalStore {
	return {
		async add(approval) {
			await database.insert(approvals).values(approval);
		},
		async findMailDomain(state, madeAfter) {
			const [row] = await database
				.select()
				.from(approvals)
				.where(and(eq(approvals.state, state), gt(approvals.createdAt, madeAfter)));
			return row?.mailDomain;
		},
		async prune(before, max) {
			await deleteInBatches(database, approvals, lt(approvals.createdAt, before));
			const oldestKept = sql`(
				select created_at from approvals order by created_at desc offset ${max - 1} limit 1)`;
			await deleteInBatches(database, approvals, lt(approvals.createdAt, oldestKept));
		},
	};
}
