// The mailboxes that somebody connected, for that person alone: the list, a check, and the end of it.

import type { MailCheckResults, MailSubject } from '../../domain/mail-check.ts';
import type { OwnMailboxReport } from '../../domain/own-mailbox.ts';
import { Problem } from '../../domain/problem.ts';
import type { Services } from '../app/services.ts';
import type { RequestLimits } from '../limits/limit-requests.ts';
import { checkMailbox, type CheckMailboxContext } from '../mailbox-checks/check-mailbox.ts';
import { keepResult, type KeepResultContext } from '../mailbox-checks/keep-result.ts';
import { saveSmtpUser } from '../mailbox-checks/run-checks.ts';
import { openAccess, type OpenAccessContext } from '../tokens/open-access.ts';
import {
	tokenReporter,
	type ReportTokensContext,
	type TokenReport,
} from '../tokens/report-token.ts';
import type { TokenOfSite } from '../tokens/all-tokens-store.ts';
import type { Session } from './sessions.ts';

/** Undefined for a browser in which nobody has signed in. */
export async function listOwnMailboxes(
	context: Pick<Services, 'allTokens' | 'visitors' | 'signInUrl'> & ReportTokensContext,
	session: Session | undefined,
): Promise<OwnMailboxReport[] | undefined> {
	const { allTokens, visitors, signInUrl } = context;
	if (session?.access !== 'full' || !(await visitors.isKnown(session.visitorId))) return undefined;
	const tokens = await allTokens.listOfVisitor(session.visitorId);
	const reportOf = await tokenReporter(context, tokens);
	return tokens.map((token) => ({
		...describe(token, reportOf(token)),
		sign_in_url: signInUrl(token.number),
	}));
}

/** Throws `Problem`: `unknown_identifier` for what is not the visitor's own, `too_many_requests`. */
export async function checkOwnMailbox(
	context: Pick<Services, 'allTokens'> &
		OpenAccessContext &
		KeepResultContext &
		CheckMailboxContext & { limits: Pick<RequestLimits, 'byAddress' | 'byMailbox'> },
	session: Session | undefined,
	number: number,
): Promise<{ checks: MailCheckResults; subject: MailSubject }> {
	const { siteId, mailbox } = await findOwn(context, session, number);
	await context.limits.byAddress('check');
	await context.limits.byMailbox('check', mailbox);
	const access = await openAccess(context, { siteId, id: number });
	if (access === undefined) throw new Problem('unknown_identifier');
	const at = context.now();
	const { checks, smtpUser } = await checkMailbox(context, access);
	await keepResult(context, { siteId, id: number }, { at, checks });
	await saveSmtpUser(context, { siteId, id: number }, mailbox, smtpUser);
	return { checks, subject: { mailbox, signedInAs: access.signedInAs } };
}

/** Throws `Problem` `unknown_identifier`. */
export async function revokeOwnMailbox(
	context: Pick<Services, 'now' | 'allTokens' | 'storedTokens'>,
	session: Session | undefined,
	number: number,
): Promise<void> {
	const { siteId } = await findOwn(context, session, number);
	const revocation = { reason: 'by_owner', now: context.now() } as const;
	const revoked = await context.storedTokens.revoke(siteId, number, revocation);
	if (!revoked) throw new Problem('unknown_identifier');
}

async function findOwn(
	{ allTokens }: Pick<Services, 'allTokens'>,
	session: Session | undefined,
	number: number,
): Promise<TokenOfSite> {
	const own =
		session?.access === 'full' && (await allTokens.findOfVisitor(session.visitorId, number));
	if (!own) throw new Problem('unknown_identifier');
	return own;
}

function describe(token: TokenOfSite, report: TokenReport): Omit<OwnMailboxReport, 'sign_in_url'> {
	const { checks } = report;
	const checkedAt = Object.values(checks).flatMap(({ checked_at: at }) => at ?? []);
	const { identifier, mailbox, status, signed_in_as, created_at, last_resolved_at, last_problem } =
		report;
	return {
		number: token.number,
		...{ protocols: token.protocols, missing_rights: report.missing_rights },
		site: token.site,
		site_name: token.siteName,
		...{ identifier, mailbox, created_at, last_used_at: last_resolved_at },
		signed_in_as,
		needs_sign_in: status === 'sign_in_required',
		...(checkedAt.length > 0 && { last_check: { at: checkedAt.sort().at(-1) ?? '', checks } }),
		...(last_problem && { last_problem }),
	};
}
