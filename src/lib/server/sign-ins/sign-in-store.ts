// The sign-ins. Each change of state is one conditional UPDATE, so that two requests at the same time cannot both make
// it. Those that store a token set or move a session are in `completion-store.ts`; what logins came to is in
// `login-result-store.ts`.

import { and, desc, eq, gt, lt, or, sql } from 'drizzle-orm';
import type { SignInId } from '../../domain/sign-in.ts';
import { deleteInBatches } from '../database/delete-in-batches.ts';
import type { Database } from '../database/driver/driver.ts';
import { signIns, sites, storedTokens } from '../database/schema/tables.ts';
import { textArray } from '../database/text-array.ts';
import { createLoginResultStore, type LoginResultStore } from './login-result-store.ts';
import { parseSignIn, type SignIn, type SignInFailure, type SignInSelector } from './sign-in.ts';

export type NewSignIn = Pick<
	SignIn,
	'id' | 'siteId' | 'mailbox' | 'enteredEmail' | 'nonce' | 'protocols' | 'createdAt'
> & { sessionId: string };

export type SignInStore = States & LoginResultStore;

type States = {
	/** False when the session was replaced in the very moment; then nothing is added. */
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
	/** `from -> failed`; false when it is in another state by now. */
	fail(id: SignInId, from: 'started' | 'exchanging', failure: SignInFailure): Promise<boolean>;
	/** Ends those that were begun before `startedBefore`; their token sets are destroyed. */
	endConfirms(startedBefore: Date): Promise<void>;
	prune(before: Date): Promise<void>;
};

/** The columns that hold something at `confirm` alone: cleared at each way out of it. Who signed in stays. */
export const CLEAR_PENDING_TOKENS = sql.raw(`
	scopes = null, sealed_refresh_token = null, sealed_access_token = null,
	access_token_expires_at = null, tokens_received_at = null,
	trying_since = null, tries = null`);

export function createSignInStore(database: Database): SignInStore {
	return { ...states(database), ...createLoginResultStore(database) };
}

function states(database: Database): States {
	return {
		async add({ sessionId, ...signIn }) {
			// The lock lets a completion that replaces this session either see the new row or prevent it.
			const rows = await database.execute(sql`
				insert into sign_ins (
					id, site_id, mailbox, entered_email, nonce, protocols, state, session_id, begun_session_id, created_at
				)
				select ${signIn.id}, ${signIn.siteId}::bigint, ${signIn.mailbox}, ${signIn.enteredEmail},
					${signIn.nonce}, ${textArray(signIn.protocols)}, 'started', session.id, session.id,
					${signIn.createdAt.toISOString()}::timestamptz
				from sessions as session
				where session.id = ${sessionId} and session.replaced_at is null
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
		async fail(id, from, { code, reference, account }) {
			const rows = await database
				.update(signIns)
				.set({
					state: 'failed',
					problemCode: code,
					problemReference: reference ?? {},
					signedInAs: account?.username ?? null,
					tenantId: account?.tenantId ?? null,
					objectId: account?.objectId ?? null,
				})
				.where(and(eq(signIns.id, id), eq(signIns.state, from)))
				.returning({ id: signIns.id });
			return rows.length === 1;
		},
		async endConfirms(startedBefore) {
			await database.execute(sql`
				update sign_ins
				set state = 'failed', problem_code = 'sign_in_expired', problem_reference = '{}', ${CLEAR_PENDING_TOKENS}
				where state = 'confirm' and ${lt(signIns.createdAt, startedBefore)}`);
		},
		async prune(before) {
			await deleteInBatches(database, signIns, lt(signIns.createdAt, before));
		},
	};
}

async function findSignIn(
	database: Database,
	selector: SignInSelector,
	ofSession: ReturnType<typeof or>,
): Promise<SignIn | undefined> {
	const [row] = await database
		.select({ signIn: signIns, site: sites, token: storedTokens })
		.from(signIns)
		.innerJoin(sites, eq(sites.id, signIns.siteId))
		.leftJoin(
			storedTokens,
			and(eq(storedTokens.siteId, signIns.siteId), eq(storedTokens.id, signIns.storedTokenId)),
		)
		.where(selector === 'current' ? ofSession : and(eq(signIns.id, selector), ofSession))
		.orderBy(desc(signIns.createdAt))
		.limit(1);
	return row && parseSignIn(row.signIn, row.site, row.token);
}
