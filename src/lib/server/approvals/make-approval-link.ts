// Makes the link by which an administrator approves for the whole organisation, and the e-mail that asks for
// it. Nothing is asked of Microsoft here, and the state in the link grants nothing: it only says, on the
// return, that the link was one of ours, and for which mail domain.

import { makeApprovalState, type ApprovalRequest } from '../../domain/approval.ts';
import { mailDomainOf, parseMailboxAddress } from '../../domain/mailbox-address.ts';
import { Problem } from '../../domain/problem.ts';
import { parseSiteUrl } from '../../domain/site-url.ts';
import type { Services } from '../app/services.ts';
import type { RequestLimits } from '../limits/limit-requests.ts';

export type MakeApprovalLinkContext = Pick<
	Services,
	'now' | 'randomBytes' | 'approvals' | 'mailDomains' | 'approvalUrl' | 'helperName'
> & { limits: Pick<RequestLimits, 'byAddress'> };

/** Throws `Problem`: `invalid_input`, `too_many_requests`. A site that cannot be read is left out of the e-mail. */
export async function makeApprovalLink(
	context: MakeApprovalLinkContext,
	input: { site: unknown; email: unknown },
): Promise<ApprovalRequest> {
	const mailbox = parseMailboxAddress(input.email);
	if (!mailbox.ok) throw new Problem('invalid_input', { fieldFaults: { email: mailbox.fault } });
	await context.limits.byAddress('approval_link');
	const site = parseSiteUrl(input.site);
	const mailDomain = mailDomainOf(mailbox.value);
	const state = makeApprovalState(context.randomBytes);
	const url = context.approvalUrl(await context.mailDomains.findTenant(mailDomain));
	url.searchParams.set('state', state);
	await context.approvals.add({ state, mailDomain, createdAt: context.now() });
	return {
		url: url.href,
		mailbox: mailbox.value,
		site: site.ok ? site.value : undefined,
		helper: context.helperName,
	};
}
