import { answering } from '../../../answer';
import { parseSelector } from '../selector';
import type { RequestHandler } from './$types';

/** Use the account that signed in for the mailbox: the logins as the mailbox begin. */
export const POST: RequestHandler = (event) =>
	answering(event, async () => {
		const { visitor, session } = event.locals;
		await visitor.confirmSignIn(await session(), parseSelector(event.params.id));
		return Response.json({}, { status: 202 });
	});
