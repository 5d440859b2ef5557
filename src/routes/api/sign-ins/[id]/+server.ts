import { answering } from '../../answer';
import { parseSelector } from './selector';
import type { RequestHandler } from './$types';

/** What became of a sign-in; the page polls this. */
export const GET: RequestHandler = (event) =>
	answering(event, async () => {
		const { visitor, session } = event.locals;
		const selector = parseSelector(event.params.id);
		return Response.json(await visitor.signInStatus(await session(), selector));
	});
