import { siteFaceInWords } from '$lib/problems/site-face-words';
import { answering } from '../answer';
import type { RequestHandler } from './$types';

/** What the page shows of the site that somebody has filled in, where it is registered. */
export const GET: RequestHandler = (event) =>
	answering(event, async () => {
		const site = event.url.searchParams.get('site') ?? '';
		const face = await event.locals.visitor.findSiteFace(site);
		// No 404: while somebody types, most of what is asked for is no site, which browsers would report as faults.
		return Response.json({ face: face ? siteFaceInWords(face, event.locals.language) : null });
	});
