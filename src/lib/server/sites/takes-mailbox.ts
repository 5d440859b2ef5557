// Whether a site takes a mailbox, as far as that is known before anybody signs in.

import { mailDomainOf, type MailboxAddress } from '../../domain/mailbox-address.ts';
import type { Site } from './site-store.ts';

/** A site without mail domains takes every mailbox; the signed-in account's tenant is checked later. */
export function takesMailbox(site: Site, mailbox: MailboxAddress): boolean {
	return site.mailDomains.length === 0 || site.mailDomains.includes(mailDomainOf(mailbox));
}
