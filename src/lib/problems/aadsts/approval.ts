// Microsoft's numbers about permission: given, declined, withdrawn, or not for this account.

import { said } from '../say.ts';
import type { AadstsEntry } from './entry.ts';

/** Also what is said when approval is needed and Microsoft gave no number. */
export const approvalNeeded = said('microsoft_365_administrator', 'approval_needed');

export const APPROVAL: readonly AadstsEntry[] = [
	{ numbers: [65004], words: said('visitor', 'declined') },
	{ numbers: [65001], words: said('visitor', 'permission_not_given') },
	{ numbers: [90094], words: approvalNeeded },
	{ numbers: [90095], words: said('microsoft_365_administrator', 'approval_requested') },
	{ numbers: [90008], words: said('microsoft_365_administrator', 'sign_in_not_approved') },
	{ numbers: [650052, 500011], words: said('microsoft_365_administrator', 'no_mail_service') },
	{ numbers: [500014], words: said('microsoft_365_administrator', 'mail_service_off') },
	{ numbers: [7000229], words: said('microsoft_365_administrator', 'application_removed') },
	{ numbers: [650051], words: said('microsoft_365_administrator', 'application_not_added') },
	{ numbers: [50105], words: said('microsoft_365_administrator', 'account_not_assigned') },
	{ numbers: [7000112, 70001], words: said('microsoft_365_administrator', 'application_off') },
	{ numbers: [1000031], words: said('microsoft_365_administrator', 'application_unavailable') },
];
