// Visits: somebody signs in at Microsoft to see what they connected.

import { and, eq, gt, isNull, lt } from 'drizzle-orm';
import type { SignInId } from '../../domain/sign-in.ts';
import { deleteInBatches } from '../database/in-batches.ts';
import type { Database } from '../database/driver/driver.ts';
import { visits } from '../database/schema/visits.ts';

export type Visit = { id: SignInId; nonce: string; sessionId: string; createdAt: Date };

export type VisitStore = {
	add(visit: Visit): Promise<void>;
	/** Its nonce, once; undefined for one that is redeemed, another session's, or from before `begunAfter`. */
	claim(
		id: SignInId,
		claim: { sessionId: string; now: Date; begunAfter: Date },
	): Promise<string | undefined>;
	prune(before: Date): Promise<void>;
};

export function createVisitStore(database: Database): VisitStore {
	return {
		async add(visit) {
			await database.insert(visits).values(visit);
		},
		async claim(id, { sessionId, now, begunAfter }) {
			const [row] = await database
				.update(visits)
				.set({ redeemedAt: now })
				.where(
					and(
						eq(visits.id, id),
						eq(visits.sessionId, sessionId),
						isNull(visits.redeemedAt),
						gt(visits.createdAt, begunAfter),
					),
				)
				.returning({ nonce: visits.nonce });
			return row?.nonce;
		},
		async prune(before) {
			await deleteInBatches(database, visits, lt(visits.createdAt, before));
		},
	};
}
