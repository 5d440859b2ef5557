// What disabling or removing a site ends, and the removal: its tokens are destroyed and the site is forgotten, all but the
// audit trail.

import { OperatorError } from '../../domain/operator-error.ts';
import type { SiteUrl } from '../../domain/site-url.ts';
import type { Services } from '../app/services.ts';
import { showSite, type ManageSitesContext } from './manage-sites.ts';
import type { SiteUse } from './removal-store.ts';

export type EndSiteContext = ManageSitesContext & Pick<Services, 'removals'>;

const WEEK_MS = 7 * 86_400_000;

/** Throws `OperatorError` where the site cannot be disabled, or removed, anyway. */
export async function useOfSite(
	context: EndSiteContext,
	text: string,
	before: 'disabling' | 'removing',
): Promise<SiteUse & { site: SiteUrl }> {
	const { id, url, disabledAt } = await showSite(context, text);
	const isDisabled = disabledAt !== undefined;
	if (before === 'disabling' && isDisabled) throw new OperatorError(`${url} is disabled.`);
	if (before === 'removing' && !isDisabled) throw notDisabled(url);
	const since = new Date(context.now().getTime() - WEEK_MS);
	return { site: url, ...(await context.removals.countUse(id, since)) };
}

/** A removal that was begun since the site was disabled, and did not end: how many identifiers it revoked. */
export async function findBegunRemoval(
	context: EndSiteContext,
	text: string,
): Promise<{ revoked: number } | undefined> {
	const { id, disabledAt } = await showSite(context, text);
	return disabledAt && context.removals.findBegun(id, disabledAt);
}

export type SiteRemoval = {
	/** Told after each batch. */
	onRevoked?: (revoked: number) => void;
	/** Ends it after a batch: the site stays disabled, and the next removal goes on. */
	signal?: AbortSignal;
};

/** Throws `OperatorError`. */
export async function removeSite(
	context: EndSiteContext,
	text: string,
	{ onRevoked, signal }: SiteRemoval = {},
): Promise<{ site: SiteUrl; revoked: number; droppedEvents: number }> {
	const { url } = await showSite(context, text);
	const ended = { site: url, revoked: 0, droppedEvents: 0 };
	for await (const { revoked, droppedEvents, isSiteGone } of context.removals.remove(url)) {
		ended.revoked += revoked.length;
		ended.droppedEvents += droppedEvents;
		onRevoked?.(ended.revoked);
		if (isSiteGone) return ended;
		if (signal?.aborted) throw new OperatorError('Stopped.');
	}
	throw notDisabled(url);
}

function notDisabled(url: SiteUrl): OperatorError {
	return new OperatorError(
		`${url} is not disabled, and only a disabled site can be removed: mailkey site disable ${url}.`,
	);
}
