// What came of the logins and the test message, on the row of the sign-in: at `confirm`, where they decide, and from `returning` on.

import { and, eq, gt, inArray, sql } from 'drizzle-orm';
import type { ConfirmTries, MailCheckResult } from '../../domain/mail-check.ts';
import {
	MAIL_PROTOCOLS,
	READING_PROTOCOLS,
	type MailProtocol,
} from '../../domain/mail-protocol.ts';
import type { SignInId } from '../../domain/sign-in.ts';
import type { Database } from '../database/driver/driver.ts';
import { signIns } from '../database/schema/tables.ts';
import { textArray } from '../database/text-array.ts';
import type { StoredTokenRef } from '../tokens/stored-token-store.ts';
import { parsePendingConfirmation, type PendingConfirmation } from './sign-in.ts';

export type LoginResultStore = {
	/** The start of a try. Undefined when it is not at `confirm`, too old, or being tried since `notSince`. */
	claimTry(
		id: SignInId,
		claim: { sessionId: string; now: Date; startedAfter: Date; notSince: Date },
	): Promise<PendingConfirmation | undefined>;
	/** What one protocol of the try that began at `tryingSince` came to. */
	saveTry(id: SignInId, tryingSince: Date, tries: ConfirmTries): Promise<void>;
	/** What waits at `returning`. */
	findReturning(id: SignInId): Promise<PendingConfirmation | undefined>;
	/** Whose name SMTP takes at `returning`, where it is not the mailbox's. */
	savePendingSmtpUser(id: SignInId, smtpUser: string | undefined): Promise<void>;
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

/** `provingProtocols` of those that were asked for. */
const PROVING = sql`coalesce(nullif(array(
	select unnest(${signIns.protocols})
	intersect select unnest(${textArray(READING_PROTOCOLS)})
), '{}'), ${signIns.protocols})`;

export function createLoginResultStore(database: Database): LoginResultStore {
	return {
		...usable(database),
		async claimTry(id, { sessionId, now, startedAfter, notSince }) {
			const [row] = await database
				.update(signIns)
				.set({ tryingSince: now, tries: {} })
				.where(
					and(
						eq(signIns.id, id),
						eq(signIns.sessionId, sessionId),
						eq(signIns.state, 'confirm'),
						gt(signIns.createdAt, startedAfter),
						sql`(${signIns.tryingSince} is null
							or ${signIns.tryingSince} <= ${notSince.toISOString()}::timestamptz
							or ${signIns.tries} ?& ${PROVING})`,
					),
				)
				.returning();
			return row && parsePendingConfirmation(row);
		},
		async saveTry(id, tryingSince, tries) {
			await database
				.update(signIns)
				.set({ tries: sql`${signIns.tries} || ${JSON.stringify(tries)}::jsonb` })
				.where(
					and(
						eq(signIns.id, id),
						eq(signIns.state, 'confirm'),
						eq(signIns.tryingSince, tryingSince),
					),
				);
		},
		async beginChecks(id, { now, notSince }) {
			const rows = await database
				.update(signIns)
				.set({ checks: { begun_at: now.toISOString(), results: {} } })
				.where(
					and(
						eq(signIns.id, id),
						inArray(signIns.state, ['ready', 'returning']),
						sql`(${signIns.checks} is null
							or (${signIns.checks} ->> 'begun_at')::timestamptz <= ${notSince.toISOString()}::timestamptz
							or ${signIns.checks} -> 'results' ?& ${textArray(MAIL_PROTOCOLS)})`,
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

/** What can be logged in with: the token set that waits at `returning`, or the stored token. */
function usable(
	database: Database,
): Pick<LoginResultStore, 'findReturning' | 'savePendingSmtpUser' | 'findToken'> {
	return {
		async findReturning(id) {
			const [row] = await database
				.select()
				.from(signIns)
				.where(and(eq(signIns.id, id), eq(signIns.state, 'returning')));
			return row && parsePendingConfirmation(row);
		},
		async savePendingSmtpUser(id, smtpUser) {
			await database
				.update(signIns)
				.set({ smtpUser: smtpUser ?? null })
				.where(and(eq(signIns.id, id), eq(signIns.state, 'returning')));
		},
		async findToken(signInId) {
			const [row] = await database
				.select({ siteId: signIns.siteId, id: signIns.storedTokenId })
				.from(signIns)
				.where(and(eq(signIns.id, signInId), eq(signIns.state, 'ready')));
			return row?.id == null ? undefined : { siteId: row.siteId, id: row.id };
		},
	};
}
