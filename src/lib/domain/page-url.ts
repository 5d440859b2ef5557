// A page of a site, as it is copied from an address bar. Apart from `site-url.ts`, which the page needs at its start.

import type { Parsed } from './parsed.ts';
import { parseSiteUrl, type SiteUrl, type SiteUrlFault } from './site-url.ts';

/** Of a page of the site, to find the site by: in an address bar `http` may stand where the site is `https`. */
export function parsePageUrl(input: unknown): Parsed<SiteUrl, SiteUrlFault> {
	return parseSiteUrl(typeof input === 'string' ? input.replace(/^\s*http:/i, 'https:') : input);
}
