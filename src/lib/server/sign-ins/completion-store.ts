// What a sign-in comes to once it is known who signed in: its token set behind its identifier (`ready`), or held on its own
// row until a login as the mailbox has passed (`confirm`); and the browser's sign-ins with its new session. Each is one
// statement and no transaction, so that no reader ever sees one without the other, and a connection that is lost leaves
// either all of it or nothing. The first state of a stored token is written here, for the same reason.

import { sql, type SQL } from 'drizzle-orm';
import type { MailboxAddress } from '../../domain/mailbox-address.ts';
import type { SignInId } from '../../domain/sign-in.ts';
import type { Database } from '../database/driver/driver.ts';
import { violatesConstraint } from '../database/error-codes.ts';
import { addSiteEvents } from '../database/site-events.ts';
import { textArray } from '../database/text-array.ts';
import { RECHECK } from '../durations.ts';
import type { SealedTokenSet } from '../tokens/stored-token-store.ts';
import { CLEAR_PENDING_TOKENS } from './sign-in-store.ts';
import type { PendingTokenSet } from './sign-in.ts';

/** Whose token it is. Signing in again with the same four keeps the row, and with it the identifier. */
export type StoredTokenOwner = {
	siteId: number;
	mailbox: MailboxAddress;
	tenantId: string;
	objectId: string;
};

/** From which state a sign-in completes, and how old it may be in it. */
export type CompletesFrom =
	| { state: 'exchanging'; since: Date }
	| { state: 'confirm'; startedSince: Date }
	/** With the SHA-256 of the code that was not voided by a later one. */
	| { state: 'returning'; since: Date; codeSha256: Buffer };

/** How a sign-in waits, its token set on its own row, and from where it gets there. */
export type Hold = {
	to: 'confirm' | 'returning';
	from: Exclude<CompletesFrom, { state: 'returning' }>;
	now: Date;
	/** Without one, the browser keeps the session that owns the sign-in. */
	toSessionId?: string | undefined;
};

export type Reservation = {
	signInId: SignInId;
	from: CompletesFrom;
	/** Who owns the sign-in by now: another tab may have moved it. */
	sessionId: string;
	/** Of the owner's row, or the new one. It must be known before sealing: sealed values are bound to it. */
	storedTokenId: number;
};

export type SessionReplacement = {
	fromSessionId: string;
	toSessionId: string;
	/** Who signed in. */
	account: { tenantId: string; objectId: string };
	now: Date;
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
	/**
	 * To `confirm` or `returning`, and the browser's sign-ins with its new session, in one statement. The session that
	 * owned it before; undefined when the sign-in has ended meanwhile.
	 */
	hold(signInId: SignInId, tokenSet: PendingTokenSet, hold: Hold): Promise<string | undefined>;
	/** By itself; the others do the same in their own statements. */
	replaceSession(replacement: SessionReplacement): Promise<void>;
	/** What the old session began in the very moment of the replacement follows. */
	moveStragglers(replacement: Omit<SessionReplacement, 'now'>): Promise<void>;
};

export function createCompletionStore(database: Database): CompletionStore {
	return {
		async reserve(signInId, owner, from, newNumber) {
			const [row] = await database.execute<{
				state: string;
				session_id: string;
				token_id: string;
			}>(sql`
				select sign_ins.state, sign_ins.session_id, coalesce(sign_ins.stored_token_id, (
					select token.id from stored_tokens as token
					where token.site_id = ${owner.siteId} and token.mailbox = ${owner.mailbox}
						and token.tenant_id = ${owner.tenantId} and token.object_id = ${owner.objectId}
						and token.state <> 'revoked'
				), ${newNumber}::bigint) as token_id
				from sign_ins left join connect_links as link on link.id = sign_ins.connect_link_id
				where sign_ins.id = ${signInId} and (sign_ins.state = 'ready'
					or (${isAt(from)} and link.completed_at is null and link.cancelled_at is null
						and ${RENEWS_NOTHING_REVOKED}))`);
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
				if (violatesConstraint(error, 'stored_tokens_pkey')) return false;
				throw error;
			}
		},
		async hold(signInId, tokenSet, hold) {
			const [row] = await database.execute<{ session_id: string }>(
				holdStatement(signInId, tokenSet, hold),
			);
			return row?.session_id;
		},
		async replaceSession(replacement) {
			const fromSessionId = sql`${replacement.fromSessionId}::text`;
			const toSessionId = sql`${replacement.toSessionId}::text`;
			await database.execute(sql`
				with now_known as (select 1),
				${replacing({ ...replacement, fromSessionId, toSessionId }, sql`now_known`)}
				select 1`);
		},
		async moveStragglers({ fromSessionId, toSessionId, account }) {
			await database.execute(sql`
				update sign_ins set session_id = ${toSessionId}, begun_session_id = session_id
				where session_id = ${fromSessionId} and ${goesWith(account)}`);
		},
	};
}

function completion(
	{ signInId, from, sessionId, storedTokenId }: Reservation,
	owner: StoredTokenOwner,
	tokenSet: SealedTokenSet,
	{ toSessionId, now }: { toSessionId: string; now: Date },
) {
	const replacement = {
		fromSessionId: sql`${sessionId}::text`,
		toSessionId: sql`${toSessionId}::text`,
		...{ account: owner, now },
	};
	return sql`
		-- Locked first, so that of two sign-ins by one link the second sees what the first came to.
		with link as (
			select id from connect_links
			where id = (select connect_link_id from sign_ins where id = ${signInId})
				and completed_at is null and cancelled_at is null
			for no key update
		), sign_in as (
			select sign_ins.id, sign_ins.protocols, sign_ins.language, link.id as link_id
			from sign_ins left join link on link.id = sign_ins.connect_link_id
			where sign_ins.id = ${signInId} and session_id = ${sessionId} and (${isAt(from)})
				and (sign_ins.connect_link_id is null or link.id is not null)
				and ${RENEWS_NOTHING_REVOKED}
				and coalesce(sign_ins.renews_token_id, ${storedTokenId}::bigint) = ${storedTokenId}::bigint
			for update of sign_ins
		), token as (
			insert into stored_tokens (
				id, site_id, mailbox, tenant_id, object_id, signed_in_as, state, version, scopes, requested_protocols,
				sealed_refresh_token, sealed_access_token, access_token_expires_at, created_at, signed_in_at, last_refreshed_at, recheck_at, language, smtp_user
			)
			select ${storedTokenId}::bigint, ${owner.siteId}::bigint, ${owner.mailbox}, ${owner.tenantId},
				${owner.objectId}, ${tokenSet.signedInAs}, 'active', 1,
				${textArray(tokenSet.scopes)}, sign_in.protocols,
				${tokenSet.sealedRefreshToken}, ${tokenSet.sealedAccessToken},
				${tokenSet.accessTokenExpiresAt.toISOString()}::timestamptz,
				${tokenSet.lastRefreshedAt.toISOString()}::timestamptz,
				${tokenSet.lastRefreshedAt.toISOString()}::timestamptz,
				${tokenSet.lastRefreshedAt.toISOString()}::timestamptz,
				${new Date(now.getTime() + RECHECK.lookAgainMs).toISOString()}::timestamptz, sign_in.language, ${tokenSet.smtpUser ?? null}
			from sign_in
			-- Of a site that was removed: it never comes back.
			where not exists (select from retired_token_numbers where number = ${storedTokenId}::bigint)
			on conflict (site_id, mailbox, tenant_id, object_id) where state <> 'revoked'
			do update set
				signed_in_as = excluded.signed_in_as, state = excluded.state, scopes = excluded.scopes,
				requested_protocols = excluded.requested_protocols,
				sealed_refresh_token = excluded.sealed_refresh_token,
				sealed_access_token = excluded.sealed_access_token,
				access_token_expires_at = excluded.access_token_expires_at,
				signed_in_at = excluded.signed_in_at, last_refreshed_at = excluded.last_refreshed_at,
				version = stored_tokens.version + 1,
				-- The sign-in's own check says when the next one is; this counts should that break off.
				recheck_at = excluded.recheck_at, language = excluded.language,
				smtp_user = coalesce(excluded.smtp_user, stored_tokens.smtp_user),
				-- What a fresh token set ends: failures, the lease of whoever was refreshing, the minute's wait.
				refresh_started_at = null, lease_owner = null, lease_until = null, retry_at = null,
				failures = 0, refused_at = null, problem_code = null, problem_reference = null,
				failing_since = null, degraded_reported_at = null, lapse_reported_days = null
			-- Sealed for one row: another that was stored meanwhile is left alone.
			where stored_tokens.id = excluded.id
			returning id, site_id, mailbox
		), ${addSiteEvents(sql`token`, {
			type: 'mailbox.connected',
			at: now,
			details: { signed_in_as: tokenSet.signedInAs },
		})}, completed as (
			update sign_ins
			set state = 'ready', stored_token_id = token.id,
				checks = ${from.state === 'returning' ? sql`sign_ins.checks` : begunChecks(now)},
				signed_in_as = ${tokenSet.signedInAs}, tenant_id = ${owner.tenantId}, object_id = ${owner.objectId},
				${ownedBy(sql`${toSessionId}::text`)}, ${CLEAR_PENDING_TOKENS}
			from token
			where sign_ins.id = ${signInId}
			returning sign_ins.id
		), completed_link as (
			update connect_links
			set completed_at = ${now.toISOString()}::timestamptz, stored_token_id = token.id
			from sign_in, token
			where connect_links.id = sign_in.link_id
		), ${replacing(replacement, sql`token`, signInId)}
		select exists (select from completed) as completed`;
}

/** A renewal link ends with its token: what was revoked would come back under another number. */
const RENEWS_NOTHING_REVOKED = sql.raw(`(sign_ins.renews_token_id is null or exists (
	select from stored_tokens as renewed
	where renewed.id = sign_ins.renews_token_id and renewed.state <> 'revoked'))`);

/** A mailbox check that begins with the state. */
function begunChecks(now: Date): SQL {
	return sql`jsonb_build_object('begun_at', ${now.toISOString()}::text, 'results', '{}'::jsonb)`;
}

function holdStatement(
	signInId: SignInId,
	tokenSet: PendingTokenSet,
	{ to, from, now, toSessionId }: Hold,
) {
	const session = toSessionId === undefined ? sql`sign_in.session_id` : sql`${toSessionId}::text`;
	const replacement = {
		fromSessionId: sql`sign_in.session_id`,
		toSessionId: session,
		...{ account: tokenSet, now },
	};
	const returning =
		to === 'returning'
			? sql`returning_since = ${now.toISOString()}::timestamptz, checks = ${begunChecks(now)},
				smtp_user = ${tokenSet.smtpUser ?? null}, trying_since = null, tries = null,`
			: sql``;
	return sql`
		with sign_in as (
			select id, session_id from sign_ins
			where id = ${signInId} and (${isAt(from)})
			for update
		), held as (
			update sign_ins
			set state = ${to}, signed_in_as = ${tokenSet.signedInAs}, tenant_id = ${tokenSet.tenantId},
				object_id = ${tokenSet.objectId}, scopes = ${textArray(tokenSet.scopes)},
				sealed_refresh_token = ${tokenSet.sealedRefreshToken},
				sealed_access_token = ${tokenSet.sealedAccessToken},
				access_token_expires_at = ${tokenSet.accessTokenExpiresAt.toISOString()}::timestamptz,
				tokens_received_at = ${tokenSet.lastRefreshedAt.toISOString()}::timestamptz,
				${returning} ${ownedBy(session)}
			from sign_in
			where sign_ins.id = sign_in.id
			returning sign_ins.id
		), ${replacing(replacement, sql`sign_in`, signInId)}
		select sign_in.session_id from sign_in join held on held.id = sign_in.id`;
}

/** The session of a sign-in that its own statement moves. */
function ownedBy(sessionId: SQL): SQL {
	return sql`session_id = ${sessionId}, begun_session_id = case sign_ins.session_id
		when ${sessionId} then sign_ins.begun_session_id else sign_ins.session_id end`;
}

/**
 * The last two parts of a `with`: the sign-ins that go along, and the old session, which only reads from then on: its
 * cookie may be the one that reached the browser last. Neither happens unless `condition`, a part before them, has a row.
 */
function replacing(
	replacement: Pick<SessionReplacement, 'account' | 'now'> & {
		fromSessionId: SQL;
		toSessionId: SQL;
	},
	condition: SQL,
	/** Of this statement, which moves it by itself. */
	signInId = '',
): SQL {
	const { fromSessionId: from, toSessionId: to, account, now } = replacement;
	return sql`
		moved as (
			update sign_ins set session_id = ${to}, begun_session_id = sign_ins.session_id
			from ${condition}
			where sign_ins.session_id = ${from} and ${from} <> ${to} and sign_ins.id <> ${signInId}
				and ${goesWith(account)}
		), replaced as (
			update sessions set replaced_at = ${now.toISOString()}::timestamptz, replaced_by = ${to}
			from ${condition}
			where sessions.id = ${from} and ${from} <> ${to} and sessions.replaced_at is null
		)`;
}

/** What has not come to Microsoft's answer yet (two tabs); of the rest, what the same Microsoft account signed in. */
function goesWith({ tenantId, objectId }: SessionReplacement['account']): SQL {
	return sql`(sign_ins.state in ('started', 'exchanging')
		or (sign_ins.tenant_id = ${tenantId} and sign_ins.object_id = ${objectId}))`;
}

function isAt(from: CompletesFrom): SQL {
	switch (from.state) {
		case 'exchanging':
			return sql`sign_ins.state = 'exchanging' and exchanging_since > ${from.since.toISOString()}::timestamptz`;
		case 'confirm':
			return sql`sign_ins.state = 'confirm' and sign_ins.created_at > ${from.startedSince.toISOString()}::timestamptz`;
		case 'returning':
			return sql`sign_ins.state = 'returning' and returning_since > ${from.since.toISOString()}::timestamptz
				and exists (
					select from return_codes as code
					where code.code_sha256 = decode(${from.codeSha256.toString('hex')}, 'hex')
						and code.sign_in_id = sign_ins.id and code.voided_at is null)`;
	}
}
