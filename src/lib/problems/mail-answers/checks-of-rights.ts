// What can be said of a mailbox before anybody logged in to it.

import { missingRights } from '../../domain/cloud.ts';
import type { MailCheckResults, MailSubject } from '../../domain/mail-check.ts';
import { mapProtocols, type MailProtocol } from '../../domain/mail-protocol.ts';
import { problemOfMissingRight } from './explain-mail-answer.ts';

/** What the site uses and Microsoft did not grant is named. */
export function checksOfRights(
	used: readonly MailProtocol[],
	scopes: readonly string[],
	subject: MailSubject,
): MailCheckResults {
	const missing = missingRights(used, scopes);
	return mapProtocols((protocol) =>
		missing.includes(protocol)
			? { status: 'skipped', problem: problemOfMissingRight(protocol, subject) }
			: { status: 'skipped' },
	);
}
