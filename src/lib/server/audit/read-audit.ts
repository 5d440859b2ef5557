// The audit trail as the operator asks for it.

import { AUDIT_EVENTS, type AuditEventName } from '../../domain/audit.ts';
import { parseMailboxAddress } from '../../domain/mailbox-address.ts';
import { OperatorError } from '../../domain/operator-error.ts';
import { parseSiteUrl } from '../../domain/site-url.ts';
import type { AuditFilter, AuditRecord, AuditStore } from './audit-store.ts';

/** As typed. */
export type AuditQuery = {
	since?: Date | undefined;
	site?: string | undefined;
	mailbox?: string | undefined;
	event?: string | undefined;
	limit: number;
};

/** The newest first. Throws `OperatorError` for what cannot be looked for. */
export async function readAudit(
	{ audits }: { audits: AuditStore },
	query: AuditQuery,
): Promise<AuditRecord[]> {
	const { since, limit } = query;
	const filter: AuditFilter = { since, limit };
	if (query.site !== undefined) {
		const site = parseSiteUrl(query.site);
		if (!site.ok) throw new OperatorError(`--site ${query.site} is no site.`);
		filter.site = site.value;
	}
	if (query.mailbox !== undefined) {
		const mailbox = parseMailboxAddress(query.mailbox);
		if (!mailbox.ok) throw new OperatorError(`--mailbox ${query.mailbox} is no address.`);
		filter.mailbox = mailbox.value;
	}
	if (query.event !== undefined) filter.event = eventOf(query.event);
	return audits.list(filter);
}

function eventOf(text: string): AuditEventName {
	const event = AUDIT_EVENTS.find((candidate) => candidate === text);
	if (event) return event;
	throw new OperatorError(`--event ${text} is none of ${AUDIT_EVENTS.join(', ')}.`);
}
