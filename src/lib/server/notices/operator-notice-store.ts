// What the operator is to be told, once for each trouble, by whichever instance takes it.

import { lt, sql } from 'drizzle-orm';
import type { OperatorNoticeKind } from '../../domain/notice.ts';
import { deleteInBatches } from '../database/in-batches.ts';
import type { Database } from '../database/driver/driver.ts';
import { seeTroubles, type SeenTrouble } from '../database/operator-notices.ts';
import { operatorNotices } from '../database/schema/notices.ts';

export type OperatorNotice = SeenTrouble & { firstSeenAt: Date; tries: number };

export type OperatorNoticeStore = {
	/** `waitMs`: it is told only after so long, as more of it may come. */
	see(troubles: readonly SeenTrouble[], at: Date, waitMs?: number): Promise<void>;
	leaseDue(wish: {
		leaseOwner: string;
		now: Date;
		leaseUntil: Date;
		limit: number;
	}): Promise<OperatorNotice[]>;
	saveTold(leaseOwner: string, at: Date): Promise<void>;
	putOff(leaseOwner: string, until: Date): Promise<void>;
	prune(before: Date): Promise<void>;
};

export function createOperatorNoticeStore(database: Database): OperatorNoticeStore {
	return {
		async see(troubles, at, waitMs = 0) {
			if (troubles.length === 0) return;
			const rows = sql`jsonb_to_recordset(${JSON.stringify(troubles)}::jsonb) as trouble (key text, kind text, details jsonb)`;
			await database.execute(seeTroubles(rows, at, waitMs));
		},
		async leaseDue({ leaseOwner, now, leaseUntil, limit }) {
			const rows = await database.execute<{
				key: string;
				kind: OperatorNoticeKind;
				details: Record<string, string | number>;
				first_seen: number;
				tries: number;
			}>(sql`
				with due as (
					select key from operator_notices where due_at <= ${now.toISOString()}::timestamptz
					order by due_at limit ${limit} for update skip locked
				)
				update operator_notices as notice
				set due_at = ${leaseUntil.toISOString()}::timestamptz, lease_owner = ${leaseOwner}
				from due where notice.key = due.key
				returning notice.key, kind, details, (extract(epoch from first_seen_at) * 1000)::float8 as first_seen, tries`);
			return rows.map(({ first_seen: firstSeen, ...row }) => ({
				...row,
				firstSeenAt: new Date(firstSeen),
			}));
		},
		async saveTold(leaseOwner, at) {
			await database.execute(sql`
				update operator_notices set told_at = ${at.toISOString()}::timestamptz, due_at = null, lease_owner = null, tries = 0
				where lease_owner = ${leaseOwner}`);
		},
		async putOff(leaseOwner, until) {
			await database.execute(sql`
				update operator_notices set due_at = ${until.toISOString()}::timestamptz, lease_owner = null, tries = tries + 1
				where lease_owner = ${leaseOwner}`);
		},
		async prune(before) {
			await deleteInBatches(database, operatorNotices, lt(operatorNotices.lastSeenAt, before));
		},
	};
}
