// Registers an application site and makes its key. The key is returned once; only its SHA-256 is kept.

import { parseMailDomain, type MailDomain } from '../../domain/mailbox-address.ts';
import { OperatorError } from '../../domain/operator-error.ts';
import { parseSiteUrl, type SiteUrl } from '../../domain/site-url.ts';
import { explainFieldFault } from '../../problems/field-faults.ts';
import { PAGE_WORDS } from '../../words/all-page-words.ts';
import { makeSiteKey } from './site-key.ts';
import { isGuid } from '../microsoft/metadata.ts';
import type { Services } from '../app/services.ts';

export type RegisterSiteContext = Pick<Services, 'now' | 'randomBytes' | 'sites'>;

export type SiteRegistration = {
	url: string;
	name: string;
	mailDomains: readonly string[];
	tenants: readonly string[];
	anyMailbox: boolean;
};

/** Throws `OperatorError`. */
export async function registerSite(
	context: RegisterSiteContext,
	registration: SiteRegistration,
): Promise<{ site: SiteUrl; id: number; key: string }> {
	const site = parseRegistration(registration);
	const { key, keySha256 } = makeSiteKey(context.randomBytes);
	const id = await context.sites.add({ ...site, keySha256, createdAt: context.now() });
	if (id === undefined) {
		throw new OperatorError(
			`The site ${site.url} is registered already. If its key is lost, make another: mailkey site rotate-key ${site.url}.`,
		);
	}
	return { site: site.url, id, key };
}

/** What speaks against it, before anything is written; one sentence each. */
export function faultsOfRegistration(registration: SiteRegistration): readonly string[] {
	try {
		parseRegistration(registration);
		return [];
	} catch (error) {
		if (error instanceof OperatorError) return error.sentences;
		throw error;
	}
}

/** A site without any bound could have a stranger consent, and receive the stranger's token. */
function parseRegistration({ url, name, mailDomains, tenants, anyMailbox }: SiteRegistration) {
	const faults: string[] = [];
	const site = parseSiteUrl(url);
	if (!site.ok)
		faults.push(`${url} cannot be registered. ${explainFieldFault(site.fault, PAGE_WORDS.en)}.`);
	if (name.trim() === '') faults.push('The name is missing: --name "EQuIS of My Company".');
	const domains = mailDomains.map((domain) => parseDomain(domain, faults));
	const tenantIds = tenants.map((tenant) => tenant.trim().toLowerCase());
	for (const tenant of tenantIds.filter((id) => !isGuid(id))) {
		faults.push(`--tenant ${tenant} is not a tenant id (a GUID).`);
	}
	if (domains.length === 0 && tenantIds.length === 0 && !anyMailbox) {
		faults.push(
			'Say whose mailboxes the site may use: --mail-domain mycompany.com, --tenant <tenant id>, or --any-mailbox.',
		);
	}
	if (faults.length > 0 || !site.ok) throw new OperatorError(faults);
	return {
		url: site.value,
		name: name.trim(),
		mailDomains: domains.filter((domain) => domain !== undefined),
		tenants: tenantIds,
		anyMailbox,
	};
}

function parseDomain(text: string, faults: string[]): MailDomain | undefined {
	const domain = parseMailDomain(text);
	if (domain === undefined) faults.push(`--mail-domain ${text} is not a mail domain.`);
	return domain;
}
