// `mailkey token revoke --from audit.csv`: after a restore, what was revoked since the backup is revoked again.

import { parse } from 'csv-parse/sync';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { OperatorError } from '../lib/domain/operator-error.ts';
import { printJson, type JsonOption } from './print.ts';
import { withApp } from './with-app.ts';
import { workingFolder } from './working-folder.ts';

export async function revokeFrom(file: string, { json }: JsonOption): Promise<void> {
	const numbers = revokedNumbers(await read(file), file);
	const result = await withApp((app) => app.revokeNumbers(numbers));
	if (json) return printJson(result);
	const { revoked, already, unknown } = result;
	process.stdout.write(
		`Revoked ${revoked} tokens again; ${already} are revoked, and ${unknown} are not in this database.\n`,
	);
}

async function read(file: string): Promise<string> {
	try {
		return await readFile(resolve(workingFolder(), file), 'utf8');
	} catch (cause) {
		const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'not readable';
		throw new OperatorError(`${file} cannot be read (${reason}).`, { cause });
	}
}

/** Each number once, of what `mailkey audit --csv` has printed. */
function revokedNumbers(text: string, file: string): number[] {
	const numbers = new Set<number>();
	for (const { event, token } of parseCsv(text, file)) {
		if (event === undefined || token === undefined) {
			throw new OperatorError(`${file} is no export of "mailkey audit --csv".`);
		}
		if (event === 'token_revoked' && /^[1-9][0-9]{0,14}$/.test(token)) numbers.add(Number(token));
	}
	return [...numbers];
}

function parseCsv(text: string, file: string): Partial<Record<string, string>>[] {
	try {
		const rows: unknown[] = parse(text, { columns: true, bom: true, skip_empty_lines: true });
		return rows as Partial<Record<string, string>>[];
	} catch (cause) {
		throw new OperatorError(`${file} is no CSV file.`, { cause });
	}
}
