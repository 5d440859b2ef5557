// An event as a site gets it, by its webhook or when it asks: its words are chosen now. Never a token.

import { formatIdentifier } from '../../domain/identifier.ts';
import type { SiteEvent, SiteEventType } from '../../domain/site-event.ts';
import { explainTokenProblem } from '../../problems/explain-token.ts';
import { explainMailProblem } from '../../problems/mail-answers/explain-mail-answer.ts';
import type { Services } from '../app/services.ts';

export type EventReport = {
	/** Also the `webhook-id`. */
	id: string;
	type: SiteEventType;
	timestamp: string;
	data: Record<string, unknown>;
};

export function reportEvent(
	{ signInUrl }: Pick<Services, 'signInUrl'>,
	site: string,
	event: SiteEvent,
): EventReport {
	const { id, type, at, token, details } = event;
	const { reason, protocol, problem, mail_problem: mailProblem } = details;
	const { signed_in_as: signedInAs, lapses_at: lapsesAt } = details;
	const mailbox = token?.mailbox ?? '';
	const inWords =
		problem && explainTokenProblem(problem.code, { site, mailbox }, problem.reference);
	const mailInWords =
		mailProblem && protocol
			? explainMailProblem(mailProblem, protocol, { mailbox, signedInAs: signedInAs ?? mailbox })
			: undefined;
	return {
		id: String(id),
		type,
		timestamp: at.toISOString(),
		data: {
			...(token && { identifier: formatIdentifier(token), mailbox }),
			...(type === 'mailbox.connected' && { signed_in_as: signedInAs }),
			...(token && type === 'mailbox.sign_in_required' && { sign_in_url: signInUrl(token.number) }),
			...(protocol && { protocol }),
			...((inWords ?? mailInWords) && { problem: inWords ?? mailInWords }),
			...(lapsesAt !== undefined && { lapses_at: lapsesAt }),
			...(reason && { reason }),
		},
	};
}
