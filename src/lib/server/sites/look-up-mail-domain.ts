// Who owns a mail domain at Microsoft, from its public metadata. Only the tenant of a domain is kept: that
// Microsoft does not know a domain can change any day, and a look-up that failed says nothing.

import type { MailDomain } from '../../domain/mailbox-address.ts';
import type { MailDomainHome } from '../../domain/mail-domain-home.ts';
import type { DomainOwner } from '../microsoft/metadata.ts';
import { MicrosoftError } from '../microsoft/microsoft-error.ts';
import type { Services } from '../app/services.ts';

export type LookUpContext = Pick<Services, 'now' | 'mailDomains' | 'fetchDomainOwner'>;

/** Asks Microsoft and keeps a tenant. Throws `MicrosoftError` when Microsoft does not answer. */
export async function askForOwner(
	{ now, mailDomains, fetchDomainOwner }: LookUpContext,
	domain: MailDomain,
): Promise<DomainOwner> {
	const owner = await fetchDomainOwner(domain);
	if (owner.kind === 'tenant') await mailDomains.save(domain, owner.tenantId, now());
	return owner;
}

export type AdviceContext = LookUpContext & Pick<Services, 'fetchDomainOwnerForAdvice'>;

/** For a visitor, before anybody signs in: asked for by many at once, it is `unknown` for some of them. */
export function adviseOnMailDomain(
	context: AdviceContext,
	domain: MailDomain,
): Promise<MailDomainHome> {
	const fetchDomainOwner = context.fetchDomainOwnerForAdvice;
	return homeOfMailDomain({ ...context, fetchDomainOwner }, domain);
}

/** `unknown` where nothing can be said. */
export async function homeOfMailDomain(
	context: LookUpContext,
	domain: MailDomain,
): Promise<MailDomainHome> {
	if ((await context.mailDomains.findTenant(domain)) !== undefined) return { home: 'here' };
	try {
		const owner = await askForOwner(context, domain);
		if (owner.kind === 'other_cloud') return { home: 'other_cloud', cloud: owner.cloud };
		return { home: owner.kind === 'tenant' ? 'here' : 'not_at_microsoft' };
	} catch (error) {
		if (error instanceof MicrosoftError) return { home: 'unknown' };
		throw error;
	}
}
