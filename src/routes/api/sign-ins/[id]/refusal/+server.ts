import { answering, notReadable, readJsonObject } from '../../../answer';
import { parseSelector } from '../selector';
import type { RequestHandler } from './$types';

/** What Microsoft answered in place of a code. */
export const POST: RequestHandler = (event) =>
	answering(event, async () => {
		const input = await readJsonObject(event.request);
		if (input === undefined)
			return notReadable('a JSON object with "error" and "error_description"');
		const { visitor, session } = event.locals;
		await visitor.refuseSignIn(await session(), parseSelector(event.params.id), {
			error: input.error,
			description: input.error_description,
		});
		return Response.json({});
	});
