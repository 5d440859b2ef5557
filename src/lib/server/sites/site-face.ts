// What the page shows of a registered site that a link names, or somebody has filled in. Which sites are registered is told
// to nobody without end: the look-ups are guarded (`app/guarded-services.ts`) and counted with the polls.

import type { Logo } from '../../domain/logo.ts';
import type { SiteFace } from '../../domain/site-face.ts';
import { parseSiteUrl } from '../../domain/site-url.ts';
import type { Services } from '../app/services.ts';
import type { RequestLimits } from '../limits/limit-requests.ts';

export type SiteFaceContext = Pick<Services, 'sites'> & { limits: Pick<RequestLimits, 'byPolls'> };

/** Undefined for what is no registered site. Throws `Problem`: `too_many_requests`, `temporarily_unavailable`. */
export async function findSiteFace(
	{ sites, limits }: SiteFaceContext,
	text: string,
): Promise<SiteFace | undefined> {
	const site = parseSiteUrl(text);
	if (!site.ok) return undefined;
	limits.byPolls();
	return sites.findFace(site.value);
}

/** 32 bytes in base64url. */
const DIGEST = /^[A-Za-z0-9_-]{43}$/;

/** Throws as above. */
export async function findSiteLogo(
	{ sites, limits }: SiteFaceContext,
	digest: string,
): Promise<Logo | undefined> {
	if (!DIGEST.test(digest)) return undefined;
	limits.byPolls();
	return sites.findLogo(digest);
}
