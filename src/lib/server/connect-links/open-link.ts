// A link as somebody opens it: which site and mailbox it fixes, and whether a sign-in can begin by it. One that is
// unknown and one that has ended are told alike.

import { parseMailboxAddress } from '../../domain/mailbox-address.ts';
import { Problem } from '../../domain/problem.ts';
import type { Services } from '../app/services.ts';
import type { RequestLimits } from '../limits/limit-requests.ts';
import type { Site } from '../sites/site-store.ts';
import { takesMailbox } from '../sites/takes-mailbox.ts';
import type { ConnectLink } from './connect-link-store.ts';
import { linkSecretHashOf } from './link-secret.ts';

export type OpenLinkContext = Pick<
	Services,
	'now' | 'connectLinks' | 'renewals' | 'renewalLinks' | 'sites'
>;

export type OpenedLink = {
	site: Site;
	/** Undefined where the link leaves it to the person. */
	email: string | undefined;
	/** Its person goes back to the site. */
	returns: boolean;
	by: { connectLinkId: string } | { renewsTokenId: number };
};

/** Throws `Problem` `link_ended`. */
export async function openLink(context: OpenLinkContext, opaque: unknown): Promise<OpenedLink> {
	const opaqueSha256 = linkSecretHashOf(opaque);
	if (opaqueSha256 !== undefined) {
		return openConnectLink(context, await context.connectLinks.findByOpaque(opaqueSha256));
	}
	const number = typeof opaque === 'string' ? context.renewalLinks.numberOf(opaque) : undefined;
	if (number === undefined) throw new Problem('link_ended');
	return openRenewalLink(context, number);
}

/** Throws `Problem` `link_ended`. */
export async function openConnectLink(
	context: OpenLinkContext,
	link: ConnectLink | undefined,
): Promise<OpenedLink> {
	const { now, sites } = context;
	const isOpen = link !== undefined && link.ended === undefined && link.expiresAt > now();
	const site = isOpen ? await sites.findById(link.siteId) : undefined;
	if (!isOpen || site === undefined) throw new Problem('link_ended');
	const { id, email, returnUrl } = link;
	// What the operator took back since the link was made.
	const isMailboxTaken = email === undefined || isTaken(site, email);
	const mayReturn = returnUrl === undefined || (await sites.hasReturnUrl(site.id, returnUrl));
	if (!isMailboxTaken || !mayReturn) throw new Problem('link_ended');
	return { site, email, returns: returnUrl !== undefined, by: { connectLinkId: id } };
}

/** Throws `Problem` `link_ended`. */
export async function openRenewalLink(
	{ renewals, sites }: OpenLinkContext,
	number: number,
): Promise<OpenedLink> {
	const token = await renewals.find(number);
	const site = token && (await sites.findById(token.siteId));
	if (token === undefined || site === undefined) throw new Problem('link_ended');
	return { site, email: token.mailbox, returns: false, by: { renewsTokenId: number } };
}

function isTaken(site: Site, email: string): boolean {
	const mailbox = parseMailboxAddress(email);
	return mailbox.ok && takesMailbox(site, mailbox.value);
}

export type ShownLink = {
	site: string;
	email: string | undefined;
	leavesEmailOpen: boolean;
	returns: boolean;
};

/** For the page that the link opens. Throws `Problem`: `link_ended`, `too_many_requests`. */
export async function showLink(
	context: OpenLinkContext & { limits: Pick<RequestLimits, 'byPolls'> },
	opaque: string,
): Promise<ShownLink> {
	context.limits.byPolls();
	const { site, email, returns } = await openLink(context, opaque);
	return { site: site.url, email, returns, leavesEmailOpen: email === undefined };
}
