import { isProblem } from '$lib/domain/problem';
import type { OwnMailbox, OwnMailboxReport } from '$lib/domain/own-mailbox';
import { explainChecks } from '$lib/problems/mail-answers/explain-mail-answer';
import { explainReport } from '$lib/problems/explain-token';
import type { Language } from '$lib/domain/language';
import { noteLimit } from '../note-limit';
import type { PageServerLoad } from './$types';

/** `unknown` while nobody has signed in, `away` while it cannot be read. */
export const load: PageServerLoad = async ({
	locals,
}): Promise<{ mailboxes: OwnMailbox[] | 'unknown' | 'away' }> => {
	try {
		const reports = await locals.visitor.listOwnMailboxes(await locals.session());
		const mailboxes = reports?.map((report) => explainOwn(report, locals.language));
		return { mailboxes: mailboxes ?? 'unknown' };
	} catch (error) {
		if (!isProblem(error)) throw error;
		noteLimit(locals, error);
		return { mailboxes: 'away' };
	}
};

function explainOwn(report: OwnMailboxReport, language: Language): OwnMailbox {
	const { last_check: lastCheck, ...rest } = report;
	const subject = { mailbox: report.mailbox, signedInAs: report.signed_in_as };
	return {
		...explainReport(rest, language),
		...(lastCheck && {
			last_check: { at: lastCheck.at, checks: explainChecks(lastCheck.checks, subject, language) },
		}),
	};
}
