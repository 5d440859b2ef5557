// Makes a connect link: for a site by its key, or for the operator. What opens it is handed out once.

import { makeConnectLinkId, makeLinkSecret } from '../../domain/connect-link.ts';
import { parseMailboxAddress } from '../../domain/mailbox-address.ts';
import { isOneLine } from '../../domain/one-line.ts';
import { OperatorError } from '../../domain/operator-error.ts';
import { isProblem, Problem } from '../../domain/problem.ts';
import type { Services } from '../app/services.ts';
import { showSite, type ManageSitesContext } from '../sites/manage-sites.ts';
import type { Site } from '../sites/site-store.ts';
import { takesMailbox } from '../sites/takes-mailbox.ts';
import { hashLinkSecret } from './link-secret.ts';

export type MakeConnectLinkContext = Pick<
	Services,
	'now' | 'randomBytes' | 'sites' | 'connectLinks' | 'linkUrl'
>;

/** As a program sends it. */
export type ConnectLinkInput = {
	email?: unknown;
	returnUrl?: unknown;
	state?: unknown;
	expiresIn?: unknown;
};

export type MadeConnectLink = { id: string; url: string; expiresAt: Date };

const MIN_LIFETIME_S = 60;
const MAX_LIFETIME_S = 30 * 86_400;
const DEFAULT_LIFETIME_S = 86_400;
const MAX_STATE = 512;

/** Throws `Problem`: `invalid_input`, `invalid_site_key` for a site that was disabled in this very moment. */
export async function makeConnectLink(
	context: MakeConnectLinkContext,
	siteId: number,
	input: ConnectLinkInput,
): Promise<MadeConnectLink> {
	const site = await context.sites.findById(siteId);
	if (site === undefined) throw new Problem('invalid_site_key');
	const { lifetimeS, ...asked } = await parseInput(context, site, input);
	const secret = makeLinkSecret(context.randomBytes);
	const createdAt = context.now();
	const expiresAt = new Date(createdAt.getTime() + lifetimeS * 1000);
	const id = makeConnectLinkId(context.randomBytes);
	const opaqueSha256 = hashLinkSecret(secret);
	await context.connectLinks.add({ id, siteId, ...asked, opaqueSha256, createdAt, expiresAt });
	return { id, url: context.linkUrl(secret), expiresAt };
}

/** `mailkey site link`. Throws `OperatorError`. */
export async function makeLinkByOperator(
	context: MakeConnectLinkContext & ManageSitesContext,
	url: string,
	input: ConnectLinkInput,
): Promise<MadeConnectLink> {
	const site = await showSite(context, url);
	if (site.disabledAt !== undefined) throw new OperatorError(`${site.url} is disabled.`);
	try {
		return await makeConnectLink(context, site.id, input);
	} catch (error) {
		if (isProblem(error) && error.fields) throw new OperatorError(Object.values(error.fields));
		throw error;
	}
}

async function parseInput(
	{ sites }: MakeConnectLinkContext,
	site: Site,
	{ email, returnUrl, state, expiresIn = DEFAULT_LIFETIME_S }: ConnectLinkInput,
) {
	const faults: Record<string, string> = {};
	const mailbox = email === undefined ? undefined : parseMailboxAddress(email);
	if (email === undefined && returnUrl === undefined) {
		faults['email'] = 'Without a return URL the link must say for which mailbox it is.';
	} else if (mailbox?.ok === false) faults['email'] = 'This is no email address.';
	else if (mailbox?.ok && !takesMailbox(site, mailbox.value)) {
		faults['email'] = `${site.url} takes no mailboxes of this mail domain.`;
	}
	if (returnUrl !== undefined && !(await isRegistered(sites, site, returnUrl))) {
		faults['return_url'] = `This is no return URL that is registered for ${site.url}.`;
	}
	if (state !== undefined && !isState(state)) {
		faults['state'] = `The state must be a text of at most ${MAX_STATE} printable characters.`;
	}
	if (!isLifetime(expiresIn)) {
		faults['expires_in'] =
			`Give a whole number of seconds from ${MIN_LIFETIME_S} to ${MAX_LIFETIME_S}, which is 30 days.`;
	}
	if (Object.keys(faults).length > 0) throw new Problem('invalid_input', { fields: faults });
	return {
		email: typeof email === 'string' ? email.trim() : undefined,
		returnUrl: typeof returnUrl === 'string' ? returnUrl : undefined,
		state: typeof state === 'string' ? state : undefined,
		lifetimeS: Number(expiresIn),
	};
}

async function isRegistered(
	sites: Pick<Services['sites'], 'hasReturnUrl'>,
	site: Site,
	url: unknown,
): Promise<boolean> {
	return typeof url === 'string' && sites.hasReturnUrl(site.id, url);
}

function isState(state: unknown): boolean {
	return typeof state === 'string' && isOneLine(state, MAX_STATE) && state.isWellFormed();
}

function isLifetime(seconds: unknown): boolean {
	if (typeof seconds !== 'number' || !Number.isInteger(seconds)) return false;
	return seconds >= MIN_LIFETIME_S && seconds <= MAX_LIFETIME_S;
}
