// `mailkey audit`: the audit trail, for people, as JSON, or as CSV for a spreadsheet. `audit prune`: its end.

import { stringify } from 'csv-stringify/sync';
import { OperatorError } from '../lib/domain/operator-error.ts';
import type { App } from '../lib/server/app/app.ts';
import { count } from './count.ts';
import { parseDuration } from './duration.ts';
import { printJson, printPages, type JsonOption } from './print.ts';
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
	let found = 0;
	const shown = (page: readonly AuditRecord[]) => {
		const records = page.slice(0, Math.max(0, limit - found));
		found += page.length;
		return records.map(report);
	};
	await withApp(async (app) => {
		// One more than is shown tells whether there are older ones.
		const pages = app.readAudit({ site, mailbox, event, limit: limit + 1, since });
		if (options.csv) await printCsv(pages, shown);
		else await printPages('events', pages, shown, COLUMNS, options);
	});
	if (found > limit) {
		process.stderr.write(
			`These are the newest ${count(limit, 'event')}, and there are older ones: --limit takes more.\n`,
		);
	}
}

/** Throws `OperatorError` for a database user that may not. */
export async function pruneAudit({ json }: JsonOption): Promise<void> {
	const pruned = await withApp((app) => app.pruneAudit());
	if (pruned.kind === 'not_the_owner') {
		throw new OperatorError(
			'This database user may add to the audit trail and not drop it, so nothing was dropped: run "mailkey audit prune" with DATABASE_URL of the user that runs "mailkey migrate".',
		);
	}
	if (pruned.kind === 'all_kept') {
		if (json) printJson({ before: null, partitions: [], use_counts: 0 });
		else process.stdout.write('AUDIT_DAYS is 0: all of it is kept.\n');
		return;
	}
	const { partitions, useCounts } = pruned;
	const before = pruned.before.toISOString();
	if (json) return printJson({ before, partitions, use_counts: useCounts });
	const day = before.slice(0, 10);
	process.stdout.write(
		`Kept what is younger than ${day}, and the rest of its month. Dropped: ${partitions.join(', ') || 'no month'}, and ${count(useCounts, 'count')} of uses from before ${day}.\n`,
	);
}

function parseLimit(text: string): number {
	const limit = Number(text);
	if (/^[0-9]{1,7}$/.test(text) && limit > 0) return limit;
	throw new OperatorError(`--limit ${text} is no number of events.`);
}

/** A duration back from now, or an instant. */
function parseSince(text: string): Date | { agoMs: number } {
	const agoMs = parseDuration(text);
	if (agoMs !== undefined) return { agoMs };
	const at = new Date(text);
	if (/^\d{4}-\d{2}-\d{2}/.test(text) && !Number.isNaN(at.getTime())) return at;
	throw new OperatorError(
		`--since ${text} is neither a duration (7d, 24h) nor a date (2026-11-30).`,
	);
}

type AuditRecord =
	ReturnType<App['readAudit']> extends AsyncIterable<readonly (infer Record)[]> ? Record : never;

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
async function printCsv(
	pages: AsyncIterable<AuditRecord[]>,
	recordsOf: (page: AuditRecord[]) => Record<string, string | number | null>[],
): Promise<void> {
	let header = true;
	for await (const page of pages) {
		const csv = stringify(recordsOf(page), {
			header,
			columns: COLUMNS,
			record_delimiter: 'windows',
			quote_record_delimiter: true,
			escape_formulas: true,
		});
		process.stdout.write(csv);
		header = false;
		// Nobody reads on, as after `head`.
		if (process.stdout.destroyed) return;
	}
}
