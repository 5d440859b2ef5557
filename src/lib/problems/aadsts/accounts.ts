// Microsoft's numbers about the account that signed in: unknown, the wrong one, locked, or without a
// password; and about the organisation that an address points to.

import { said } from '../say.ts';
import type { AadstsEntry } from './entry.ts';

export const ACCOUNTS: readonly AadstsEntry[] = [
	{ numbers: [50020, 16000, 90072], words: said('visitor', 'other_organisation') },
	{ numbers: [50034, 51004], words: said('visitor', 'unknown_account') },
	{ numbers: [500208], words: said('visitor', 'kind_of_account') },
	{ numbers: [50126], words: said('visitor', 'wrong_password') },
	{ numbers: [50053], words: said('visitor', 'account_locked') },
	{ numbers: [50055, 50144], words: said('visitor', 'password_expired') },
	{ numbers: [50056], words: said('visitor', 'password_missing') },
	{ numbers: [50057], words: said('microsoft_365_administrator', 'account_disabled') },
	{ numbers: [50059, 50128, 90019], words: said('visitor', 'organisation_not_found') },
	{ numbers: [90002, 900023], words: said('visitor', 'organisation_unknown') },
];
