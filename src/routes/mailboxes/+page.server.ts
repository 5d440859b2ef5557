import { isProblem } from '$lib/domain/problem';
import type { OwnMailbox } from '$lib/domain/own-mailbox';
import { noteLimit } from '../note-limit';
import type { PageServerLoad } from './$types';

/** `unknown` while nobody has signed in, `away` while it cannot be read. */
export const load: PageServerLoad = async ({
	locals,
}): Promise<{ mailboxes: OwnMailbox[] | 'unknown' | 'away' }> => {
	try {
		return {
			mailboxes: (await locals.visitor.listOwnMailboxes(await locals.session())) ?? 'unknown',
		};
	} catch (error) {
		if (!isProblem(error)) throw error;
		noteLimit(locals, error);
		return { mailboxes: 'away' };
	}
};
