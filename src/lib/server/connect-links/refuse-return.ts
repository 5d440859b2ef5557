// May a sign-in still end at the site of its link? Asked at each step back, as the operator may have disabled the site or
// taken its return URL back since the link was made.

import type { Services } from '../app/services.ts';

export type ReturnRefusal = 'site_not_registered' | 'link_ended';

/** Undefined where it may. */
export async function refuseReturn(
	{ sites }: { sites: Pick<Services['sites'], 'findById' | 'hasReturnUrl'> },
	siteId: number,
	returnUrl: string | undefined,
): Promise<ReturnRefusal | undefined> {
	if ((await sites.findById(siteId)) === undefined) return 'site_not_registered';
	const isRegistered = returnUrl !== undefined && (await sites.hasReturnUrl(siteId, returnUrl));
	return isRegistered ? undefined : 'link_ended';
}
