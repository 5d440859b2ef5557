// The site presents the code that came with its user's browser: only then is the token set stored, by the same statement
// that ends the link. That is what keeps whoever signs in by a link that was sent on from ending up at the site of
// whoever made it: their browser brings the code to the site, which compares.

import { formatIdentifier } from '../../domain/identifier.ts';
import type { MailCheckResults } from '../../domain/mail-check.ts';
import { Problem } from '../../domain/problem.ts';
import type { Services } from '../app/services.ts';
import { RETURN_LIMIT_MS } from '../durations.ts';
import { refuseAccount, type AllowAccountContext } from '../sign-ins/allow-account.ts';
import { checksByNow } from '../sign-ins/checks-of-sign-in.ts';
import { openPending } from '../sign-ins/open-pending.ts';
import type { PendingConfirmation } from '../sign-ins/sign-in.ts';
import { storeToken, type StoreTokenContext } from '../sign-ins/store-token.ts';
import { endLink } from './end-link.ts';
import { hashLinkSecret } from './link-secret.ts';
import { refuseReturn } from './refuse-return.ts';
import { findConnectLink, type ConnectLinkContext } from './report-connect-link.ts';

export type CompleteConnectLinkContext = ConnectLinkContext &
	StoreTokenContext &
	AllowAccountContext &
	Pick<Services, 'log' | 'signIns' | 'returnCodes'>;

export type CompletedConnectLink = {
	identifier: string;
	mailbox: string;
	signed_in_as: string;
	/** In codes. */
	checks: MailCheckResults;
};

/**
 * Throws `Problem`: `unknown_link`, `not_returned`, `invalid_input`. A code that never was ends the link and destroys what
 * it holds; one that was voided, used, or came too late changes nothing.
 */
export async function completeConnectLink(
	context: CompleteConnectLinkContext,
	siteId: number,
	id: string,
	code: unknown,
): Promise<CompletedConnectLink> {
	const link = await findConnectLink(context, siteId, id);
	if (link.ended !== undefined) throw new Problem('unknown_link');
	if (typeof code !== 'string') {
		throw new Problem('invalid_input', { fields: { code: 'Give the code from the return URL.' } });
	}
	const codeSha256 = hashLinkSecret(code);
	const signInId = await context.returnCodes.find(id, codeSha256);
	if (signInId === undefined) {
		if (!link.isReturning) throw new Problem('not_returned');
		throw await endForWrongCode(context, siteId, id);
	}
	const pending = signInId === 'void' ? undefined : await context.signIns.findReturning(signInId);
	if (pending === undefined) throw new Problem('unknown_link');
	await complete(context, pending, codeSha256, link.returnUrl);
	await context.signIns.endOfLink(id);
	const { token } = await findConnectLink(context, siteId, id);
	if (token === undefined) throw new Problem('unknown_link');
	return { identifier: formatIdentifier(token), ...(await partsOf(context, pending)) };
}

async function endForWrongCode(
	context: CompleteConnectLinkContext,
	siteId: number,
	id: string,
): Promise<Problem> {
	await endLink(context, siteId, id, 'wrong_code');
	context.log.warn({ site: siteId, id }, 'a wrong code ended a connect link');
	return new Problem('unknown_link');
}

async function complete(
	context: CompleteConnectLinkContext,
	pending: PendingConfirmation,
	codeSha256: Buffer,
	returnUrl: string | undefined,
): Promise<void> {
	const { tenantId, objectId, signedInAs: username } = pending.tokenSet;
	const account = { tenantId, objectId, username };
	const refusal =
		(await refuseAccount(context, pending, tenantId)) ??
		(await refuseReturn(context, pending.siteId, returnUrl));
	if (refusal !== undefined) {
		await context.signIns.fail(pending.id, 'returning', { code: refusal, account });
		throw new Problem('unknown_link');
	}
	const now = context.now();
	const since = new Date(now.getTime() - RETURN_LIMIT_MS);
	const stored = await storeToken(context, pending, account, openPending(context, pending), {
		from: { state: 'returning', since, codeSha256 },
		now,
	});
	if (!stored) throw new Problem('unknown_link');
	const { id: signIn, siteId: site } = pending;
	context.log.info({ signIn, site }, 'token stored after the return to its site');
}

/** Of what the site uses by now: it may have been changed since the sign-in began. */
async function partsOf({ now, sites }: CompleteConnectLinkContext, pending: PendingConfirmation) {
	const { siteId, mailbox, protocols: requested, tokenSet, checks } = pending;
	const { signedInAs, scopes } = tokenSet;
	const at = now();
	const begun = checks ?? { begun_at: at.toISOString(), results: {} };
	const used = (await sites.findById(siteId))?.protocols ?? requested;
	const results = checksByNow(
		begun,
		{ mailbox, signedInAs },
		{ at, rights: { used, requested, scopes } },
	);
	return { mailbox, signed_in_as: signedInAs, checks: results };
}
