import { setTimeout as sleep } from 'node:timers/promises';
import { redirect } from '@sveltejs/kit';
import type { ApprovalReturn } from '$lib/domain/approval';
import { parseMailboxAddress } from '$lib/domain/mailbox-address';
import { isProblem } from '$lib/domain/problem';
import type { FoundSiteInWords } from '$lib/domain/site-face';
import { isCompletedBySite, type SignInStatus } from '$lib/domain/sign-in';
import { explainApprovalReturn } from '$lib/problems/approval-words';
import { explainProblem } from '$lib/problems/explain';
import { explainSignIn } from '$lib/problems/explain-sign-in';
import { foundSiteInWords } from '$lib/problems/site-face-words';
import { noteLimit } from '../note-limit';
import type { PageServerLoad } from './$types';

/** Longer values are no site and no address; they are not repeated into the page. */
const MAX_PREFILL = 500;

type Filled = {
	site: string;
	email: string;
	status: SignInStatus;
	/** The database took its time: the page asks by itself what became of this browser's newest sign-in. */
	isLate: boolean;
	/** A sign-in of this browser is under way: whoever comes now may come from Microsoft. */
	isUnderWay: boolean;
	/** What opens the link that the page was opened by. */
	link: string | undefined;
	/** Which leaves the mailbox open. */
	isEmailOpen: boolean;
	/** The person goes back to the site that made the link. */
	returns: boolean;
	/** An administrator came back from Microsoft's approval page. */
	approval: ApprovalReturn | undefined;
	/** Of the site that the address, or the sign-in, names. */
	found: FoundSiteInWords;
};

const NOTHING: Filled = {
	...{ site: '', email: '', isLate: false, isUnderWay: false, isEmailOpen: false, returns: false },
	status: { status: 'none' },
	...{ approval: undefined, link: undefined },
	found: {},
};

/** Longer than the database takes; nobody looks at a white page for longer because of it. */
const PATIENCE_MS = 1_000;

/** The fields, filled by the address or by this browser's newest sign-in, and what became of that. */
export const load: PageServerLoad = async ({ locals, url }): Promise<Filled> => {
	const { searchParams } = url;
	if (isApprovalReturn(searchParams)) {
		const approval = await whenPossible(locals, () =>
			locals.visitor.returnFromApproval(searchParams),
		);
		// Not looked up for now: loading the plain page again looks it up.
		if (locals.retryAfterSeconds !== undefined) return NOTHING;
		// Forged, or too old: the plain page, with nothing of the query in it or in the address.
		if (approval === undefined) redirect(303, url.pathname);
		return { ...NOTHING, approval: explainApprovalReturn(approval, locals.language) };
	}
	const link = searchParams.get('link');
	if (link !== null) return openedByLink(locals, link, prefillEmail(searchParams.get('email')));
	if (searchParams.has('site') || searchParams.has('email')) {
		const site = prefill(searchParams.get('site'));
		const email = prefillEmail(searchParams.get('email'));
		return { ...NOTHING, site, email, found: await findSite(locals, site) };
	}
	const status = await whenPossible(locals, () => withPatience(currentStatus(locals)));
	if (status === 'late') return { ...NOTHING, isLate: true };
	if (status === undefined || status.status === 'none') return NOTHING;
	const { site, email } = status;
	const isUnderWay = status.status === 'started' || status.status === 'exchanging';
	locals.isReturn = isUnderWay;
	const [isEmailOpen, returns] = [status.email_open === true, status.site_name !== undefined];
	const found = await findSite(locals, site);
	return { ...NOTHING, site, email, status, isUnderWay, isEmailOpen, returns, found };
};

/** One that can be used no more is told as what it is, and the page is the plain one. */
async function openedByLink(locals: App.Locals, link: string, typed: string): Promise<Filled> {
	try {
		const {
			site,
			email = typed,
			leavesEmailOpen: isEmailOpen,
			returns,
		} = await locals.visitor.showLink(link);
		const found = await findSite(locals, site);
		return { ...NOTHING, link, site, email, isEmailOpen, returns, found };
	} catch (error) {
		if (!isProblem(error)) throw error;
		if (error.code !== 'link_ended') {
			noteLimit(locals, error);
			return NOTHING;
		}
		const subject = { site: '', mailbox: '' };
		const problem = explainProblem(error.code, subject, undefined, locals.language);
		return { ...NOTHING, status: { status: 'failed', site: '', email: '', problem } };
	}
}

/** A query with `state`, and `admin_consent` or `error`. */
function isApprovalReturn(query: URLSearchParams): boolean {
	return query.has('state') && (query.has('admin_consent') || query.has('error'));
}

function prefill(value: string | null): string {
	return value !== null && value.length <= MAX_PREFILL ? value.trim() : '';
}

/** A link that was made by hand: `+` in a query is read as a blank, and no address holds a blank. */
function prefillEmail(value: string | null): string {
	const email = prefill(value);
	const withPlus = email.replaceAll(' ', '+');
	return parseMailboxAddress(withPlus).ok ? withPlus : email;
}

/** The page does well without: it waits for it no longer than for anything. */
async function findSite(locals: App.Locals, entered: string): Promise<FoundSiteInWords> {
	const finding = locals.visitor.findEnteredSite(entered).catch((error: unknown) => {
		if (!isProblem(error)) throw error;
		return undefined;
	});
	const found = await withPatience(finding);
	return found && found !== 'late' ? foundSiteInWords(found, locals.language) : {};
}

async function currentStatus({ visitor, session, language }: App.Locals): Promise<SignInStatus> {
	const signIn = await visitor.signInStatus(await session(), 'current');
	const status = explainSignIn(signIn, language);
	// Which then is the site's alone: the page does not show it, and need not hold it.
	if (status.status !== 'ready' || !isCompletedBySite(status)) return status;
	return { ...status, identifier: '' };
}

/** What is waited for goes on; its result is dropped. */
function withPatience<Result>(work: Promise<Result>): Promise<Result | 'late'> {
	return Promise.race([work, sleep(PATIENCE_MS, 'late' as const, { ref: false })]);
}

/** The page is there even while the database is not; the button then says what is wrong. */
async function whenPossible<Result>(
	locals: App.Locals,
	flow: () => Promise<Result>,
): Promise<Result | undefined> {
	try {
		return await flow();
	} catch (error) {
		if (!isProblem(error)) throw error;
		noteLimit(locals, error);
		return undefined;
	}
}
