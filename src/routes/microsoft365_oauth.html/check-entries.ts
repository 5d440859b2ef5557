// Looks at what was entered with the same parsers as the server; what they understood is what is shown from then on.

import { parseMailboxAddress } from '$lib/domain/mailbox-address';
import { parseSiteUrl } from '$lib/domain/site-url';
import { explainFieldFault } from '$lib/problems/field-faults';
import type { StartWords } from '$lib/words/start-words';

export type Entries = { site: string; email: string };

/** The mailbox keeps its capitals. */
export function checkEntries(
	{ site, email }: Entries,
	words: StartWords,
): { entries: Entries; faults: Record<string, string> } {
	const parsedSite = parseSiteUrl(site);
	const parsedMailbox = parseMailboxAddress(email);
	return {
		entries: {
			site: parsedSite.ok ? parsedSite.value : site,
			email: parsedMailbox.ok ? email.trim() : email,
		},
		faults: {
			...(!parsedSite.ok && { site: explainFieldFault(parsedSite.fault, words) }),
			...(!parsedMailbox.ok && { email: explainFieldFault(parsedMailbox.fault, words) }),
		},
	};
}
