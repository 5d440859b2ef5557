// The audit trail as the operator asks for it.

import { AUDIT_EVENTS, type AuditEventName } from '../../domain/audit.ts';
import { parseMailboxAddress } from '../../domain/mailbox-address.ts';
import { OperatorError } from '../../domain/operator-error.ts';
import { parseSiteUrl } from '../../domain/site-url.ts';
import type { Services } from '../app/services.ts';
import type { AuditFilter, AuditRecord } from './audit-store.ts';

/** As typed. */
export type AuditQuery = {
	since?: Date | { agoMs: number } | undefined;
	site?: string | undefined;
	mailbox?: string | undefined;
	event?: string | undefined;
	limit: number;
};

/** Records in memory at a time, besides what the store reads ahead. */
const PAGE = 1000;

/** The newest first, page by page, however many there are. Throws `OperatorError` for what cannot be looked for. */
export async function* readAudit(
	{ audits, now }: Pick<Services, 'audits' | 'now'>,
	query: AuditQuery,
): AsyncGenerator<AuditRecord[]> {
	let page: AuditRecord[] = [];
	for await (const record of audits.list(parseQuery(query, now()))) {
		page.push(record);
		if (page.length < PAGE) continue;
		yield page;
		page = [];
	}
	yield page;
}

function parseQuery(query: AuditQuery, now: Date): AuditFilter {
	const { since, limit } = query;
	const filter: AuditFilter = { limit };
	// Events bear the time of the database's clock, which `now` is too.
	filter.since = since && 'agoMs' in since ? new Date(now.getTime() - since.agoMs) : since;
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
	return filter;
}

function eventOf(text: string): AuditEventName {
	const event = AUDIT_EVENTS.find((candidate) => candidate === text);
	if (event) return event;
	throw new OperatorError(`--event ${text} is none of ${AUDIT_EVENTS.join(', ')}.`);
}
