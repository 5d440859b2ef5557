import { answering, setSessionCookie } from '../answer';
import type { RequestHandler } from './$types';

/** This browser is forgotten: its session ends. Microsoft's own is ended at Microsoft. */
export const POST: RequestHandler = (event) =>
	answering(event, async () => {
		const { app, session } = event.locals;
		setSessionCookie(event.cookies, await app.endSession(await session()));
		return new Response(null, { status: 204 });
	});
