// What is said about a field that cannot be used: what to do about it.
// The hint beside the field has the example.

import type { MailboxAddressFault } from '../domain/mailbox-address.ts';
import type { SiteUrlFault } from '../domain/site-url.ts';

export type FieldFault =
	SiteUrlFault | MailboxAddressFault | 'site_not_registered' | 'mailbox_not_allowed';

const SENTENCES: Record<FieldFault, string> = {
	site_missing: 'Enter the URL of your site',
	site_too_long: 'Enter only the start of the URL of your site',
	site_is_email: 'Enter the URL of your site here, not an email address',
	site_not_https: 'Enter a URL that starts with https://',
	site_not_a_url: 'Enter the URL of your site as in the browser’s address bar',
	site_has_credentials: 'Enter the URL of your site without a user name or password',
	site_host_not_public: 'Enter the full name of your site, not an IP address or a local name',
	email_missing: 'Enter the email address of the mailbox',
	email_too_long: 'Enter a shorter email address',
	email_not_an_address: 'Enter a full email address',
	site_not_registered:
		'This site is not registered with this helper. Check the spelling, or ask whoever runs the site to have it registered',
	mailbox_not_allowed:
		'This site does not take mailboxes of this domain. Check the spelling, or ask whoever runs the site',
};

export function explainFieldFault(fault: FieldFault): string {
	return SENTENCES[fault];
}
