// The results of a mailbox check, on the row of its sign-in.

import { and, eq, sql } from 'drizzle-orm';
import type { MailCheckResult } from '../../domain/mail-check.ts';
import { MAIL_PROTOCOLS, type MailProtocol } from '../../domain/mail-protocol.ts';
import type { SignInId } from '../../domain/sign-in.ts';
import type { Database } from '../database/driver/driver.ts';
import type { StoredTokenRef } from '../tokens/stored-token-store.ts';
import { signIns } from '../database/schema/tables.ts';

export type CheckStore = {
	/** The token of a sign-in that is `ready`. */
	findToken(id: SignInId): Promise<StoredTokenRef | undefined>;
	/** False while another run is under way that was begun after `notSince`. */
	beginChecks(id: SignInId, run: { now: Date; notSince: Date }): Promise<boolean>;
	/** Nothing is written when another run was begun meanwhile. */
	saveCheck(
		id: SignInId,
		begunAt: Date,
		protocol: MailProtocol,
		check: MailCheckResult,
	): Promise<void>;
	/** False when one was begun after `notSince`. */
	beginTestMessage(id: SignInId, run: { now: Date; notSince: Date }): Promise<boolean>;
	saveTestMessage(id: SignInId, begunAt: Date, result: MailCheckResult): Promise<void>;
};

export function createCheckStore(database: Database): CheckStore {
	return {
		async findToken(signInId) {
			const [row] = await database
				.select({ siteId: signIns.siteId, id: signIns.storedTokenId })
				.from(signIns)
				.where(and(eq(signIns.id, signInId), eq(signIns.state, 'ready')));
			return row?.id == null ? undefined : { siteId: row.siteId, id: row.id };
		},
		async beginChecks(id, { now, notSince }) {
			const rows = await database
				.update(signIns)
				.set({ checks: { begun_at: now.toISOString(), results: {} } })
				.where(
					and(
						eq(signIns.id, id),
						eq(signIns.state, 'ready'),
						sql`(${signIns.checks} is null
							or (${signIns.checks} ->> 'begun_at')::timestamptz <= ${notSince.toISOString()}::timestamptz
							or ${signIns.checks} -> 'results' ?& string_to_array(${MAIL_PROTOCOLS.join(' ')}, ' '))`,
					),
				)
				.returning({ id: signIns.id });
			return rows.length === 1;
		},
		async saveCheck(id, begunAt, protocol, check) {
			await database
				.update(signIns)
				.set({
					checks: sql`jsonb_set(${signIns.checks}, array['results', ${protocol}::text],
						${JSON.stringify(check)}::jsonb)`,
				})
				.where(
					and(eq(signIns.id, id), sql`${signIns.checks} ->> 'begun_at' = ${begunAt.toISOString()}`),
				);
		},
		async beginTestMessage(id, { now, notSince }) {
			const rows = await database
				.update(signIns)
				.set({ testMessage: { begun_at: now.toISOString() } })
				.where(
					and(
						eq(signIns.id, id),
						eq(signIns.state, 'ready'),
						sql`(${signIns.testMessage} is null
							or (${signIns.testMessage} ->> 'begun_at')::timestamptz <= ${notSince.toISOString()}::timestamptz)`,
					),
				)
				.returning({ id: signIns.id });
			return rows.length === 1;
		},
		async saveTestMessage(id, begunAt, result) {
			await database
				.update(signIns)
				.set({ testMessage: { begun_at: begunAt.toISOString(), result } })
				.where(
					and(
						eq(signIns.id, id),
						sql`${signIns.testMessage} ->> 'begun_at' = ${begunAt.toISOString()}`,
					),
				);
		},
	};
}
