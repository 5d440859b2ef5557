import type { ApprovalLink } from '$lib/domain/approval';
import { approvalMail } from '$lib/problems/approval-words';
import { answering, notReadable, readJsonObject } from '../answer';
import type { RequestHandler } from './$types';

/** Makes a link by which an administrator approves for the mailbox's organisation. */
export const POST: RequestHandler = (event) =>
	answering(event, async () => {
		const input = await readJsonObject(event.request);
		if (input === undefined) return notReadable('a JSON object with "email"');
		const { site, email } = input;
		const { visitor, language } = event.locals;
		const request = await visitor.makeApprovalLink({ site, email });
		const link: ApprovalLink = { url: request.url, mail: approvalMail(request, language) };
		return Response.json(link, { status: 201 });
	});
