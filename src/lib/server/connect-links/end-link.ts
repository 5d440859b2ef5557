// How a connect link ends before it is completed: for good, and with whatever is under way by it.

import type { Services } from '../app/services.ts';
import type { CancelReason } from './connect-link-store.ts';

export type EndLinkContext = Pick<Services, 'now' | 'connectLinks' | 'signIns'>;

/** Changes nothing about one that is completed, or has ended already. */
export async function endLink(
	{ now, connectLinks, signIns }: EndLinkContext,
	siteId: number,
	id: string,
	reason: CancelReason,
): Promise<void> {
	await connectLinks.cancel(siteId, id, { now: now(), reason });
	await signIns.endOfLink(id);
}

/** A return URL that is taken away from a site ends the links that name it, as it may be added again. */
export async function endLinksOfReturnUrls(
	context: EndLinkContext,
	siteId: number,
	returnUrls: readonly string[],
): Promise<void> {
	if (returnUrls.length === 0) return;
	for (const id of await context.connectLinks.listByReturnUrls(siteId, returnUrls)) {
		await endLink(context, siteId, id, 'return_url_removed');
	}
}
