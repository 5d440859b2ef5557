// The sign-ins. Each change of state is one conditional UPDATE, so that two requests at the same time cannot both make
// it. Those that store a token set or move a session are in `completion-store.ts`.

import { and, desc, eq, gt, lt, or, sql } from 'drizzle-orm';
import type { MailboxAddress } from '../../domain/mailbox-address.ts';
import type { ProblemReference, SignInProblemCode } from '../../domain/problem.ts';
import type {
	ConfirmTries,
	MailCheckResult,
	StoredChecks,
	StoredTestMessage,
} from '../../domain/mail-check.ts';
import {
	MAIL_PROTOCOLS,
	READING_PROTOCOLS,
	type MailProtocol,
} from '../../domain/mail-protocol.ts';
import type { SignInId } from '../../domain/sign-in.ts';
import { ownServers } from '../../domain/owner-server.ts';
import type { SiteUrl } from '../../domain/site-url.ts';
import type { Database } from '../database/driver/driver.ts';
import type { SealedTokenSet, StoredTokenRef } from '../tokens/stored-token-store.ts';
import { signIns, sites, storedTokens } from '../database/schema/tables.ts';
import { textArray } from '../database/text-array.ts';

export type SignIn = {
	id: SignInId;
	siteId: number;
	site: SiteUrl;
	mailbox: MailboxAddress;
	enteredEmail: string;
	nonce: string;
	/** Whose rights were asked for. */
	protocols: readonly MailProtocol[];
	createdAt: Date;
	signedInAs: string | undefined;
} & (
	| { state: 'started' }
	| { state: 'exchanging'; exchangingSince: Date }
	/** `tried` is undefined until the mailbox was tried for the first time. */
	| { state: 'confirm'; tried: { since: Date; tries: ConfirmTries } | undefined }
	| {
			state: 'ready';
			storedTokenId: number;
			isRevoked: boolean;
			scopes: readonly string[];
			/** What the site uses by now, and the servers that its owners enter in place of Microsoft's. */
			used: readonly MailProtocol[];
			ownerServers: Partial<Record<MailProtocol, string>>;
			/** As long as the site has not resolved the token. */
			unusedSince: Date | undefined;
			/** Undefined for one from before there were checks. */
			checks: StoredChecks | undefined;
			testMessage: StoredTestMessage | undefined;
	  }
	| { state: 'failed'; problemCode: SignInProblemCode; problemReference: ProblemReference }
);

export type NewSignIn = Pick<
	SignIn,
	'id' | 'siteId' | 'mailbox' | 'enteredEmail' | 'nonce' | 'protocols' | 'createdAt'
> & { sessionId: string };

/** Which sign-in: one by its id, or the newest of the session. */
export type SignInSelector = SignInId | 'current';

export type SignInStore = States & Results;

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

/** What came of the logins and the test message, on the row. */
type Results = {
	/** The start of a try. Undefined when it is not at `confirm`, too old, or being tried since `notSince`. */
	claimTry(
		id: SignInId,
		claim: { sessionId: string; now: Date; startedAfter: Date; notSince: Date },
	): Promise<PendingConfirmation | undefined>;
	/** What one protocol of the try that began at `tryingSince` came to. */
	saveTry(id: SignInId, tryingSince: Date, tries: ConfirmTries): Promise<void>;
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

/** The columns that hold something at `confirm` alone: cleared at each way out of it. Who signed in stays. */
export const CLEAR_PENDING_TOKENS = sql.raw(`
	scopes = null, sealed_refresh_token = null, sealed_access_token = null,
	access_token_expires_at = null, tokens_received_at = null,
	trying_since = null, tries = null`);

export type SignInFailure = {
	code: SignInProblemCode;
	reference?: ProblemReference | undefined;
	/** Who signed in, where that is known. */
	account?: { tenantId: string; objectId: string; username: string } | undefined;
};

export function createSignInStore(database: Database): SignInStore {
	return { ...states(database), ...results(database) };
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
			await database.delete(signIns).where(lt(signIns.createdAt, before));
		},
	};
}

function results(database: Database): Results {
	return {
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
	return row && parseRow(row.signIn, row.site, row.token);
}

function parseRow(
	row: typeof signIns.$inferSelect,
	siteRow: typeof sites.$inferSelect,
	token: typeof storedTokens.$inferSelect | null,
): SignIn {
	const common = {
		id: row.id as SignInId,
		siteId: row.siteId,
		site: siteRow.url as SiteUrl,
		mailbox: row.mailbox as MailboxAddress,
		enteredEmail: row.enteredEmail,
		nonce: row.nonce,
		protocols: row.protocols,
		createdAt: row.createdAt,
		signedInAs: row.signedInAs ?? undefined,
	};
	const { state, exchangingSince, storedTokenId, problemCode } = row;
	if (state === 'exchanging' && exchangingSince) return { ...common, state, exchangingSince };
	if (state === 'ready' && storedTokenId) {
		return {
			...common,
			state,
			storedTokenId,
			isRevoked: token?.state === 'revoked',
			scopes: token?.scopes ?? [],
			used: siteRow.protocols,
			ownerServers: ownServers(siteRow),
			unusedSince: token && token.lastResolvedAt === null ? token.signedInAt : undefined,
			checks: row.checks ?? undefined,
			testMessage: row.testMessage ?? undefined,
		};
	}
	if (state === 'failed' && problemCode) {
		return { ...common, state, problemCode, problemReference: row.problemReference ?? {} };
	}
	if (state === 'confirm') {
		const { tryingSince: since, tries } = row;
		return { ...common, state, tried: since && tries ? { since, tries } : undefined };
	}
	if (state === 'started') return { ...common, state };
	throw new Error(`sign-in in state ${state} lacks what belongs to that state`);
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
