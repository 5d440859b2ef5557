// The visitor's language: what was chosen on the page, else what the browser asks for. The choice is a link, so that it
// works without scripts: the answer sets a cookie and leads back to the same page.

import { preferredLanguage } from '$lib/words/preferred-language';
import { parseLanguage, type Language } from '$lib/domain/language';
import type { RequestEvent } from '@sveltejs/kit';

const PARAMETER = 'language';

const PAGES = ['/microsoft365_oauth.html', '/mailboxes', '/link-builder'];

/** Somebody who comes once a year has not to choose again. */
const COOKIE_SECONDS = 400 * 24 * 60 * 60;

export function languageOf({ cookies, request }: RequestEvent, origin: string): Language {
	return parseLanguage(cookies.get(cookieName(origin))) ?? preferredLanguage(request);
}

/** Where `?language=…` leads; undefined where there is none that we know, and off the pages. */
export function chooseLanguage(
	{ cookies, request, route, url }: RequestEvent,
	origin: string,
): Response | undefined {
	if (request.method !== 'GET') return undefined;
	const chosen = parseLanguage(url.searchParams.get(PARAMETER));
	if (chosen === undefined || !isPage(route.id)) return undefined;
	const name = cookieName(origin);
	const secure = origin.startsWith('https:');
	const cookie = cookies.serialize(name, chosen, {
		...{ path: '/', httpOnly: true, sameSite: 'lax', secure },
		maxAge: COOKIE_SECONDS,
	});
	const query = new URLSearchParams(url.searchParams);
	query.delete(PARAMETER);
	// The route and not the path of the request, which may be anybody's.
	const location = query.size > 0 ? `${route.id}?${query}` : route.id;
	return new Response(null, { status: 303, headers: { location, 'set-cookie': cookie } });
}

function isPage(route: string | null): route is string {
	return PAGES.some((page) => page === route);
}

function cookieName(origin: string): string {
	return origin.startsWith('https:') ? '__Host-mailkey-language' : 'mailkey-language';
}
