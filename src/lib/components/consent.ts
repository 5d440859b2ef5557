// What the owner is about to allow, with the names as far as they are known: who will read mail is said by name of a
// registered site alone. Fetched with what looks at the entries.

import { parseMailboxAddress } from '../domain/mailbox-address.ts';
import { MAILBOX_PLACE, type SiteConsent, type SiteFaceInWords } from '../domain/site-face.ts';
import { parseSiteUrl } from '../domain/site-url.ts';
import type { StartWords } from '../words/start-words.ts';
import type { MessagePart } from './rich-text.ts';

type Entries = { site: string; email: string };

/** Undefined while neither is known. */
export function consentTo(
	entries: Entries,
	face: SiteFaceInWords | undefined,
	words: StartWords,
): readonly MessagePart[] | undefined {
	const parsedSite = parseSiteUrl(entries.site);
	const parsedMailbox = parseMailboxAddress(entries.email);
	const registered = parsedSite.ok && face?.url === parsedSite.value ? face : undefined;
	const mailbox = parsedMailbox.ok ? parsedMailbox.value : undefined;
	if (registered?.consent) return withMailbox(registered.consent, mailbox);
	const site = registered?.url.replace('https://', '');
	if (site && mailbox) return words.consent.parts({ site, mailbox });
	if (site) return words.consent_site.parts({ site });
	return mailbox ? words.consent_mailbox.parts({ mailbox }) : undefined;
}

/** Of a site that uses not all protocols. */
function withMailbox({ of_site, of_mailbox }: SiteConsent, mailbox: string | undefined) {
	if (mailbox === undefined) return of_site;
	return of_mailbox.map((part) =>
		'value' in part && part.value === MAILBOX_PLACE ? { ...part, value: mailbox } : part,
	);
}
