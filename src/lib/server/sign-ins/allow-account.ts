// May this Microsoft account connect this mailbox to this site? Decided before anything is stored.
// Without it, a site could have a stranger consent for its own mailbox and receive the stranger's token.

import {
	mailDomainOf,
	type MailDomain,
	type MailboxAddress,
} from '../../domain/mailbox-address.ts';
import type { Site } from '../sites/site-store.ts';
import type { MicrosoftAccount } from '../microsoft/id-token.ts';
import { askForOwner, type LookUpContext } from '../sites/look-up-mail-domain.ts';

export type AllowAccountContext = LookUpContext;

export type AccountVerdict = 'allowed' | 'other_organisation' | 'someone_else';

/**
 * The account's tenant must be one that the site was registered with, or the one that owns the mailbox's
 * domain, the latter only if the site takes that domain. Then the account must be the mailbox's own.
 * Throws `MicrosoftError` `unreachable` when the owner of the domain cannot be looked up for the moment.
 */
export async function allowAccount(
	context: AllowAccountContext,
	site: Site,
	mailbox: MailboxAddress,
	account: MicrosoftAccount,
): Promise<AccountVerdict> {
	const isAllowed =
		site.tenants.includes(account.tenantId) ||
		(await ownsMailDomain(context, site, mailbox, account.tenantId));
	if (!isAllowed) return 'other_organisation';
	return account.addresses.includes(mailbox) ? 'allowed' : 'someone_else';
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
