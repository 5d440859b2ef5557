// The link to Microsoft's approval page, from our own server. What was entered with a link is remembered in this
// browser alone, so that the return needs no cookie.

import { APPROVAL_LIFETIME_MS, isApprovalState, type ApprovalLink } from '../domain/approval.ts';

type Entered = { site: string; email: string };
/** What was entered, by the link's state, and when in milliseconds since 1970. */
type Remembered = [state: string, entered: Entered, madeAt: number];

export async function makeApprovalLink(entered: Entered): Promise<ApprovalLink | undefined> {
	const answer = await fetch('/api/approvals', {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify(entered),
	}).catch(() => undefined);
	if (answer?.status !== 201) return undefined;
	const link = parseLink(await answer.json());
	remember(new URL(link.url).searchParams.get('state') ?? '', entered);
	return link;
}

const STORED = 'mailkey-approvals';
/** The links that somebody may still have open. */
const MAX_REMEMBERED = 20;

/** What was entered when this browser made the link. */
export function recallApproval(state: string): Entered | undefined {
	return isApprovalState(state) ? readRemembered().find(([its]) => its === state)?.[1] : undefined;
}

export function forgetApprovals(): void {
	try {
		localStorage.removeItem(STORED);
	} catch {
		// No storage here: nothing was remembered.
	}
}

function remember(state: string, entered: Entered): void {
	const others = readRemembered().filter(([its]) => its !== state);
	try {
		const kept = [[state, entered, Date.now()], ...others].slice(0, MAX_REMEMBERED);
		localStorage.setItem(STORED, JSON.stringify(kept));
	} catch {
		// No storage here: after the return the fields are empty.
	}
}

/** No longer than the links live: this may be a computer that others use too. */
function readRemembered(): Remembered[] {
	try {
		const all = parseRemembered(JSON.parse(localStorage.getItem(STORED) ?? '[]'));
		return all.filter(([, , madeAt]) => Date.now() - madeAt < APPROVAL_LIFETIME_MS);
	} catch {
		// No storage, or not ours any more.
		return [];
	}
}

function parseRemembered(value: unknown): Remembered[] {
	return Array.isArray(value) ? (value as Remembered[]) : [];
}

/** Our own server's answers, in the shape that both sides share. */
function parseLink(body: unknown): ApprovalLink {
	return body as ApprovalLink;
}
