// `mailkey audit`: the audit trail, for people, as JSON, or as CSV for a spreadsheet. `audit prune`: its end.

import { stringify } from 'csv-stringify/sync';
import { OperatorError } from '../lib/domain/operator-error.ts';
import type { App } from '../lib/server/app/app.ts';
import { parseDuration } from './duration.ts';
import { printJson, printList, type JsonOption } from './print.ts';
import { withApp } from './with-app.ts';

export type AuditOptions = JsonOption & {
	since?: string;
	site?: string;
	mailbox?: string;
	event?: string;
	limit: string;
	csv?: true;
};

const COLUMNS = [
	...['at', 'event', 'actor', 'actor_name', 'client_address', 'site', 'mailbox'],
	...['token', 'sign_in', 'detail'],
];

export async function showAudit(options: AuditOptions): Promise<void> {
	const { site, mailbox, event } = options;
	const limit = parseLimit(options.limit);
	const since = options.since === undefined ? undefined : parseSince(options.since);
	const query = { site, mailbox, event, limit, since };
	const records = (await withApp((app) => app.readAudit(query))).map(report);
	if (options.csv) process.stdout.write(inCsv(records));
	else printList('events', records, COLUMNS, options);
}

/** Throws `OperatorError` for a database user that may not. */
export async function pruneAudit({ json }: JsonOption): Promise<void> {
	const pruned = await withApp((app) => app.pruneAudit());
	if (pruned.kind === 'not_the_owner') {
		throw new OperatorError(
			'This database user may add to the audit trail and not drop it: run "mailkey audit prune" with DATABASE_URL of the user that runs "mailkey migrate".',
		);
	}
	const before = pruned.kind === 'pruned' ? pruned.before.toISOString() : null;
	const partitions = pruned.kind === 'pruned' ? pruned.partitions : [];
	if (json) return printJson({ before, partitions });
	process.stdout.write(
		before === null
			? 'AUDIT_DAYS is 0: all of it is kept.\n'
			: `Kept what is younger than ${before.slice(0, 10)}, and the rest of its month. Dropped: ${partitions.join(', ') || 'nothing'}.\n`,
	);
}

function parseLimit(text: string): number {
	const limit = Number(text);
	if (/^[0-9]{1,7}$/.test(text) && limit > 0) return limit;
	throw new OperatorError(`--limit ${text} is no number of events.`);
}

/** A duration back from now, or an instant. */
function parseSince(text: string): Date {
	const duration = parseDuration(text);
	if (duration !== undefined) return new Date(Date.now() - duration);
	const at = new Date(text);
	if (/^\d{4}-\d{2}-\d{2}/.test(text) && !Number.isNaN(at.getTime())) return at;
	throw new OperatorError(
		`--since ${text} is neither a duration (7d, 24h) nor a date (2026-11-30).`,
	);
}

type AuditRecord = Awaited<ReturnType<App['readAudit']>>[number];

function report(record: AuditRecord): Record<string, string | number | null> {
	return {
		at: record.at.toISOString(),
		event: record.event,
		actor: record.actor,
		actor_name: record.actorName ?? null,
		client_address: record.clientAddress ?? null,
		site: record.site ?? null,
		mailbox: record.mailbox ?? null,
		token: record.storedTokenId ?? null,
		sign_in: record.signInId ?? null,
		detail: record.detail ?? null,
	};
}

/** RFC 4180; a cell that a spreadsheet would take for a formula is made text (OWASP, "CSV Injection"). */
function inCsv(records: readonly Record<string, string | number | null>[]): string {
	return stringify([...records], {
		header: true,
		columns: COLUMNS,
		record_delimiter: 'windows',
		quote_record_delimiter: true,
		escape_formulas: true,
	});
}
