import { parseMailDomain } from '$lib/domain/mailbox-address';
import { noteOnMailDomain } from '$lib/problems/mail-domain-notes';
import { answering, fault } from '../../answer';
import type { RequestHandler } from './$types';

/** Where a mail domain lives, as far as Microsoft's public metadata says; a note when that may matter. */
export const GET: RequestHandler = (event) =>
	answering(event, async () => {
		const domain = parseMailDomain(event.params.domain);
		if (domain === undefined) return fault(404, 'not_found', 'This is no mail domain.');
		const home = await event.locals.visitor.adviseOnMailDomain(domain);
		const note = noteOnMailDomain(domain, home, event.locals.language);
		return Response.json({ ...home, ...(note !== undefined && { note }) });
	});
