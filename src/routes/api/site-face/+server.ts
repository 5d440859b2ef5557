import { foundSiteInWords } from '$lib/problems/site-face-words';
import { answering } from '../answer';
import type { RequestHandler } from './$types';

/** What the page shows of the site that somebody has filled in, or which registered one of its host may be meant. */
export const GET: RequestHandler = (event) =>
	answering(event, async () => {
		const entered = event.url.searchParams.get('site') ?? '';
		const found = await event.locals.visitor.findEnteredSite(entered);
		// No 404: while somebody types, most of what is asked for is no site, which browsers would report as faults.
		return Response.json(foundSiteInWords(found, event.locals.language));
	});
