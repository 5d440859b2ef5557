import { answering } from '../../../answer';
import { parseSelector } from '../selector';
import type { RequestHandler } from './$types';

/** As the owner: the token of this sign-in is destroyed. */
export const POST: RequestHandler = (event) =>
	answering(event, async () => {
		const { visitor, session } = event.locals;
		await visitor.revokeOwnToken(await session(), parseSelector(event.params.id));
		return new Response(null, { status: 204 });
	});
