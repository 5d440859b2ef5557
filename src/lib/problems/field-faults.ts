// What is said about a field that cannot be used: what to do about it.
// The hint beside the field has the example.

import type { MailboxAddressFault } from '../domain/mailbox-address.ts';
import type { SiteUrlFault } from '../domain/site-url.ts';
import type { StartWords } from '../words/start-words.ts';

export type FieldFault =
	SiteUrlFault | MailboxAddressFault | 'site_not_registered' | 'mailbox_not_allowed';

export function explainFieldFault(fault: FieldFault, words: StartWords): string {
	return words[`fault_${fault}`]({});
}
