// Sign-ins at `confirm`: somebody else than the mailbox signed in. The sealed token set is kept on the
// sign-in's own row, where nothing resolves it, and is gone when the sign-in has ended.

import { and, eq, gt, lt, sql } from 'drizzle-orm';
import type { MailboxAddress } from '../../domain/mailbox-address.ts';
import type { ConfirmTries } from '../../domain/mail-check.ts';
import { READING_PROTOCOLS, type MailProtocol } from '../../domain/mail-protocol.ts';
import type { SignInId } from '../../domain/sign-in.ts';
import type { SealedTokenSet } from './completion-store.ts';
import type { Database } from '../database/driver/driver.ts';
import { signIns } from '../database/schema/tables.ts';
import { replacing } from './session-replacement-store.ts';

/** The columns that hold something at `confirm` alone: cleared at each way out of it. Who signed in stays. */
export const CLEAR_PENDING_TOKENS = sql.raw(`
	scopes = null, sealed_refresh_token = null, sealed_access_token = null,
	access_token_expires_at = null, tokens_received_at = null,
	trying_since = null, tries = null`);

/** `provingProtocols` of those that were asked for. */
const PROVING = sql`coalesce(nullif(array(
	select unnest(${signIns.protocols})
	intersect select unnest(string_to_array(${READING_PROTOCOLS.join(' ')}, ' '))
), '{}'), ${signIns.protocols})`;

export type PendingTokenSet = SealedTokenSet & { tenantId: string; objectId: string };

/** What is needed to try the mailbox and to complete. */
export type PendingConfirmation = {
	id: SignInId;
	siteId: number;
	mailbox: MailboxAddress;
	sessionId: string;
	protocols: readonly MailProtocol[];
	tokenSet: PendingTokenSet;
};

export type ConfirmStore = {
	/**
	 * `exchanging -> confirm`, and the browser's sign-ins with its new session, in one statement. The session that
	 * owned it before; undefined when the sign-in has ended meanwhile.
	 */
	hold(
		signInId: SignInId,
		tokenSet: PendingTokenSet,
		move: { toSessionId: string; now: Date; exchangingAfter: Date },
	): Promise<string | undefined>;
	/** The start of a try. Undefined when it is not at `confirm`, too old, or being tried since `notSince`. */
	claimTry(
		id: SignInId,
		claim: { sessionId: string; now: Date; startedAfter: Date; notSince: Date },
	): Promise<PendingConfirmation | undefined>;
	/** What one protocol of the try that began at `tryingSince` came to. */
	saveTry(id: SignInId, tryingSince: Date, tries: ConfirmTries): Promise<void>;
	/** Ends those that were begun before `startedBefore`; their token sets are destroyed. */
	endOld(startedBefore: Date): Promise<void>;
};

export function createConfirmStore(database: Database): ConfirmStore {
	return {
		async hold(signInId, tokenSet, move) {
			const [row] = await database.execute<{ session_id: string }>(
				holdStatement(signInId, tokenSet, move),
			);
			return row?.session_id;
		},
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
		async endOld(startedBefore) {
			await database.execute(sql`
				update sign_ins
				set state = 'failed', problem_code = 'sign_in_expired', problem_reference = '{}', ${CLEAR_PENDING_TOKENS}
				where state = 'confirm' and ${lt(signIns.createdAt, startedBefore)}`);
		},
	};
}

function holdStatement(
	signInId: SignInId,
	tokenSet: PendingTokenSet,
	move: { toSessionId: string; now: Date; exchangingAfter: Date },
) {
	const replacement = { ...move, fromSessionId: sql`sign_in.session_id`, account: tokenSet };
	return sql`
		with sign_in as (
			select id, session_id from sign_ins
			where id = ${signInId} and state = 'exchanging'
				and exchanging_since > ${move.exchangingAfter.toISOString()}::timestamptz
			for update
		), held as (
			update sign_ins
			set state = 'confirm', signed_in_as = ${tokenSet.signedInAs}, tenant_id = ${tokenSet.tenantId},
				object_id = ${tokenSet.objectId}, scopes = string_to_array(${tokenSet.scopes.join(' ')}, ' '),
				sealed_refresh_token = ${tokenSet.sealedRefreshToken},
				sealed_access_token = ${tokenSet.sealedAccessToken},
				access_token_expires_at = ${tokenSet.accessTokenExpiresAt.toISOString()}::timestamptz,
				tokens_received_at = ${tokenSet.lastRefreshedAt.toISOString()}::timestamptz,
				session_id = ${move.toSessionId}, begun_session_id = case sign_ins.session_id
					when ${move.toSessionId} then begun_session_id else sign_ins.session_id end
			from sign_in
			where sign_ins.id = sign_in.id
			returning sign_ins.id
		), ${replacing(replacement, sql`sign_in`, signInId)}
		select sign_in.session_id from sign_in join held on held.id = sign_in.id`;
}

function parsePendingConfirmation(row: typeof signIns.$inferSelect): PendingConfirmation {
	const { signedInAs, tenantId, objectId, scopes, sealedRefreshToken, sealedAccessToken } = row;
	const { accessTokenExpiresAt, tokensReceivedAt: lastRefreshedAt } = row;
	if (
		signedInAs === null ||
		tenantId === null ||
		objectId === null ||
		scopes === null ||
		sealedRefreshToken === null ||
		sealedAccessToken === null ||
		accessTokenExpiresAt === null ||
		lastRefreshedAt === null
	) {
		throw new Error('a sign-in at confirm lacks its token set');
	}
	return {
		id: row.id as SignInId,
		siteId: row.siteId,
		mailbox: row.mailbox as MailboxAddress,
		sessionId: row.sessionId,
		protocols: row.protocols,
		tokenSet: {
			...{ signedInAs, tenantId, objectId, scopes, sealedRefreshToken, sealedAccessToken },
			...{ accessTokenExpiresAt, lastRefreshedAt },
		},
	};
}
