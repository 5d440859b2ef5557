import { answering } from '../../../answer';
import { parseNumber } from '../number';
import type { RequestHandler } from './$types';

/** As its owner: the mail logins run, and the answer is what came of them. */
export const POST: RequestHandler = (event) =>
	answering(event, async () => {
		const { visitor, session } = event.locals;
		const number = parseNumber(event.params.number);
		return Response.json({ checks: await visitor.checkOwnMailbox(await session(), number) });
	});
