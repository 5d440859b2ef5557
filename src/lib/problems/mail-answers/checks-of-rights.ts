// What can be said of a mailbox before anybody logged in to it.

import { missingRights } from '../../domain/cloud.ts';
import type { MailCheckResults, MailSubject } from '../../domain/mail-check.ts';
import { mapProtocols, type MailProtocol } from '../../domain/mail-protocol.ts';
import { problemOfMissingRight } from './explain-mail-answer.ts';

export type Rights = {
	/** What the site uses. */
	used: readonly MailProtocol[];
	/** What the owner was asked for. */
	requested: readonly MailProtocol[];
	/** What Microsoft granted. */
	scopes: readonly string[];
};

/** What the site uses and has no right for is named. */
export function checksOfRights(
	{ used, requested, scopes }: Rights,
	subject: MailSubject,
): MailCheckResults {
	const missing = missingRights(used, scopes);
	return mapProtocols((protocol) =>
		missing.includes(protocol)
			? { status: 'skipped', problem: problemOfMissingRight(protocol, { ...subject, requested }) }
			: { status: 'skipped' },
	);
}
