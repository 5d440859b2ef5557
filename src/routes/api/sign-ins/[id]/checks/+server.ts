import { answering } from '../../../answer';
import { parseSelector } from '../selector';
import type { RequestHandler } from './$types';

/** The mail logins run again; what comes of them is in the status. */
export const POST: RequestHandler = (event) =>
	answering(event, async () => {
		const { visitor, session } = event.locals;
		await visitor.checkAgain(await session(), parseSelector(event.params.id));
		return new Response(null, { status: 202 });
	});
