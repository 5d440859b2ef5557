// What every request to the page and its backend passes: the app and the session into `locals`, the
// guard against requests that another site's page sends, and one shape for every fault of the API.

import type { Handle, HandleServerError, RequestEvent } from '@sveltejs/kit';
import { clientAddressOf } from '$lib/server/client-address';
import { providedApp } from '$lib/server/app/app-instance';
import { directionOf, tagOf } from '$lib/domain/language';
import { fault } from './routes/api/answer';
import earlyScript from './routes/early-script.js?raw';
import { compressPage } from './routes/compress-page';
import { filesToPreload, linkTo } from './routes/preload';
import { chooseLanguage, languageOf } from './routes/language';

export const handle: Handle = async ({ event, resolve }) => {
	const app = providedApp();
	event.locals.app = app;
	const language = languageOf(event, app.origin);
	event.locals.language = language;
	const clientAddress = clientAddressOf(event.getClientAddress());
	event.locals.visitor = app.forVisitor(clientAddress);
	let session: ReturnType<typeof app.findSession> | undefined;
	event.locals.session = () =>
		(session ??= app.findSession(event.cookies.get(app.sessionCookieName), clientAddress));
	if (
		isApi(event) ? !isOwnRequest(event.request, app.origin) : isPartOfForeignPage(event.request)
	) {
		return fault(403, 'foreign_origin', 'This request did not come from the helper’s own page.');
	}
	if (!isApi(event)) {
		const chosen = chooseLanguage(event, app.origin);
		if (chosen) return chosen;
		const response = await renderPage(event, resolve);
		if (response.status === 405) return methodNotAllowed(response);
		if (event.isDataRequest) return response;
		const answer = asLimited(response, event.locals.retryAfterSeconds);
		return isPage(answer) ? compressPage(event.request, answer) : answer;
	}
	return inApiShape(await resolve(event));
};

/** Fills in what `app.html` leaves open. The early script preloads the files, in place of SvelteKit's `Link` header. */
function renderPage(event: RequestEvent, resolve: Resolve): ReturnType<Resolve> {
	const scripts: string[] = [];
	return resolve(event, {
		preload({ type, path }) {
			if (type === 'js') scripts.push(path);
			return false;
		},
		transformPageChunk({ html }) {
			const { language, isReturn = false } = event.locals;
			const files = [...scripts, ...filesToPreload(language, isReturn)];
			return html
				.replace('%language%', tagOf(language))
				.replace('%direction%', directionOf(language))
				.replace('%preloads%', files.map(linkTo).join(''))
				.replace('%early-script%', () => earlyScript);
		},
	});
}

type Resolve = Parameters<Handle>[0]['resolve'];

function isPage({ headers }: Response): boolean {
	return headers.get('content-type')?.startsWith('text/html') ?? false;
}

/** By the route, and by the path only where there is none: SvelteKit takes `/%61pi/…` for the API as well. */
function isApi({ route, url }: RequestEvent): boolean {
	return (route.id ?? url.pathname).startsWith('/api/');
}

/** A picture, script or frame on somebody else's page: each look-up for it would count as one by this browser's address. */
function isPartOfForeignPage({ headers }: Request): boolean {
	const destination = headers.get('sec-fetch-dest') ?? 'document';
	return headers.get('sec-fetch-site') === 'cross-site' && destination !== 'document';
}

/** Browsers add `Origin` to every POST and DELETE; one without it, or with `null`, is none of our page's. */
function isOwnRequest({ method, headers }: Request, origin: string): boolean {
	if (headers.get('sec-fetch-site') === 'cross-site') return false;
	return method === 'GET' || method === 'HEAD' || headers.get('origin') === origin;
}

/** SvelteKit's own answers, to an unknown path or a wrong method, are text. */
function inApiShape(response: Response): Response {
	if (response.status < 400 || response.headers.get('content-type')?.includes('json'))
		return response;
	if (response.status === 405) return methodNotAllowed(response);
	if (response.status === 404) return fault(404, 'not_found', 'There is nothing here.');
	if (response.status === 413) return fault(413, 'too_large', 'The request is too large.');
	return fault(response.status, 'refused', 'The request cannot be answered.');
}

/** The page is there and can be used; what could not be looked up for it may be asked for later. */
function asLimited(response: Response, retryAfterSeconds: number | undefined): Response {
	if (retryAfterSeconds === undefined || response.status !== 200) return response;
	const headers = new Headers(response.headers);
	headers.set('retry-after', String(retryAfterSeconds));
	return new Response(response.body, { status: 429, headers });
}

function methodNotAllowed(response: Response): Response {
	const allow = response.headers.get('allow') ?? 'GET, HEAD';
	return fault(405, 'method_not_allowed', `Only ${allow} is possible here.`, { allow });
}

/** The details go to the log under an id; the visitor gets the id. What fails before `handle` comes here too, without locals. */
export const handleError: HandleServerError = ({ error, event, status, message }) => {
	if (status < 500) return { message };
	const id = crypto.randomUUID();
	providedApp().log.error({ err: error, id, route: event.route.id }, 'request failed');
	return { message: 'Something went wrong here.', id };
};
