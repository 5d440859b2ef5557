import { explainSignIn } from '$lib/problems/explain-sign-in';
import { answering } from '../../answer';
import { parseSelector } from './selector';
import type { RequestHandler } from './$types';

/** What became of a sign-in; the page polls this. */
export const GET: RequestHandler = (event) =>
	answering(event, async () => {
		const { visitor, session, language } = event.locals;
		const selector = parseSelector(event.params.id);
		const signIn = await visitor.signInStatus(await session(), selector);
		return Response.json(explainSignIn(signIn, language));
	});
