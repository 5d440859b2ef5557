// Whose mailboxes a site may use, as typed. A site without any bound could have a stranger consent, and receive the
// stranger's token.

import { parseMailDomain, type MailDomain } from '../../domain/mailbox-address.ts';
import { isGuid } from '../microsoft/metadata.ts';

export const WITHOUT_BOUNDS =
	'Say whose mailboxes the site may use: --mail-domain mycompany.com, --tenant <tenant id>, or --any-mailbox.';

/** `option` is the option that they came with. */
export function parseMailDomains(
	texts: readonly string[],
	option: string,
	faults: string[],
): MailDomain[] {
	return texts
		.map((text) => {
			const domain = parseMailDomain(text);
			if (domain === undefined) faults.push(`${option} ${text} is not a mail domain.`);
			return domain;
		})
		.filter((domain) => domain !== undefined);
}

export function parseTenants(
	texts: readonly string[],
	option: string,
	faults: string[],
): readonly string[] {
	const tenants = texts.map((tenant) => tenant.trim().toLowerCase());
	for (const tenant of tenants.filter((id) => !isGuid(id))) {
		faults.push(`${option} ${tenant} is not a tenant id (a GUID).`);
	}
	return tenants;
}
