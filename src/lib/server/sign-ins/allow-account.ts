// May this Microsoft account connect this mailbox to this site? Decided before anything is stored.
// Without it, a site could have a stranger consent for its own mailbox and receive the stranger's token.

import {
	mailDomainOf,
	type MailDomain,
	type MailboxAddress,
} from '../../domain/mailbox-address.ts';
import type { Services } from '../app/services.ts';
import type { Site } from '../sites/site-store.ts';
import { askForOwner, type LookUpContext } from '../sites/look-up-mail-domain.ts';
import { takesMailbox } from '../sites/takes-mailbox.ts';

export type AllowAccountContext = LookUpContext & Pick<Services, 'sites'>;

export type AccountRefusal =
	'site_not_registered' | 'mailbox_not_allowed' | 'organisation_not_allowed';

/**
 * Asked each time that something is about to be stored, as a site can be disabled and changed while somebody is at
 * Microsoft or at `confirm`. The account's tenant must be one that the site is registered with, or the one that owns the
 * mailbox's domain, the latter only if the site takes that domain. Undefined where the account is allowed.
 * Throws `MicrosoftError` `unreachable` when the owner of the domain cannot be looked up for the moment.
 */
export async function refuseAccount(
	context: AllowAccountContext,
	{ siteId, mailbox }: { siteId: number; mailbox: MailboxAddress },
	tenantId: string,
): Promise<AccountRefusal | undefined> {
	const site = await context.sites.findById(siteId);
	if (site === undefined) return 'site_not_registered';
	if (!takesMailbox(site, mailbox)) return 'mailbox_not_allowed';
	const isAllowed =
		site.tenants.includes(tenantId) || (await ownsMailDomain(context, site, mailbox, tenantId));
	return isAllowed ? undefined : 'organisation_not_allowed';
}

async function ownsMailDomain(
	context: AllowAccountContext,
	site: Site,
	mailbox: MailboxAddress,
	tenantId: string,
): Promise<boolean> {
	if (!ownerDecides(site, mailbox)) return false;
	return (await tenantOfDomain(context, mailDomainOf(mailbox), tenantId)) === tenantId;
}

/** Whether the tenant that owns the mailbox's domain may connect it, besides those the site names. */
export function ownerDecides(site: Site, mailbox: MailboxAddress): boolean {
	return site.anyMailbox || site.mailDomains.includes(mailDomainOf(mailbox));
}

/**
 * What Microsoft answered once is kept. It is asked again when the account is of another tenant than the kept
 * one, or nothing is kept: domains move between tenants, and to Microsoft, any day.
 */
async function tenantOfDomain(
	context: AllowAccountContext,
	domain: MailDomain,
	expected: string,
): Promise<string | undefined> {
	const known = await context.mailDomains.findTenant(domain);
	if (known === expected) return known;
	const owner = await askForOwner(context, domain);
	return owner.kind === 'tenant' ? owner.tenantId : undefined;
}
