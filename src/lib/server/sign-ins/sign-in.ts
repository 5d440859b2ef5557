// A sign-in as its row tells of it: a union in which no field can be there in the wrong state.

import type { MailboxAddress } from '../../domain/mailbox-address.ts';
import type { ProblemReference, SignInProblemCode } from '../../domain/problem.ts';
import type { ConfirmTries, StoredChecks, StoredTestMessage } from '../../domain/mail-check.ts';
import type { MailProtocol } from '../../domain/mail-protocol.ts';
import type { SignInId } from '../../domain/sign-in.ts';
import { ownServers } from '../../domain/owner-server.ts';
import type { SiteUrl } from '../../domain/site-url.ts';
import type { connectLinks } from '../database/schema/connect-links.ts';
import type { signIns, sites, storedTokens } from '../database/schema/tables.ts';
import type { SealedTokenSet } from '../tokens/stored-token-store.ts';

export type SignIn = {
	id: SignInId;
	siteId: number;
	site: SiteUrl;
	siteName: string;
	mailbox: MailboxAddress;
	enteredEmail: string;
	nonce: string;
	/** Whose rights were asked for. */
	protocols: readonly MailProtocol[];
	createdAt: Date;
	signedInAs: string | undefined;
	/** By which it was begun; undefined where somebody just entered site and mailbox. */
	link: SignInLink | undefined;
} & (
	| { state: 'started' }
	| { state: 'exchanging'; exchangingSince: Date }
	/** `tried` is undefined until the mailbox was tried for the first time. */
	| { state: 'confirm'; tried: { since: Date; tries: ConfirmTries } | undefined }
	/** The token set waits for the site to present the code that the browser brings. */
	| { state: 'returning'; returningSince: Date; checks: StoredChecks | undefined }
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
	| {
			state: 'failed';
			problemCode: SignInProblemCode;
			problemReference: ProblemReference;
			/** It had come as far as `returning`. */
			hadToReturn: boolean;
	  }
);

export type SignInLink =
	| {
			kind: 'connect';
			id: string;
			returnUrl: string | undefined;
			/** It names no mailbox. */
			leavesEmailOpen: boolean;
			expiresAt: Date;
			/** The site's own, given back to it as it is. */
			siteState: string | undefined;
			/** It was cancelled, or completed by another sign-in. */
			hasEnded: boolean;
	  }
	/** Of the stored token with this number. */
	| { kind: 'renewal'; number: number };

/** Where its person goes back to; undefined where it ends on the helper's page. */
export function returnUrlOf({ link }: Pick<SignIn, 'link'>): string | undefined {
	return link?.kind === 'connect' ? link.returnUrl : undefined;
}

/** Which sign-in: one by its id, or the newest of the session. */
export type SignInSelector = SignInId | 'current';

export type SignInFailure = {
	code: SignInProblemCode;
	reference?: ProblemReference | undefined;
	/** Who signed in, where that is known. */
	account?: { tenantId: string; objectId: string; username: string } | undefined;
};

export type PendingTokenSet = SealedTokenSet & { tenantId: string; objectId: string };

/** What is needed to try the mailbox and to complete. */
export type PendingConfirmation = {
	id: SignInId;
	siteId: number;
	mailbox: MailboxAddress;
	sessionId: string;
	protocols: readonly MailProtocol[];
	tokenSet: PendingTokenSet;
	/** At `returning`. */
	checks: StoredChecks | undefined;
};

export function parseSignIn(
	row: typeof signIns.$inferSelect,
	siteRow: typeof sites.$inferSelect,
	token: typeof storedTokens.$inferSelect | null,
	link: typeof connectLinks.$inferSelect | null,
): SignIn {
	const common = {
		id: row.id as SignInId,
		siteId: row.siteId,
		site: siteRow.url as SiteUrl,
		siteName: siteRow.name,
		mailbox: row.mailbox as MailboxAddress,
		enteredEmail: row.enteredEmail,
		nonce: row.nonce,
		protocols: row.protocols,
		createdAt: row.createdAt,
		signedInAs: row.signedInAs ?? undefined,
		link: parseLink(row, link),
	};
	const { state, exchangingSince, returningSince, storedTokenId, problemCode } = row;
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
		const problemReference = row.problemReference ?? {};
		// Checks are there from `returning` on.
		return { ...common, state, problemCode, problemReference, hadToReturn: row.checks !== null };
	}
	if (state === 'confirm') {
		const { tryingSince: since, tries } = row;
		return { ...common, state, tried: since && tries ? { since, tries } : undefined };
	}
	if (state === 'returning' && returningSince) {
		return { ...common, state, returningSince, checks: row.checks ?? undefined };
	}
	if (state === 'started') return { ...common, state };
	throw new Error(`sign-in in state ${state} lacks what belongs to that state`);
}

function parseLink(
	{ renewsTokenId, connectLinkId, state }: typeof signIns.$inferSelect,
	link: typeof connectLinks.$inferSelect | null,
): SignInLink | undefined {
	if (renewsTokenId !== null) return { kind: 'renewal', number: renewsTokenId };
	if (connectLinkId === null || link === null) return undefined;
	return {
		kind: 'connect',
		id: connectLinkId,
		returnUrl: link.returnUrl ?? undefined,
		leavesEmailOpen: link.email === null,
		expiresAt: link.expiresAt,
		siteState: link.state ?? undefined,
		hasEnded: link.cancelledAt !== null || (link.completedAt !== null && state !== 'ready'),
	};
}

export function parsePendingConfirmation(row: typeof signIns.$inferSelect): PendingConfirmation {
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
		throw new Error('a waiting sign-in lacks its token set');
	}
	return {
		id: row.id as SignInId,
		siteId: row.siteId,
		mailbox: row.mailbox as MailboxAddress,
		sessionId: row.sessionId,
		protocols: row.protocols,
		checks: row.checks ?? undefined,
		tokenSet: {
			...{ signedInAs, tenantId, objectId, scopes, sealedRefreshToken, sealedAccessToken },
			...{ accessTokenExpiresAt, lastRefreshedAt },
			...(row.smtpUser !== null && { smtpUser: row.smtpUser }),
		},
	};
}
