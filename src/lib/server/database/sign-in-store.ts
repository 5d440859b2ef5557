// The sign-ins. Each change of state is one conditional UPDATE, so that two requests at the same time
// cannot both make it.

import { and, desc, eq, gt, isNull, lt, or } from 'drizzle-orm';
import type { MailboxAddress } from '../../domain/mailbox-address.ts';
import type { ProblemReference, SignInProblemCode } from '../../domain/problem.ts';
import type { SignInId } from '../../domain/sign-in.ts';
import type { SiteUrl } from '../../domain/site-url.ts';
import type { Database } from './connection.ts';
import { sessions, signIns, sites, storedTokens } from './schema.ts';

export type SignIn = {
	id: SignInId;
	siteId: number;
	site: SiteUrl;
	mailbox: MailboxAddress;
	enteredEmail: string;
	nonce: string;
	createdAt: Date;
	signedInAs: string | undefined;
} & (
	| { state: 'started' }
	| { state: 'exchanging'; exchangingSince: Date }
	| { state: 'ready'; storedTokenId: number; isRevoked: boolean }
	| { state: 'failed'; problemCode: SignInProblemCode; problemReference: ProblemReference }
);

export type NewSignIn = Pick<
	SignIn,
	'id' | 'siteId' | 'mailbox' | 'enteredEmail' | 'nonce' | 'createdAt'
> & { sessionId: string };

/** Which sign-in: one by its id, or the newest of the session. */
export type SignInSelector = SignInId | 'current';

export type SignInStore = {
	add(signIn: NewSignIn): Promise<void>;
	/** One that this session owns or began. */
	find(selector: SignInSelector, sessionId: string): Promise<SignIn | undefined>;
	/** One that this session owns. */
	findOwned(selector: SignInSelector, sessionId: string): Promise<SignIn | undefined>;
	/** `started -> exchanging`; false when it was not `started` any more, is too old, or is not this session's. */
	claim(
		id: SignInId,
		claim: { sessionId: string; now: Date; startedAfter: Date },
	): Promise<boolean>;
	/**
	 * `exchanging -> ready`; the session that owns it by now (another tab may have moved it), or undefined
	 * when it was given up meanwhile.
	 */
	complete(
		id: SignInId,
		result: { storedTokenId: number; signedInAs: string; exchangingAfter: Date },
	): Promise<string | undefined>;
	/** `from -> failed`; nothing happens when it is in another state by now. */
	fail(id: SignInId, from: 'started' | 'exchanging', failure: SignInFailure): Promise<void>;
	/** Gives all sign-ins of one session to another and lets the first one only read from now on. */
	moveToSession(fromSessionId: string, toSessionId: string, now: Date): Promise<void>;
	prune(before: Date): Promise<void>;
};

export type SignInFailure = {
	code: SignInProblemCode;
	reference?: ProblemReference | undefined;
	signedInAs?: string | undefined;
};

export function createSignInStore(database: Database): SignInStore {
	return {
		async add({ sessionId, ...signIn }) {
			await database
				.insert(signIns)
				.values({ ...signIn, state: 'started', sessionId, begunSessionId: sessionId });
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
		async complete(id, { storedTokenId, signedInAs, exchangingAfter }) {
			const [row] = await database
				.update(signIns)
				.set({ state: 'ready', storedTokenId, signedInAs })
				.where(
					and(
						eq(signIns.id, id),
						or(
							and(eq(signIns.state, 'exchanging'), gt(signIns.exchangingSince, exchangingAfter)),
							// The same completion again: the first one's answer was lost on the way here.
							and(eq(signIns.state, 'ready'), eq(signIns.storedTokenId, storedTokenId)),
						),
					),
				)
				.returning({ sessionId: signIns.sessionId });
			return row?.sessionId;
		},
		async fail(id, from, { code, reference, signedInAs }) {
			await database
				.update(signIns)
				.set({
					state: 'failed',
					problemCode: code,
					problemReference: reference ?? {},
					signedInAs: signedInAs ?? null,
				})
				.where(and(eq(signIns.id, id), eq(signIns.state, from)));
		},
		async moveToSession(fromSessionId, toSessionId, now) {
			await database
				.update(signIns)
				// The one before still reads: its cookie may be the one that reached the browser last.
				.set({ sessionId: toSessionId, begunSessionId: fromSessionId })
				.where(eq(signIns.sessionId, fromSessionId));
			await database
				.update(sessions)
				.set({ replacedAt: now })
				.where(and(eq(sessions.id, fromSessionId), isNull(sessions.replacedAt)));
		},
		async prune(before) {
			await database.delete(signIns).where(lt(signIns.createdAt, before));
		},
	};
}

async function findSignIn(
	database: Database,
	selector: SignInSelector,
	ofSession: ReturnType<typeof or>,
): Promise<SignIn | undefined> {
	const [row] = await database
		.select({ signIn: signIns, site: sites.url, tokenState: storedTokens.state })
		.from(signIns)
		.innerJoin(sites, eq(sites.id, signIns.siteId))
		.leftJoin(storedTokens, eq(storedTokens.id, signIns.storedTokenId))
		.where(selector === 'current' ? ofSession : and(eq(signIns.id, selector), ofSession))
		.orderBy(desc(signIns.createdAt))
		.limit(1);
	return row && parseRow(row.signIn, row.site, row.tokenState);
}

function parseRow(
	row: typeof signIns.$inferSelect,
	site: string,
	tokenState: string | null,
): SignIn {
	const common = {
		id: row.id as SignInId,
		siteId: row.siteId,
		site: site as SiteUrl,
		mailbox: row.mailbox as MailboxAddress,
		enteredEmail: row.enteredEmail,
		nonce: row.nonce,
		createdAt: row.createdAt,
		signedInAs: row.signedInAs ?? undefined,
	};
	const { state, exchangingSince, storedTokenId, problemCode } = row;
	if (state === 'exchanging' && exchangingSince) return { ...common, state, exchangingSince };
	if (state === 'ready' && storedTokenId) {
		return { ...common, state, storedTokenId, isRevoked: tokenState === 'revoked' };
	}
	if (state === 'failed' && problemCode) {
		return { ...common, state, problemCode, problemReference: row.problemReference ?? {} };
	}
	if (state === 'started') return { ...common, state };
	throw new Error(`sign-in in state ${state} lacks what belongs to that state`);
}
