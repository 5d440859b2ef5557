// What is wrong with the helper's own credential, by Microsoft's number: for the operator's log, and for `mailkey doctor`.

import { numberOfReference } from '../../domain/aadsts.ts';
import type { ProblemReference } from '../../domain/problem.ts';

const OTHER_CERTIFICATE =
	'its certificate is not the one that is registered. Upload the certificate of MICROSOFT_CLIENT_CERTIFICATE under App registrations > Certificates & secrets.';

const FAULTS: ReadonlyMap<number, string> = new Map([
	[
		7000222,
		'its client secret has expired. Make a new one under App registrations > Certificates & secrets and set MICROSOFT_CLIENT_SECRET, or use MICROSOFT_CLIENT_CERTIFICATE.',
	],
	[
		7000215,
		'its client secret has the wrong value. Set MICROSOFT_CLIENT_SECRET to the value of the secret, not to its ID.',
	],
	[
		7000218,
		'its request held no client secret and no certificate. Set MICROSOFT_CLIENT_CERTIFICATE or MICROSOFT_CLIENT_SECRET, and let no proxy change requests to Microsoft.',
	],
	[
		700025,
		'it is registered as a public client. Under App registrations > Authentication, "Allow public client flows" must be No.',
	],
	[
		700024,
		'the clock is wrong by which it dates what it signs with its certificate: that of its database. Set the clock there by NTP.',
	],
	[700027, OTHER_CERTIFICATE],
	[700021, OTHER_CERTIFICATE],
	[700030, OTHER_CERTIFICATE],
	[50012, OTHER_CERTIFICATE],
	[50027, OTHER_CERTIFICATE],
]);

const CERTIFICATE_FILE =
	'its client certificate cannot be used. Check the file that MICROSOFT_CLIENT_CERTIFICATE names.';

const NOT_ACCEPTED =
	'its client secret or certificate is not accepted. Check MICROSOFT_CLIENT_CERTIFICATE or MICROSOFT_CLIENT_SECRET, and whether it has expired.';

/** What is wrong, as the rest of a sentence, and what to do. Without any code Microsoft was not even asked. */
export function credentialFault({ code }: ProblemReference): string {
	if (code === undefined) return CERTIFICATE_FILE;
	return FAULTS.get(numberOfReference(code) ?? 0) ?? NOT_ACCEPTED;
}
