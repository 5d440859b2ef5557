// What our own server knows of what was entered: the site, and a hint about the mail domain.

import type { FoundSiteInWords } from '../domain/site-face.ts';

/** Nothing while it cannot be asked for: then the start tells what is wrong. */
export async function findEnteredSite(site: string): Promise<FoundSiteInWords> {
	const query = new URLSearchParams({ site });
	const answer = await fetch(`/api/site-face?${query.toString()}`).catch(() => undefined);
	return answer?.ok ? parseFound(await answer.json()) : {};
}

/** Our own server's answer, in the shape that both sides share. */
function parseFound(body: unknown): FoundSiteInWords {
	return body as FoundSiteInWords;
}

/** A sentence, when there is something to know about the domain. */
export async function noteOnMailDomain(domain: string): Promise<string | undefined> {
	const answer = await fetch(`/api/mail-domains/${domain}`).catch(() => undefined);
	return answer?.ok ? parseNote(await answer.json()) : undefined;
}

function parseNote(body: unknown): string | undefined {
	return (body as { note?: string }).note;
}
