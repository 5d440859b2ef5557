import { answering } from '../../../answer';
import { parseSelector } from '../selector';
import type { RequestHandler } from './$types';

/** One message from the mailbox to itself; what becomes of it is in the status. */
export const POST: RequestHandler = (event) =>
	answering(event, async () => {
		const { visitor, session } = event.locals;
		await visitor.requestTestMessage(await session(), parseSelector(event.params.id));
		return new Response(null, { status: 202 });
	});
