// The sign-ins. Each change of state is one conditional UPDATE, so that two requests at the same time cannot both make
// it. Those that store a token set or move a session are in `completion-store.ts`; what logins came to is in
// `login-result-store.ts`.

import { and, desc, eq, gt, lt, or, sql, type SQL } from 'drizzle-orm';
import type { SignInId } from '../../domain/sign-in.ts';
import { deleteInBatches } from '../database/in-batches.ts';
import type { Language } from '../../domain/language.ts';
import type { Database } from '../database/driver/driver.ts';
import { connectLinks } from '../database/schema/connect-links.ts';
import { signIns, sites, storedTokens } from '../database/schema/tables.ts';
import { textArray } from '../database/text-array.ts';
import { createLoginResultStore, type LoginResultStore } from './login-result-store.ts';
import { parseSignIn, type SignIn, type SignInFailure, type SignInSelector } from './sign-in.ts';

export type NewSignIn = Pick<
	SignIn,
	'id' | 'siteId' | 'mailbox' | 'enteredEmail' | 'nonce' | 'protocols' | 'createdAt'
> & {
	sessionId: string;
	/** In which its visitor reads. */
	language: Language;
	/** The link that it is begun by. */
	by: { connectLinkId: string } | { renewsTokenId: number } | undefined;
};

export type SignInStore = States & LoginResultStore;

type UnfinishedState = Exclude<SignIn['state'], 'ready' | 'failed'>;

type States = {
	/** False when the session was replaced, or the link has ended, in the very moment; then nothing is added. */
	add(signIn: NewSignIn): Promise<boolean>;
	/** One that this session owns or began. */
	find(selector: SignInSelector, sessionId: string): Promise<SignIn | undefined>;
	/** One that this session owns. */
	findOwned(selector: SignInSelector, sessionId: string): Promise<SignIn | undefined>;
	/** `started -> exchanging`; false when it was not `started` any more, is too old, or is not this session's. */
	claim(
		id: SignInId,
		claim: { sessionId: string; now: Date; startedAfter: Date },
	): Promise<boolean>;
	/** `from -> failed`, and a token set that waited is destroyed; false when it is in another state by now. */
	fail(id: SignInId, from: UnfinishedState, failure: SignInFailure): Promise<boolean>;
	/** `returning -> failed`: its owner gave it up. False when it is not at `returning`, or another's. */
	discard(id: SignInId, sessionId: string): Promise<boolean>;
	/**
	 * Ends those at `confirm` that were begun before `startedBefore`, those that are `returning` since before
	 * `returningBefore`, and those whose link has ended, with the token it renews too; their token sets are destroyed.
	 */
	endPending(limits: { startedBefore: Date; returningBefore: Date }): Promise<void>;
	/** What is under way by a link that has ended; their token sets are destroyed. */
	endOfLink(linkId: string): Promise<void>;
	/** One by a renewal link whose token was revoked meanwhile; its token set is destroyed. */
	endOfRenewal(id: SignInId): Promise<void>;
	prune(before: Date): Promise<void>;
};

/** The columns that hold something at `confirm` and `returning` alone: cleared at each way out. Who signed in stays. */
export const CLEAR_PENDING_TOKENS = sql.raw(`
	scopes = null, sealed_refresh_token = null, sealed_access_token = null,
	access_token_expires_at = null, tokens_received_at = null,
	trying_since = null, tries = null, returning_since = null, smtp_user = null`);

export function createSignInStore(database: Database): SignInStore {
	return { ...states(database), ...createLoginResultStore(database) };
}

function states(database: Database): States {
	return {
		async add({ sessionId, by, ...signIn }) {
			const createdAt = sql`${signIn.createdAt.toISOString()}::timestamptz`;
			const connectLinkId = by && 'connectLinkId' in by ? by.connectLinkId : null;
			const renewsTokenId = by && 'renewsTokenId' in by ? by.renewsTokenId : null;
			// The lock lets a completion that replaces this session either see the new row or prevent it.
			const rows = await database.execute(sql`
				insert into sign_ins (
					id, site_id, mailbox, entered_email, nonce, language, protocols, state, session_id, begun_session_id, created_at,
					connect_link_id, renews_token_id
				)
				select ${signIn.id}, ${signIn.siteId}::bigint, ${signIn.mailbox}, ${signIn.enteredEmail},
					${signIn.nonce}, ${signIn.language}, ${textArray(signIn.protocols)}, 'started', session.id, session.id,
					${createdAt}, ${connectLinkId}::text, ${renewsTokenId}::bigint
				from sessions as session
				where session.id = ${sessionId} and session.replaced_at is null
					and (${connectLinkId}::text is null or exists (
						select from connect_links as link
						where link.id = ${connectLinkId} and link.expires_at > ${createdAt}
							and link.completed_at is null and link.cancelled_at is null))
				for share
				returning id`);
			return rows.length === 1;
		},
		find: (selector, sessionId) =>
			findSignIn(
				database,
				selector,
				or(eq(signIns.sessionId, sessionId), eq(signIns.begunSessionId, sessionId)),
			),
		findOwned: (selector, sessionId) =>
			findSignIn(database, selector, eq(signIns.sessionId, sessionId)),
		async claim(id, { sessionId, now, startedAfter }) {
			const rows = await database
				.update(signIns)
				.set({ state: 'exchanging', exchangingSince: now })
				.where(
					and(
						eq(signIns.id, id),
						eq(signIns.sessionId, sessionId),
						eq(signIns.state, 'started'),
						gt(signIns.createdAt, startedAfter),
					),
				)
				.returning({ id: signIns.id });
			return rows.length === 1;
		},
		async fail(id, from, { code, reference = {}, account }) {
			// A link tells its site what the last sign-in by it failed for.
			const rows = await database.execute(sql`
				with failed as (
					update sign_ins set state = 'failed', problem_code = ${code},
						problem_reference = ${JSON.stringify(reference)}::jsonb,
						signed_in_as = ${account?.username ?? null}, tenant_id = ${account?.tenantId ?? null},
						object_id = ${account?.objectId ?? null}, ${CLEAR_PENDING_TOKENS}
					where id = ${id} and state = ${from}
					returning id, connect_link_id, problem_code, problem_reference
				), told as (
					update connect_links set problem_code = failed.problem_code,
						problem_reference = failed.problem_reference
					from failed where connect_links.id = failed.connect_link_id
				)
				select id from failed`);
			return rows.length === 1;
		},
		async discard(id, sessionId) {
			const rows = await database.execute(sql`
				update sign_ins
				set state = 'failed', problem_code = 'revoked', problem_reference = '{}', ${CLEAR_PENDING_TOKENS}
				where id = ${id} and session_id = ${sessionId} and state = 'returning'
				returning id`);
			return rows.length === 1;
		},
		async endPending({ startedBefore, returningBefore }) {
			await database.execute(sql`
				update sign_ins
				set state = 'failed', problem_code = 'sign_in_expired', problem_reference = '{}', ${CLEAR_PENDING_TOKENS}
				where (state = 'confirm' and created_at < ${startedBefore.toISOString()}::timestamptz)
					or (state = 'returning' and returning_since < ${returningBefore.toISOString()}::timestamptz)`);
			await database.execute(endByLink(sql`true`));
			await database.execute(endByRevocation(sql`true`));
		},
		async endOfLink(linkId) {
			await database.execute(endByLink(sql`link.id = ${linkId}`));
		},
		async endOfRenewal(id) {
			await database.execute(endByRevocation(sql`sign_ins.id = ${id}`));
		},
		async prune(before) {
			await deleteInBatches(database, signIns, lt(signIns.createdAt, before));
		},
	};
}

function endByLink(ofLink: SQL): SQL {
	return sql`
		update sign_ins
		set state = 'failed', problem_code = 'link_ended', problem_reference = '{}', ${CLEAR_PENDING_TOKENS}
		from connect_links as link
		where sign_ins.connect_link_id = link.id and ${ofLink}
			and (link.completed_at is not null or link.cancelled_at is not null)
			and sign_ins.state in ('started', 'exchanging', 'confirm', 'returning')`;
}

function endByRevocation(ofSignIn: SQL): SQL {
	return sql`
		update sign_ins
		set state = 'failed', problem_code = 'link_ended', problem_reference = '{}', ${CLEAR_PENDING_TOKENS}
		where sign_ins.renews_token_id is not null and ${ofSignIn}
			and sign_ins.state in ('started', 'exchanging', 'confirm')
			and not exists (
				select from stored_tokens as renewed
				where renewed.id = sign_ins.renews_token_id and renewed.state <> 'revoked')`;
}

async function findSignIn(
	database: Database,
	selector: SignInSelector,
	ofSession: ReturnType<typeof or>,
): Promise<SignIn | undefined> {
	const [row] = await database
		.select({ signIn: signIns, site: sites, token: storedTokens, link: connectLinks })
		.from(signIns)
		.innerJoin(sites, eq(sites.id, signIns.siteId))
		.leftJoin(
			storedTokens,
			and(eq(storedTokens.siteId, signIns.siteId), eq(storedTokens.id, signIns.storedTokenId)),
		)
		.leftJoin(connectLinks, eq(connectLinks.id, signIns.connectLinkId))
		.where(selector === 'current' ? ofSession : and(eq(signIns.id, selector), ofSession))
		.orderBy(desc(signIns.createdAt))
		.limit(1);
	return row && parseSignIn(row.signIn, row.site, row.token, row.link);
}
