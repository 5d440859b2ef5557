// What the operator does with registered sites.

import { OperatorError } from '../../domain/operator-error.ts';
import { parseSiteUrl, type SiteUrl } from '../../domain/site-url.ts';
import { explainFieldFault } from '../../problems/field-faults.ts';
import { PAGE_WORDS } from '../../words/all-page-words.ts';
import type { RegisteredSite, SiteStore } from './site-store.ts';
import { makeSiteKey } from './site-key.ts';
import type { Services } from '../app/services.ts';

export type ManageSitesContext = Pick<Services, 'now' | 'randomBytes' | 'sites'>;

/** Throws `OperatorError`. */
export async function showSite(
	{ sites }: Pick<Services, 'sites'>,
	text: string,
): Promise<RegisteredSite> {
	const url = siteUrl(text);
	const [site] = await sites.list(url);
	if (site === undefined) throw notRegistered(url);
	return site;
}

/** Its keys stop working and no sign-in can start; the stored tokens stay. Throws `OperatorError`. */
export async function disableSite(
	{ sites, now }: ManageSitesContext,
	text: string,
): Promise<SiteUrl> {
	const url = siteUrl(text);
	if ((await sites.disable(url, now())) === undefined) throw await notActive(sites, url);
	return url;
}

/** Its keys work again, and people can sign in for it. Throws `OperatorError`. */
export async function enableSite(context: ManageSitesContext, text: string): Promise<SiteUrl> {
	const { url } = await showSite(context, text);
	if ((await context.sites.enable(url)) === undefined)
		throw new OperatorError(`${url} is not disabled.`);
	return url;
}

/** A new key; the old ones work for `graceMs` more. Throws `OperatorError`. */
export async function rotateSiteKey(
	{ sites, now, randomBytes }: ManageSitesContext,
	text: string,
	graceMs: number,
): Promise<{ site: SiteUrl; key: string; oldKeysEndAt: Date }> {
	const url = siteUrl(text);
	const { key, keySha256 } = makeSiteKey(randomBytes);
	const at = now();
	const oldKeysEndAt = new Date(at.getTime() + graceMs);
	const siteId = await sites.addKey(url, { keySha256, now: at, othersEndAt: oldKeysEndAt });
	if (siteId === undefined) throw await notActive(sites, url);
	return { site: url, key, oldKeysEndAt };
}

function siteUrl(text: string): SiteUrl {
	const parsed = parseSiteUrl(text);
	if (parsed.ok) return parsed.value;
	throw new OperatorError(`${text} is no site. ${explainFieldFault(parsed.fault, PAGE_WORDS.en)}.`);
}

export function notRegistered(url: SiteUrl): OperatorError {
	return new OperatorError(`${url} is not registered: see "mailkey site list".`);
}

async function notActive(sites: SiteStore, url: SiteUrl): Promise<OperatorError> {
	const [site] = await sites.list(url);
	return site ? new OperatorError(`${url} is disabled.`) : notRegistered(url);
}
