// What an operator should know about the mail domains of a site that was just registered. It is in nobody's
// way: a look-up that fails says nothing, and a domain can come to Microsoft any day.

import { parseMailDomain } from '../../domain/mailbox-address.ts';
import { warningOnMailDomain } from '../../problems/mail-domain-notes.ts';
import { homeOfMailDomain, type LookUpContext } from './look-up-mail-domain.ts';

/** With a tenant of its own the site does not depend on who owns its domains. */
export async function warningsOnMailDomains(
	context: LookUpContext,
	domains: readonly string[],
	tenants: readonly string[],
): Promise<string[]> {
	if (tenants.length > 0) return [];
	const warnings = await Promise.all(
		domains.map(async (text) => {
			const domain = parseMailDomain(text);
			return domain && warningOnMailDomain(domain, await homeOfMailDomain(context, domain));
		}),
	);
	return warnings.filter((warning) => warning !== undefined);
}
