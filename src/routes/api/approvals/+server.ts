import { answering, notReadable, readJsonObject } from '../answer';
import type { RequestHandler } from './$types';

/** Makes a link by which an administrator approves for the mailbox's organisation. */
export const POST: RequestHandler = (event) =>
	answering(event, async () => {
		const input = await readJsonObject(event.request);
		if (input === undefined) return notReadable('a JSON object with "email"');
		const { site, email } = input;
		const link = await event.locals.visitor.makeApprovalLink({ site, email });
		return Response.json(link, { status: 201 });
	});
