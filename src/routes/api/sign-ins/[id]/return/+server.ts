import { answering } from '../../../answer';
import { parseSelector } from '../selector';
import type { RequestHandler } from './$types';

/** Where the browser goes back to: the site that made the link. */
export const POST: RequestHandler = (event) =>
	answering(event, async () => {
		const { visitor, session } = event.locals;
		const back = await visitor.returnToSite(await session(), parseSelector(event.params.id));
		return Response.json(back);
	});
