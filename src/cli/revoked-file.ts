// `mailkey token revoke --from audit.csv`: after a restore, what was revoked since the backup is revoked again.

import { resolve } from 'node:path';
import { OperatorError } from '../lib/domain/operator-error.ts';
import { AUDIT_EVENTS } from '../lib/domain/audit.ts';
import { count } from './count.ts';
import { readCsvFile, type CsvRow } from './csv-file.ts';
import { printJson, type JsonOption } from './print.ts';
import { withApp } from './with-app.ts';
import { workingFolder } from './working-folder.ts';

/** Of those that cannot be read, as many are named. */
const MAX_LINES = 20;

/** Throws `OperatorError`; where some rows alone cannot be read, after all others are revoked. */
export async function revokeFrom(file: string, { json }: JsonOption): Promise<void> {
	const path = resolve(workingFolder(), file);
	const { numbers, unreadable } = revokedNumbers(await readCsvFile(path, file), file);
	const result = await withApp((app) => app.revokeNumbers(numbers));
	const { revoked, already, unknown } = result;
	if (json) printJson(result);
	else {
		process.stdout.write(
			`Revoked ${revoked} tokens again; ${already} are revoked, and ${unknown} are not in this database.\n`,
		);
	}
	if (unreadable.length === 0) return;
	const named = unreadable.slice(0, MAX_LINES).join(', ');
	const more = unreadable.length > MAX_LINES ? `, and ${unreadable.length - MAX_LINES} more` : '';
	throw new OperatorError(
		`${file}: ${count(unreadable.length, 'row')} could not be read, so that what they revoked may work: line ${named}${more}. Use the export as "mailkey audit --csv" printed it: a spreadsheet rewrites long numbers.`,
	);
}

const EVENTS: readonly string[] = AUDIT_EVENTS;

/** Each number once, of what `mailkey audit --csv` has printed, and the lines of what it has not. */
function revokedNumbers(rows: readonly CsvRow[], file: string) {
	const numbers = new Set<number>();
	const unreadable: number[] = [];
	for (const { line, cells } of rows) {
		const { event, token } = cells;
		if (event === undefined || token === undefined) {
			throw new OperatorError(`${file} is no export of "mailkey audit --csv".`);
		}
		if (event !== 'token_revoked') {
			if (!EVENTS.includes(event)) unreadable.push(line);
		} else if (/^[1-9][0-9]{0,14}$/.test(token)) numbers.add(Number(token));
		else unreadable.push(line);
	}
	if (numbers.size === 0 && unreadable.length === 0) {
		throw new OperatorError(
			`${file} has no event token_revoked: export it with "mailkey audit --event token_revoked --limit 1000000 --csv".`,
		);
	}
	return { numbers: [...numbers], unreadable };
}
