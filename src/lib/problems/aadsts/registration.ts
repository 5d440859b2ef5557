// Microsoft's numbers about this helper: its app registration, its credential, what it asked for. They
// hit every site at once and only the operator can act, so the words say that it is not the visitor.

import { said } from '../say.ts';
import type { AadstsEntry } from './entry.ts';

export const REGISTRATION: readonly AadstsEntry[] = [
	{ numbers: [700016, 700011], words: said('operator', 'application_unknown') },
	{ numbers: [650056, 65005, 650057], words: said('operator', 'mail_rights_not_registered') },
	{ numbers: [650054], words: said('operator', 'right_removed_by_microsoft') },
	{
		numbers: [70011, 28002, 28003, 700022, 700023],
		words: said('operator', 'requested_rights_not_accepted'),
	},
	{ numbers: [9002332, 9001023, 90130, 9002331], words: said('operator', 'wrong_tenant_setting') },
	{ numbers: [50194], words: said('operator', 'application_of_one_organisation') },
	{ numbers: [90038, 900382, 900432], words: said('operator', 'mailbox_in_other_cloud') },
	{
		numbers: [50011, 500112, 900971, 70004],
		words: said('operator', 'page_address_not_registered'),
	},
	{ numbers: [9002325, 9002326, 9002327], words: said('operator', 'registered_as_wrong_platform') },
	{ numbers: [700084], words: said('operator', 'sign_in_ended_after_one_day') },
	{ numbers: [7000222], words: said('operator', 'client_secret_expired') },
	{ numbers: [700024], words: said('operator', 'clock_of_server_wrong') },
	{
		numbers: [7000215, 7000218, 700025, 700027, 700021, 700030, 50012, 50027, 70002],
		words: said('operator', 'client_credential_refused'),
	},
	{ numbers: [501481, 50147, 501491], words: said('operator', 'code_verifier_differs') },
	{ numbers: [700005], words: said('operator', 'authority_changed') },
	{ numbers: [700054, 70005, 70007], words: said('operator', 'response_type_not_allowed') },
	{
		// 90005: a login hint beside something that it must not be combined with.
		numbers: [90015, 90014, 900144, 9002313, 90005],
		words: said('operator', 'request_not_readable'),
	},
];
