import { isProblem } from '$lib/domain/problem';
import type { OwnMailbox } from '$lib/domain/own-mailbox';
import { explainReport } from '$lib/problems/explain-token';
import { noteLimit } from '../note-limit';
import type { PageServerLoad } from './$types';

/** `unknown` while nobody has signed in, `away` while it cannot be read. */
export const load: PageServerLoad = async ({
	locals,
}): Promise<{ mailboxes: OwnMailbox[] | 'unknown' | 'away' }> => {
	try {
		const reports = await locals.visitor.listOwnMailboxes(await locals.session());
		const mailboxes = reports?.map((report) => explainReport(report, locals.language));
		return { mailboxes: mailboxes ?? 'unknown' };
	} catch (error) {
		if (!isProblem(error)) throw error;
		noteLimit(locals, error);
		return { mailboxes: 'away' };
	}
};
