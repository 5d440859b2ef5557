// The URL of an application site, in the one form in which sites are registered and compared:
// https, host (lower case, A-labels), optional port and path; no trailing slash, query or fragment.
// The browser and the server use this same parser, so what the page accepts the server accepts.

import { isPublicHostName, parseHostName } from './host-name.ts';
import type { Parsed } from './parsed.ts';
import { isPlainText } from './plain-text.ts';

export type SiteUrl = string & { readonly __brand: 'SiteUrl' };

export type SiteUrlFault =
	| 'site_missing'
	| 'site_too_long'
	| 'site_is_email'
	| 'site_not_https'
	| 'site_not_a_url'
	| 'site_has_credentials'
	| 'site_host_not_public';

/** Longer than any real site address, short enough that parsing hostile input costs nothing. */
const MAX_LENGTH = 500;

/**
 * Forgives what people do: blanks around it, no `https://`, capitals in the host, a trailing slash,
 * and the query or fragment of a page copied from the address bar.
 */
export function parseSiteUrl(input: unknown): Parsed<SiteUrl, SiteUrlFault> {
	if (typeof input !== 'string') return { ok: false, fault: 'site_missing' };
	const text = input.trim();
	if (text === '') return { ok: false, fault: 'site_missing' };
	if (text.length > MAX_LENGTH) return { ok: false, fault: 'site_too_long' };
	if (!isPlainText(text) || /[\\<>"`{}|^]/.test(text))
		return { ok: false, fault: 'site_not_a_url' };
	const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
	if (scheme !== undefined && scheme !== 'https') return { ok: false, fault: 'site_not_https' };
	const withScheme = scheme === undefined ? `https://${text.replace(/^\/\//, '')}` : text;
	if (!URL.canParse(withScheme)) return { ok: false, fault: 'site_not_a_url' };
	const parsed = parseUrl(
		new URL(withScheme),
		scheme === undefined ? 'without scheme' : 'with scheme',
	);
	if (!parsed.ok || parseHostName(typedHost(withScheme)) === new URL(parsed.value).hostname) {
		return parsed;
	}
	return { ok: false, fault: 'site_not_a_url' };
}

/** As it was typed, before any URL parser turned it into another one. */
function typedHost(url: string): string {
	const authority = /^https:\/+([^/?#]*)/i.exec(url)?.[1] ?? '';
	return authority
		.replace(/^@/, '')
		.replace(/:[0-9]*$/, '')
		.replace(/\.$/, '');
}

function parseUrl(
	url: URL,
	typed: 'with scheme' | 'without scheme',
): Parsed<SiteUrl, SiteUrlFault> {
	if (url.username !== '' || url.password !== '') {
		const looksLikeEmail = typed === 'without scheme' && url.password === '';
		return { ok: false, fault: looksLikeEmail ? 'site_is_email' : 'site_has_credentials' };
	}
	const host = url.hostname.replace(/\.$/, '');
	if (!isPublicHostName(host)) return { ok: false, fault: 'site_host_not_public' };
	const port = url.port === '' ? '' : `:${url.port}`;
	const path = url.pathname.replace(/(?<!\/)\/+$/, '');
	const value = `https://${host}${port}${path}`;
	// Letters beyond ASCII become longer; what is handed out must be taken again.
	if (value.length > MAX_LENGTH) return { ok: false, fault: 'site_too_long' };
	return { ok: true, value: value as SiteUrl };
}
