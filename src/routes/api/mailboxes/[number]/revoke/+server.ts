import { answering } from '../../../answer';
import { parseNumber } from '../number';
import type { RequestHandler } from './$types';

/** As its owner: the token is destroyed. */
export const POST: RequestHandler = (event) =>
	answering(event, async () => {
		const { visitor, session } = event.locals;
		await visitor.revokeOwnMailbox(await session(), parseNumber(event.params.number));
		return new Response(null, { status: 204 });
	});
