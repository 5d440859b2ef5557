// A return URL that is taken away from a site ends the links that name it, for good: it may be added again.

import type { Services } from '../app/services.ts';

export type EndLinksContext = Pick<Services, 'now' | 'connectLinks' | 'signIns'>;

/** What is under way by them ends too. */
export async function endLinksOfReturnUrls(
	{ now, connectLinks, signIns }: EndLinksContext,
	siteId: number,
	returnUrls: readonly string[],
): Promise<void> {
	if (returnUrls.length === 0) return;
	for (const id of await connectLinks.listByReturnUrls(siteId, returnUrls)) {
		await connectLinks.cancel(siteId, id, { now: now(), reason: 'return_url_removed' });
		await signIns.endOfLink(id);
	}
}
