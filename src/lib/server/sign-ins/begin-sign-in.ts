// The start of a sign-in: only a registered site, only a mailbox that the site takes. Nothing has been
// asked of Microsoft yet, and nothing is stored but the intention.

import {
	mailDomainOf,
	parseMailboxAddress,
	type MailboxAddress,
} from '../../domain/mailbox-address.ts';
import { Problem } from '../../domain/problem.ts';
import { makeSignInId, type StartedSignIn } from '../../domain/sign-in.ts';
import { parseSiteUrl, type SiteUrl } from '../../domain/site-url.ts';
import type { Services } from '../app/services.ts';
import type { Site } from '../sites/site-store.ts';
import type { Session, SessionCookie } from '../owners/sessions.ts';
import { bindBrowser } from '../owners/bind-browser.ts';
import { ownerDecides } from './allow-account.ts';
import type { RequestLimits } from '../limits/limit-requests.ts';
import { adviseOnMailDomain, type AdviceContext } from '../sites/look-up-mail-domain.ts';

export type BeginSignInContext = AdviceContext &
	Pick<
		Services,
		'log' | 'randomBytes' | 'scopesOf' | 'sessions' | 'sites' | 'signIns' | 'visitors'
	> & {
		limits: Pick<RequestLimits, 'byAddress' | 'byMailbox'>;
		/** For what goes on after the answer. */
		track: (work: Promise<unknown>) => unknown;
	};

/**
 * Throws `Problem`: `invalid_input`, `site_not_registered`, `mailbox_not_allowed`,
 * `too_many_requests`, `temporarily_unavailable`.
 */
export async function beginSignIn(
	context: BeginSignInContext,
	session: Session | undefined,
	input: { site: unknown; email: unknown },
): Promise<StartedSignIn & { cookie: SessionCookie | undefined }> {
	const { site: url, mailbox } = parseInput(input);
	// Before the site is looked up: which sites are registered is told to nobody without end.
	await context.limits.byAddress('start');
	const site = await context.sites.findByUrl(url);
	if (site === undefined) throw fieldProblem('site_not_registered', 'site');
	if (!takesMailbox(site, mailbox)) throw fieldProblem('mailbox_not_allowed', 'email');
	await context.limits.byMailbox('start', mailbox);
	const bound = await bindBrowser(context, session);
	const signIn: StartedSignIn = {
		sign_in: makeSignInId(context.randomBytes),
		nonce: context.randomBytes(16).toString('base64url'),
		site: url,
		email: String(input.email).trim(),
		scopes: context.scopesOf(site.protocols),
	};
	const added = await context.signIns.add({
		id: signIn.sign_in,
		siteId: site.id,
		mailbox,
		enteredEmail: signIn.email,
		nonce: signIn.nonce,
		protocols: site.protocols,
		createdAt: context.now(),
		sessionId: bound.session.id,
	});
	// Another tab came back from Microsoft just now: the browser is about to get its new session.
	if (!added) throw new Problem('temporarily_unavailable', { retryAfterSeconds: 1 });
	lookUpOwner(context, site, mailbox);
	return { ...signIn, cookie: bound.cookie };
}

/** Nobody waits for it: what is not known on the return is asked then. */
function lookUpOwner(context: BeginSignInContext, site: Site, mailbox: MailboxAddress): void {
	if (!ownerDecides(site, mailbox)) return;
	const lookUp = adviseOnMailDomain(context, mailDomainOf(mailbox)).catch((error: unknown) => {
		context.log.debug({ err: error }, 'the owner of a mail domain could not be kept');
	});
	void context.track(lookUp);
}

/** A site without mail domains takes every mailbox; the signed-in account's tenant is checked later. */
function takesMailbox(site: Site, mailbox: MailboxAddress): boolean {
	return site.mailDomains.length === 0 || site.mailDomains.includes(mailDomainOf(mailbox));
}

function parseInput(input: { site: unknown; email: unknown }): {
	site: SiteUrl;
	mailbox: MailboxAddress;
} {
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

function fieldProblem(
	code: 'site_not_registered' | 'mailbox_not_allowed',
	field: 'site' | 'email',
): Problem {
	return new Problem(code, { fieldFaults: { [field]: code } });
}
