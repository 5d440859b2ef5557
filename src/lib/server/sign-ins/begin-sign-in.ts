// The start of a sign-in: only a registered site, only a mailbox that the site takes. Nothing has been
// asked of Microsoft yet, and nothing is stored but the intention.

import { mailDomainOf, type MailboxAddress } from '../../domain/mailbox-address.ts';
import { Problem } from '../../domain/problem.ts';
import { makeSignInId, type StartedSignIn } from '../../domain/sign-in.ts';
import type { Services } from '../app/services.ts';
import type { Site } from '../sites/site-store.ts';
import type { Session, SessionCookie } from '../owners/sessions.ts';
import { bindBrowser } from '../owners/bind-browser.ts';
import { ownerDecides } from './allow-account.ts';
import type { RequestLimits } from '../limits/limit-requests.ts';
import { adviseOnMailDomain, type AdviceContext } from '../sites/look-up-mail-domain.ts';
import { startOfSignIn, type SignInInput, type StartContext } from './start-of-sign-in.ts';

export type BeginSignInContext = AdviceContext &
	StartContext &
	Pick<
		Services,
		'log' | 'randomBytes' | 'scopesOf' | 'sessions' | 'sites' | 'signIns' | 'visitors'
	> & {
		limits: Pick<RequestLimits, 'byAddress' | 'byMailbox'>;
		/** For what goes on after the answer. */
		track: (work: Promise<unknown>) => unknown;
	};

/** Throws `Problem` as `startOfSignIn` does, and `temporarily_unavailable`. */
export async function beginSignIn(
	context: BeginSignInContext,
	session: Session | undefined,
	input: SignInInput,
): Promise<StartedSignIn & { cookie: SessionCookie | undefined }> {
	const { site, mailbox, email, by } = await startOfSignIn(context, session, input);
	await context.limits.byMailbox('start', mailbox);
	const bound = await bindBrowser(context, session);
	const signIn: StartedSignIn = {
		sign_in: makeSignInId(context.randomBytes),
		nonce: context.randomBytes(16).toString('base64url'),
		site: site.url,
		email,
		scopes: context.scopesOf(site.protocols),
	};
	const added = await context.signIns.add({
		id: signIn.sign_in,
		siteId: site.id,
		mailbox,
		enteredEmail: signIn.email,
		nonce: signIn.nonce,
		language: input.language ?? 'en',
		protocols: site.protocols,
		createdAt: context.now(),
		sessionId: bound.session.id,
		by,
	});
	// Another tab came back from Microsoft just now, and the browser is about to get its new session; or the link ended.
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
