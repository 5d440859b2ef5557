// What an operator should know about the mail domains of sites that were just registered. It is in nobody's
// way: a look-up that fails says nothing, and a domain can come to Microsoft any day.

import { parseMailDomain, type MailDomain } from '../../domain/mailbox-address.ts';
import type { MailDomainHome } from '../../domain/mail-domain-home.ts';
import { warningOnMailDomains } from '../../problems/mail-domain-notes.ts';
import { homeOfMailDomain, type LookUpContext } from './look-up-mail-domain.ts';

/** Of hundreds of domains: as many are asked about at a time. */
const LOOK_UPS_AT_A_TIME = 16;

/** One for each kind. With a tenant of its own a site does not depend on who owns its domains. */
export async function warningsOnMailDomains(
	context: LookUpContext,
	domains: readonly string[],
	tenants: readonly string[],
): Promise<string[]> {
	if (tenants.length > 0) return [];
	const parsed = domains.map(parseMailDomain).filter((domain) => domain !== undefined);
	const kinds = new Map<string, { home: MailDomainHome; domains: MailDomain[] }>();
	for (const [domain, home] of await homesOf(context, [...new Set(parsed)])) {
		const kind = kinds.get(JSON.stringify(home)) ?? { home, domains: [] };
		kind.domains.push(domain);
		kinds.set(JSON.stringify(home), kind);
	}
	return [...kinds.values()]
		.map((kind) => warningOnMailDomains(kind.domains, kind.home))
		.filter((warning) => warning !== undefined);
}

async function homesOf(context: LookUpContext, domains: readonly MailDomain[]) {
	const homes: [MailDomain, MailDomainHome][] = [];
	for (let at = 0; at < domains.length; at += LOOK_UPS_AT_A_TIME) {
		const some = domains.slice(at, at + LOOK_UPS_AT_A_TIME);
		const found = some.map(
			async (domain) => [domain, await homeOfMailDomain(context, domain)] as const,
		);
		for (const [domain, home] of await Promise.all(found)) homes.push([domain, home]);
	}
	return homes;
}
