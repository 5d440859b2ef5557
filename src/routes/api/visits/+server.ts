import { answering, setSessionCookie } from '../answer';
import type { RequestHandler } from './$types';

/** Begins a visit: somebody signs in to see what they connected. */
export const POST: RequestHandler = (event) =>
	answering(event, async () => {
		const { visitor, session } = event.locals;
		const { cookie, ...started } = await visitor.beginVisit(await session());
		setSessionCookie(event.cookies, cookie);
		return Response.json(started, { status: 201 });
	});
