// Why what was entered in a field cannot be used.

import type { MailboxAddressFault } from './mailbox-address.ts';
import type { SiteUrlFault } from './site-url.ts';

/** The parsers see the first two, and the server alone the others. */
export type FieldFault =
	SiteUrlFault | MailboxAddressFault | 'site_not_registered' | 'mailbox_not_allowed';

export type FieldFaults = { site?: FieldFault; email?: FieldFault };
