// What the owner is about to allow a site that uses not all protocols, with the mailbox as far as it is known. Fetched with its face.

import { MAILBOX_PLACE, type SiteConsent } from '../domain/site-face.ts';

export function siteConsent({ of_site, of_mailbox }: SiteConsent, mailbox: string | undefined) {
	if (mailbox === undefined) return of_site;
	return of_mailbox.map((part) =>
		'value' in part && part.value === MAILBOX_PLACE ? { ...part, value: mailbox } : part,
	);
}
