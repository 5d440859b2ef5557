// Registers an application site and makes its key. The key is returned once; only its SHA-256 is kept.

import { OperatorError } from '../../domain/operator-error.ts';
import { parseSiteUrl, type SiteUrl } from '../../domain/site-url.ts';
import { explainFieldFault } from '../../problems/field-faults.ts';
import { PAGE_WORDS } from '../../words/all-page-words.ts';
import { parseWebhookOption, setWebhook, type SetWebhookContext } from '../events/set-webhook.ts';
import { parseMailDomains, parseTenants, WITHOUT_BOUNDS } from './site-bounds.ts';
import { makeSiteKey } from './site-key.ts';
import { parseName, parseSiteOptions, type SiteOptions } from './site-options.ts';
import type { Services } from '../app/services.ts';

export type RegisterSiteContext = Pick<Services, 'now' | 'randomBytes' | 'sites'> &
	SetWebhookContext;

export type SiteRegistration = {
	url: string;
	name: string;
	mailDomains: readonly string[];
	tenants: readonly string[];
	anyMailbox: boolean;
	webhookUrl?: string | undefined;
} & SiteOptions;

/** Throws `OperatorError`. */
export async function registerSite(
	context: RegisterSiteContext,
	registration: SiteRegistration,
): Promise<{ site: SiteUrl; id: number; key: string; webhookSecret: string | undefined }> {
	const site = parseRegistration(registration);
	const faults: string[] = [];
	const wish = parseWebhookOption(context, registration.webhookUrl, faults);
	if (faults.length > 0) throw new OperatorError(faults);
	const { key, keySha256 } = makeSiteKey(context.randomBytes);
	const id = await context.sites.add({ ...site, keySha256, createdAt: context.now() });
	if (id === undefined) {
		throw new OperatorError(
			`The site ${site.url} is registered already. If its key is lost, make another: mailkey site rotate-key ${site.url}.`,
		);
	}
	const webhookSecret = await setWebhook(context, id, { before: undefined, wish });
	return { site: site.url, id, key, webhookSecret };
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

function parseRegistration(registration: SiteRegistration) {
	const { url, mailDomains, tenants, anyMailbox } = registration;
	const faults: string[] = [];
	const site = parseSiteUrl(url);
	if (!site.ok)
		faults.push(`${url} cannot be registered. ${explainFieldFault(site.fault, PAGE_WORDS.en)}.`);
	const name = parseName(registration.name, faults);
	const domains = parseMailDomains(mailDomains, '--mail-domain', faults);
	const tenantIds = parseTenants(tenants, '--tenant', faults);
	if (mailDomains.length === 0 && tenantIds.length === 0 && !anyMailbox) {
		faults.push(WITHOUT_BOUNDS);
	}
	const details = parseSiteOptions(registration, faults);
	if (faults.length > 0 || !site.ok) throw new OperatorError(faults);
	return { url: site.value, name, mailDomains: domains, tenants: tenantIds, anyMailbox, details };
}
