import { answering, notReadable, readJsonObject, setSessionCookie } from '../answer';
import type { RequestHandler } from './$types';

/** Begins a sign-in and binds this browser to it. */
export const POST: RequestHandler = (event) =>
	answering(event, async () => {
		const input = await readJsonObject(event.request);
		if (input === undefined)
			return notReadable('a JSON object with "site" and "email", "link", or "again"');
		const { visitor, session } = event.locals;
		const { cookie, ...started } = await visitor.beginSignIn(await session(), {
			...{ site: input.site, email: input.email },
			...{ link: input.link, again: input.again },
			language: event.locals.language,
		});
		setSessionCookie(event.cookies, cookie);
		return Response.json(started, { status: 201 });
	});
