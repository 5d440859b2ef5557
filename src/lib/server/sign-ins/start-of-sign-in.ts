// For which site and mailbox a sign-in begins, and by what: what somebody entered, a link, or the sign-in before, once
// more. Nothing is written here.

import { parseMailboxAddress, type MailboxAddress } from '../../domain/mailbox-address.ts';
import { Problem } from '../../domain/problem.ts';
import { parseSignInId } from '../../domain/sign-in.ts';
import { parseSiteUrl, type SiteUrl } from '../../domain/site-url.ts';
import {
	openConnectLink,
	openLink,
	openRenewalLink,
	type OpenedLink,
	type OpenLinkContext,
} from '../connect-links/open-link.ts';
import type { Services } from '../app/services.ts';
import { findOwnSignIn } from './find-own-sign-in.ts';
import type { RequestLimits } from '../limits/limit-requests.ts';
import type { Session } from '../owners/sessions.ts';
import type { Language } from '../../domain/language.ts';
import type { Site } from '../sites/site-store.ts';
import { takesMailbox } from '../sites/takes-mailbox.ts';

export type StartContext = OpenLinkContext &
	Pick<Services, 'signIns'> & { limits: Pick<RequestLimits, 'byAddress'> };

/** `link` and `again` name the site by themselves; then what is entered counts only where the link leaves it open. */
export type SignInInput = {
	site?: unknown;
	email?: unknown;
	link?: unknown;
	again?: unknown;
	/** In which the visitor reads; of the request and not of its body. */
	language?: Language;
};

export type Start = {
	site: Site;
	mailbox: MailboxAddress;
	/** As entered. */
	email: string;
	by: OpenedLink['by'] | undefined;
};

/**
 * Throws `Problem`: `invalid_input`, `site_not_registered`, `mailbox_not_allowed`, `link_required`, `link_ended`,
 * `unknown_sign_in`, `too_many_requests`.
 */
export async function startOfSignIn(
	context: StartContext,
	session: Session | undefined,
	input: SignInInput,
): Promise<Start> {
	if (input.again !== undefined) return startAgain(context, session, input);
	if (input.link !== undefined) return startByLink(context, input);
	const entered = parseEntered(input);
	// Before the site is looked up: which sites are registered is told to nobody without end.
	await context.limits.byAddress('start');
	const site = await context.sites.findByUrl(entered.site);
	if (site === undefined) {
		throw new Problem('site_not_registered', { fieldFaults: { site: 'site_not_registered' } });
	}
	return startFreely(site, entered.mailbox, String(input.email).trim());
}

/** By nothing but what somebody entered: not where the site takes sign-ins by its own links alone. */
function startFreely(site: Site, mailbox: MailboxAddress, email: string): Start {
	if (site.requiresLink) throw new Problem('link_required', { site: site.url });
	return { site, email, mailbox: taken(site, mailbox), by: undefined };
}

async function startByLink(context: StartContext, input: SignInInput): Promise<Start> {
	await context.limits.byAddress('start');
	const opened = await openLink(context, input.link);
	return startOpened(opened, opened.email ?? input.email);
}

function startOpened({ site, by }: OpenedLink, entered: unknown): Start {
	const mailbox = parseMailboxAddress(entered);
	if (!mailbox.ok) throw new Problem('invalid_input', { fieldFaults: { email: mailbox.fault } });
	return { site, by, email: String(entered).trim(), mailbox: taken(site, mailbox.value) };
}

/** This browser's own, with its site, its link, and its mailbox unless the link leaves another open. */
async function startAgain(
	context: StartContext,
	session: Session | undefined,
	{ again, email: entered }: SignInInput,
): Promise<Start> {
	await context.limits.byAddress('start');
	const selector = again === 'current' ? again : parseSignInId(String(again));
	if (selector === undefined) throw new Problem('unknown_sign_in');
	const before = await findOwnSignIn(context, session, selector);
	const { link, mailbox, enteredEmail: email } = before;
	if (link === undefined) {
		const site = await context.sites.findById(before.siteId);
		if (site === undefined) throw new Problem('site_not_registered');
		return startFreely(site, mailbox, email);
	}
	const opened =
		link.kind === 'renewal'
			? await openRenewalLink(context, link.number)
			: await openConnectLink(context, await context.connectLinks.findById(link.id));
	const isOpen = opened.email === undefined && entered !== undefined;
	return startOpened(opened, isOpen ? entered : email);
}

function taken(site: Site, mailbox: MailboxAddress): MailboxAddress {
	if (takesMailbox(site, mailbox)) return mailbox;
	throw new Problem('mailbox_not_allowed', { fieldFaults: { email: 'mailbox_not_allowed' } });
}

function parseEntered(input: SignInInput): { site: SiteUrl; mailbox: MailboxAddress } {
	const site = parseSiteUrl(input.site);
	const mailbox = parseMailboxAddress(input.email);
	if (site.ok && mailbox.ok) return { site: site.value, mailbox: mailbox.value };
	throw new Problem('invalid_input', {
		fieldFaults: {
			...(!site.ok && { site: site.fault }),
			...(!mailbox.ok && { email: mailbox.fault }),
		},
	});
}
