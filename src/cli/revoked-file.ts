// `mailkey token revoke --from audit.csv`: after a restore, what was revoked since the backup is revoked again.

import { resolve } from 'node:path';
import { OperatorError } from '../lib/domain/operator-error.ts';
import { readCsvFile, type CsvRow } from './csv-file.ts';
import { printJson, type JsonOption } from './print.ts';
import { withApp } from './with-app.ts';
import { workingFolder } from './working-folder.ts';

export async function revokeFrom(file: string, { json }: JsonOption): Promise<void> {
	const path = resolve(workingFolder(), file);
	const numbers = revokedNumbers(await readCsvFile(path, file), file);
	const result = await withApp((app) => app.revokeNumbers(numbers));
	if (json) return printJson(result);
	const { revoked, already, unknown } = result;
	process.stdout.write(
		`Revoked ${revoked} tokens again; ${already} are revoked, and ${unknown} are not in this database.\n`,
	);
}

/** Each number once, of what `mailkey audit --csv` has printed. */
function revokedNumbers(rows: readonly CsvRow[], file: string): number[] {
	const numbers = new Set<number>();
	for (const { cells } of rows) {
		const { event, token } = cells;
		if (event === undefined || token === undefined) {
			throw new OperatorError(`${file} is no export of "mailkey audit --csv".`);
		}
		if (event === 'token_revoked' && /^[1-9][0-9]{0,14}$/.test(token)) numbers.add(Number(token));
	}
	return [...numbers];
}
