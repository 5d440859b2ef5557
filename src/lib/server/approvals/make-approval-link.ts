// Makes the link by which an administrator approves for the whole organisation, and the e-mail that asks for
// it. Nothing is asked of Microsoft here, and the state in the link grants nothing: it only says, on the
// return, that the link was one of ours, and for which mail domain.

import { makeApprovalState, type ApprovalLink } from '../../domain/approval.ts';
import { mailDomainOf, parseMailboxAddress } from '../../domain/mailbox-address.ts';
import { Problem } from '../../domain/problem.ts';
import { parseSiteUrl } from '../../domain/site-url.ts';
import { approvalMail } from '../../problems/approval-words.ts';
import { explainFieldFault } from '../../problems/field-faults.ts';
import { PAGE_WORDS } from '../../words/all-page-words.ts';
import type { Language } from '../../words/languages.ts';
import type { ApprovalStore } from './approval-store.ts';
import type { MailDomainStore } from '../sites/mail-domain-store.ts';
import type { RequestLimits } from '../limits/limit-requests.ts';

export type MakeApprovalLinkContext = {
	now: () => Date;
	/** Of the visitor, and so of the e-mail. */
	language: Language;
	limits: Pick<RequestLimits, 'byAddress'>;
	randomBytes: (size: number) => Buffer;
	approvals: ApprovalStore;
	mailDomains: MailDomainStore;
	/** Microsoft's page, without the state. */
	approvalUrl: (tenantId: string | undefined) => URL;
	/** What the operator calls this helper. */
	helperName: string;
};

/** Throws `Problem`: `invalid_input`, `too_many_requests`. A site that cannot be read is left out of the e-mail. */
export async function makeApprovalLink(
	context: MakeApprovalLinkContext,
	input: { site: unknown; email: unknown },
): Promise<ApprovalLink> {
	const mailbox = parseMailboxAddress(input.email);
	if (!mailbox.ok) {
		const fault = explainFieldFault(mailbox.fault, PAGE_WORDS[context.language]);
		throw new Problem('invalid_input', { fields: { email: fault } });
	}
	await context.limits.byAddress('approval_link');
	const site = parseSiteUrl(input.site);
	const mailDomain = mailDomainOf(mailbox.value);
	const state = makeApprovalState(context.randomBytes);
	const url = context.approvalUrl(await context.mailDomains.findTenant(mailDomain));
	url.searchParams.set('state', state);
	await context.approvals.add({ state, mailDomain, createdAt: context.now() });
	const request = {
		url: url.href,
		mailbox: mailbox.value,
		site: site.ok ? site.value : undefined,
		helper: context.helperName,
	};
	return { url: url.href, mail: approvalMail(request, context.language) };
}
