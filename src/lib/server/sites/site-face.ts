// Which registered site somebody means who entered a URL, and what the page shows of it. That tells what a start would tell, so
// it is limited as starts are; what was entered rightly costs nothing.

import type { Logo } from '../../domain/logo.ts';
import { parsePageUrl } from '../../domain/page-url.ts';
import type { FoundSite } from '../../domain/site-face.ts';
import { parseSiteUrl } from '../../domain/site-url.ts';
import type { Services } from '../app/services.ts';
import type { RequestLimits } from '../limits/limit-requests.ts';

export type SiteFaceContext = Pick<Services, 'sites'> & {
	limits: Pick<RequestLimits, 'byAddress' | 'byPolls' | 'release'>;
};

/** Throws `Problem`: `too_many_requests`, `temporarily_unavailable`. */
export async function findEnteredSite(
	{ sites, limits }: SiteFaceContext,
	entered: string,
): Promise<FoundSite> {
	const page = parsePageUrl(entered);
	if (!page.ok) return { kind: 'unknown' };
	limits.byPolls();
	await limits.byAddress('site');
	const face = await sites.findFace(page.value);
	if (face && parseSiteUrl(entered).ok) {
		await limits.release('site');
		return { kind: 'registered', face };
	}
	// With http, as an address bar may have it.
	if (face) return { kind: 'same_host', url: face.url, name: face.name };
	const [first, ...others] = await sites.listByHost(new URL(page.value).hostname);
	if (first === undefined || others.length > 0) return { kind: 'unknown' };
	return { kind: 'same_host', ...first };
}

/** 32 bytes in base64url. */
const DIGEST = /^[A-Za-z0-9_-]{43}$/;

/** By what nobody guesses, so it is counted with the polls. Throws as above. */
export async function findSiteLogo(
	{ sites, limits }: SiteFaceContext,
	digest: string,
): Promise<Logo | undefined> {
	if (!DIGEST.test(digest)) return undefined;
	limits.byPolls();
	return sites.findLogo(digest);
}
