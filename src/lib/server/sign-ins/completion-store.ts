// The end of a sign-in: the sealed token set behind its identifier, the sign-in `ready`, and the browser's
// sign-ins with its new session. One statement and no transaction, so that no reader ever sees one without
// the other, and a connection that is lost leaves either all of it or nothing.

import { sql } from 'drizzle-orm';
import type { MailboxAddress } from '../../domain/mailbox-address.ts';
import type { SignInId } from '../../domain/sign-in.ts';
import { CLEAR_PENDING_TOKENS } from './confirm-store.ts';
import type { Database } from '../database/driver/driver.ts';
import { replacing } from './session-replacement-store.ts';

/** Whose token it is. Signing in again with the same four keeps the row, and with it the identifier. */
export type StoredTokenOwner = {
	siteId: number;
	mailbox: MailboxAddress;
	tenantId: string;
	objectId: string;
};

export type SealedTokenSet = {
	signedInAs: string;
	scopes: readonly string[];
	sealedRefreshToken: string;
	sealedAccessToken: string;
	accessTokenExpiresAt: Date;
	lastRefreshedAt: Date;
	/** Whose name SMTP took, where a message proved it and it is not the mailbox's. */
	smtpUser?: string | undefined;
};

/** From which state a sign-in completes, and how old it may be in it. */
export type CompletesFrom =
	{ state: 'exchanging'; since: Date } | { state: 'confirm'; startedSince: Date };

export type Reservation = {
	signInId: SignInId;
	from: CompletesFrom;
	/** Who owns the sign-in by now: another tab may have moved it. */
	sessionId: string;
	/** Of the owner's row, or the new one. It must be known before sealing: sealed values are bound to it. */
	storedTokenId: number;
};

export type CompletionStore = {
	/** `ready` when an earlier try was written after all; `given_up` when the sign-in has ended otherwise. */
	reserve(
		signInId: SignInId,
		owner: StoredTokenOwner,
		from: CompletesFrom,
		newNumber: number,
	): Promise<Reservation | 'ready' | 'given_up'>;
	/** False when anything changed since `reserve`, or the new number is taken; then nothing is written. */
	complete(
		reservation: Reservation,
		owner: StoredTokenOwner,
		tokenSet: SealedTokenSet,
		move: { toSessionId: string; now: Date },
	): Promise<boolean>;
};

export function createCompletionStore(database: Database): CompletionStore {
	return {
		async reserve(signInId, owner, from, newNumber) {
			const [row] = await database.execute<{
				state: string;
				session_id: string;
				token_id: string;
			}>(sql`
				select sign_in.state, sign_in.session_id, coalesce(sign_in.stored_token_id, (
					select token.id from stored_tokens as token
					where token.site_id = ${owner.siteId} and token.mailbox = ${owner.mailbox}
						and token.tenant_id = ${owner.tenantId} and token.object_id = ${owner.objectId}
						and token.state <> 'revoked'
				), ${newNumber}::bigint) as token_id
				from sign_ins as sign_in
				where sign_in.id = ${signInId} and (sign_in.state = 'ready' or (${isAt(from)}))`);
			if (row === undefined) return 'given_up';
			if (row.state === 'ready') return 'ready';
			const { session_id: sessionId, token_id: tokenId } = row;
			return { signInId, from, sessionId, storedTokenId: Number(tokenId) };
		},
		async complete(reservation, owner, tokenSet, move) {
			try {
				const [row] = await database.execute<{ completed: boolean }>(
					completion(reservation, owner, tokenSet, move),
				);
				return row?.completed === true;
			} catch (error) {
				// The reserved row was revoked meanwhile, or another has this number: none comes back, none is given twice.
				if (isUniqueViolation(error)) return false;
				throw error;
			}
		},
	};
}

function completion(
	{ signInId, from, sessionId, storedTokenId }: Reservation,
	owner: StoredTokenOwner,
	tokenSet: SealedTokenSet,
	{ toSessionId, now }: { toSessionId: string; now: Date },
) {
	const replacement = { fromSessionId: sql`${sessionId}::text`, toSessionId, account: owner, now };
	return sql`
		with sign_in as (
			select id from sign_ins
			where id = ${signInId} and session_id = ${sessionId} and (${isAt(from)})
			for update
		), token as (
			insert into stored_tokens (
				id, site_id, mailbox, tenant_id, object_id, signed_in_as, state, version, scopes,
				sealed_refresh_token, sealed_access_token, access_token_expires_at, created_at, signed_in_at, last_refreshed_at, smtp_user
			)
			select ${storedTokenId}::bigint, ${owner.siteId}::bigint, ${owner.mailbox}, ${owner.tenantId},
				${owner.objectId}, ${tokenSet.signedInAs}, 'active', 1,
				string_to_array(${tokenSet.scopes.join(' ')}, ' '),
				${tokenSet.sealedRefreshToken}, ${tokenSet.sealedAccessToken},
				${tokenSet.accessTokenExpiresAt.toISOString()}::timestamptz,
				${tokenSet.lastRefreshedAt.toISOString()}::timestamptz,
				${tokenSet.lastRefreshedAt.toISOString()}::timestamptz,
				${tokenSet.lastRefreshedAt.toISOString()}::timestamptz, ${tokenSet.smtpUser ?? null}
			from sign_in
			-- Of a site that was removed: it never comes back.
			where not exists (select from retired_token_numbers where number = ${storedTokenId}::bigint)
			on conflict (site_id, mailbox, tenant_id, object_id) where state <> 'revoked'
			do update set
				signed_in_as = excluded.signed_in_as, state = excluded.state, scopes = excluded.scopes,
				sealed_refresh_token = excluded.sealed_refresh_token,
				sealed_access_token = excluded.sealed_access_token,
				access_token_expires_at = excluded.access_token_expires_at,
				signed_in_at = excluded.signed_in_at, last_refreshed_at = excluded.last_refreshed_at,
				version = stored_tokens.version + 1,
				smtp_user = coalesce(excluded.smtp_user, stored_tokens.smtp_user),
				-- What a fresh token set ends: failures, the lease of whoever was refreshing, the minute's wait.
				refresh_started_at = null, lease_owner = null, lease_until = null, retry_at = null,
				failures = 0, refused_at = null, problem_code = null, problem_reference = null
			-- Sealed for one row: another that was stored meanwhile is left alone.
			where stored_tokens.id = excluded.id
			returning id
		), completed as (
			update sign_ins
			set state = 'ready', stored_token_id = token.id, checks = jsonb_build_object(
					'begun_at', ${now.toISOString()}::text, 'results', '{}'::jsonb),
				signed_in_as = ${tokenSet.signedInAs}, tenant_id = ${owner.tenantId}, object_id = ${owner.objectId},
				session_id = ${toSessionId}, begun_session_id =
					case session_id when ${toSessionId} then begun_session_id else session_id end,
				${CLEAR_PENDING_TOKENS}
			from token
			where sign_ins.id = ${signInId}
			returning sign_ins.id
		), ${replacing(replacement, sql`token`, signInId)}
		select exists (select from completed) as completed`;
}

function isAt(from: CompletesFrom) {
	return from.state === 'exchanging'
		? sql`state = 'exchanging' and exchanging_since > ${from.since.toISOString()}::timestamptz`
		: sql`state = 'confirm' and created_at > ${from.startedSince.toISOString()}::timestamptz`;
}

function isUniqueViolation(error: unknown): boolean {
	if (!(error instanceof Error)) return false;
	return ('code' in error && error.code === '23505') || isUniqueViolation(error.cause);
}
