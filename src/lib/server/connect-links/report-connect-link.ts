// What became of a connect link, for the site that made it; and its end before it was used.

import { isConnectLinkId, type ConnectLinkStatus } from '../../domain/connect-link.ts';
import { formatIdentifier } from '../../domain/identifier.ts';
import { Problem } from '../../domain/problem.ts';
import type { SignInProblem } from '../../domain/sign-in.ts';
import type { Services } from '../app/services.ts';
import { RETURN_LIMIT_MS } from '../durations.ts';
import type { ConnectLinkReport } from './connect-link-store.ts';
import { endLink } from './end-link.ts';

export type ConnectLinkContext = Pick<Services, 'now' | 'connectLinks'>;

export type ConnectLinkState = {
	id: string;
	site: string;
	status: ConnectLinkStatus;
	email: string | undefined;
	expires_at: string;
	identifier: string | undefined;
	/** In codes. */
	problem: SignInProblem | undefined;
};

/** Throws `Problem` `unknown_link`, also for another site's. */
export async function findConnectLink(
	{ now, connectLinks }: ConnectLinkContext,
	siteId: number,
	id: string,
): Promise<ConnectLinkReport> {
	const returningAfter = new Date(now().getTime() - RETURN_LIMIT_MS);
	const link = isConnectLinkId(id)
		? await connectLinks.findOfSite(siteId, id, returningAfter)
		: undefined;
	if (link === undefined) throw new Problem('unknown_link');
	return link;
}

/** Throws `Problem` `unknown_link`. */
export async function reportConnectLink(
	context: ConnectLinkContext,
	siteId: number,
	id: string,
): Promise<ConnectLinkState> {
	const link = await findConnectLink(context, siteId, id);
	const status = statusOf(link, context.now());
	return {
		id,
		site: link.site,
		status,
		email: link.email,
		expires_at: link.expiresAt.toISOString(),
		identifier: link.token && formatIdentifier(link.token),
		problem: status === 'completed' ? undefined : link.problem,
	};
}

/** One that had expired by the time of a return is open until that is over: its person began in time. */
function statusOf(link: ConnectLinkReport, now: Date): ConnectLinkStatus {
	if (link.ended !== undefined) return link.ended;
	if (link.isReturning) return 'returning';
	return link.expiresAt <= now ? 'expired' : 'open';
}

/** What is under way by it ends too. Throws `Problem`: `unknown_link`, `link_completed`. */
export async function cancelConnectLink(
	context: ConnectLinkContext & Pick<Services, 'signIns'>,
	siteId: number,
	id: string,
): Promise<void> {
	await findConnectLink(context, siteId, id);
	await endLink(context, siteId, id, 'by_site');
	// Completed before, or in this very moment.
	const { ended } = await findConnectLink(context, siteId, id);
	if (ended === 'completed') throw new Problem('link_completed');
}
