// `site change`: only what the operator names is changed.

import { OperatorError } from '../../domain/operator-error.ts';
import { parseYesOrNo } from '../../domain/yes-or-no.ts';
import { endLinksOfReturnUrls, type EndLinkContext } from '../connect-links/end-link.ts';
import { parseWebhookOption, setWebhook, type SetWebhookContext } from '../events/set-webhook.ts';
import type { RegisteredSite } from './site-store.ts';
import { parseMailDomains, parseTenants } from './site-bounds.ts';
import { notRegistered, showSite, type ManageSitesContext } from './manage-sites.ts';
import { parseName, parseSiteOptions, type SiteOptions } from './site-options.ts';

/** As typed. */
export type SiteChangeOptions = SiteOptions & {
	name?: string | undefined;
	anyMailbox?: string | undefined;
	webhookUrl?: string | undefined;
	addMailDomains: readonly string[];
	removeMailDomains: readonly string[];
	addTenants: readonly string[];
	removeTenants: readonly string[];
};

/** The site as it is then. Throws `OperatorError`. */
export async function changeSite(
	context: ManageSitesContext & SetWebhookContext & EndLinkContext,
	url: string,
	options: SiteChangeOptions,
): Promise<RegisteredSite & { webhookSecret: string | undefined }> {
	const site = await showSite(context, url);
	const faults: string[] = [];
	const change = parseChange(site, options, faults);
	const wish = parseWebhookOption(context, options.webhookUrl, faults);
	if (faults.length > 0) throw new OperatorError(faults);
	const { outcome } = await context.sites.change(site.url, change);
	if (outcome === 'unknown') throw notRegistered(site.url);
	if (outcome === 'unbound') {
		throw new OperatorError(
			`${site.url} would be left without mail domain, tenant and --any-mailbox yes, so that nothing says whose mailboxes it may use; nothing was changed.`,
		);
	}
	await endLinksOfReturnUrls(context, site.id, change.details.removeReturnUrls ?? []);
	const webhookSecret = await setWebhook(context, site.id, { before: site.webhookUrl, wish });
	return { ...(await showSite(context, site.url)), webhookSecret };
}

function parseChange(site: RegisteredSite, options: SiteChangeOptions, faults: string[]) {
	const addMailDomains = parseMailDomains(options.addMailDomains, '--add-mail-domain', faults);
	const removed = parseMailDomains(options.removeMailDomains, '--remove-mail-domain', faults);
	const addTenants = parseTenants(options.addTenants, '--add-tenant', faults);
	const removeTenants = parseTenants(options.removeTenants, '--remove-tenant', faults);
	refuseMissing(site.mailDomains, { added: addMailDomains, removed }, 'mail domain', faults);
	refuseMissing(site.tenants, { added: addTenants, removed: removeTenants }, 'tenant', faults);
	const anyMailbox =
		options.anyMailbox === undefined
			? undefined
			: parseYesOrNo('--any-mailbox', options.anyMailbox, faults);
	const details = parseSiteOptions(options, faults);
	const { addReturnUrls: added = [], removeReturnUrls = [] } = details;
	refuseMissing(site.returnUrls, { added, removed: removeReturnUrls }, 'return URL', faults);
	return {
		name: options.name === undefined ? undefined : parseName(options.name, faults),
		anyMailbox,
		...{ addMailDomains, removeMailDomains: removed, addTenants, removeTenants },
		details,
	};
}

/** What is misspelt would go unnoticed, and stay. */
function refuseMissing(
	present: readonly string[],
	{ added, removed }: { added: readonly string[]; removed: readonly string[] },
	what: 'mail domain' | 'tenant' | 'return URL',
	faults: string[],
): void {
	for (const name of removed) {
		if (added.includes(name))
			faults.push(`The ${what} ${name} cannot be added and removed at once.`);
		else if (!present.includes(name)) faults.push(`The site has no ${what} ${name}.`);
	}
}
