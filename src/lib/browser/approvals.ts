// The link to Microsoft's approval page, and the hint about a mail domain, from our own server. What was
// entered with a link is remembered in this browser alone, so that the return needs no cookie.

import { isApprovalState, type ApprovalLink } from '../domain/approval.ts';

type Entered = { site: string; email: string };

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

/** A sentence, when there is something to know about the domain. */
export async function noteOnMailDomain(domain: string): Promise<string | undefined> {
	const answer = await fetch(`/api/mail-domains/${domain}`).catch(() => undefined);
	return answer?.ok ? parseNote(await answer.json()) : undefined;
}

const STORED = 'mailkey-approvals';
/** The links that somebody may still have open. */
const MOST_REMEMBERED = 20;

/** What was entered when this browser made the link. */
export function recallApproval(state: string): Entered | undefined {
	return isApprovalState(state) ? readRemembered().find(([its]) => its === state)?.[1] : undefined;
}

function remember(state: string, entered: Entered): void {
	const others = readRemembered().filter(([its]) => its !== state);
	try {
		const kept = [[state, entered], ...others].slice(0, MOST_REMEMBERED);
		localStorage.setItem(STORED, JSON.stringify(kept));
	} catch {
		// No storage here: after the return the fields are empty.
	}
}

function readRemembered(): [string, Entered][] {
	try {
		return parseRemembered(JSON.parse(localStorage.getItem(STORED) ?? '[]'));
	} catch {
		// No storage, or not ours any more.
		return [];
	}
}

function parseRemembered(value: unknown): [string, Entered][] {
	return Array.isArray(value) ? (value as [string, Entered][]) : [];
}

/** Our own server's answers, in the shape that both sides share. */
function parseLink(body: unknown): ApprovalLink {
	return body as ApprovalLink;
}

function parseNote(body: unknown): string | undefined {
	return (body as { note?: string }).note;
}
