// A CSV file as a spreadsheet saves one, or as `mailkey audit --csv` prints it: commas or semicolons, quoted or not. What
// cannot be read is named with its line.

import { CsvError, parse } from 'csv-parse/sync';
import { readFile } from 'node:fs/promises';
import { OperatorError } from '../lib/domain/operator-error.ts';
import { count } from './count.ts';

export type CsvRow = {
	/** 1 for the first line of the file. */
	line: number;
	/** By the names of the columns; a cell that is empty is an empty string. */
	cells: { [column: string]: string | undefined };
};

/** `file` is what the operator calls it. Throws `OperatorError`. */
export async function readCsvFile(path: string, file: string): Promise<CsvRow[]> {
	const bytes = await readFile(path).catch((cause: unknown) => {
		const reason = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
		throw new OperatorError(`${file} cannot be read${reason}.`, { cause });
	});
	return parseCsv(decode(bytes, file), file);
}

function decode(bytes: Uint8Array, file: string): string {
	try {
		return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
	} catch (cause) {
		throw new OperatorError(
			`${file} is not in UTF-8. In a spreadsheet, save it as “CSV UTF-8” in place of “CSV”.`,
			{ cause },
		);
	}
}

function parseCsv(text: string, file: string): CsvRow[] {
	const { delimiter, fromLine } = dialectOf(text);
	let doubled: string | undefined;
	try {
		const rows: unknown[] = parse(text, {
			delimiter,
			from_line: fromLine,
			columns: (names: string[]) => {
				doubled = names.find((name, index) => name !== '' && names.indexOf(name) !== index);
				if (doubled !== undefined) throw new Error('a column stands twice');
				return names;
			},
			trim: true,
			skip_empty_lines: true,
			// What a spreadsheet leaves of rows that were emptied.
			skip_records_with_empty_values: true,
			info: true,
		});
		return (rows as { record: CsvRow['cells']; info: { lines: number } }[]).map(
			({ record, info }) => ({ line: info.lines - breaksIn(record), cells: record }),
		);
	} catch (cause) {
		if (doubled !== undefined) {
			throw new OperatorError(`${file} has the column ${doubled} twice.`, { cause });
		}
		throw new OperatorError(`${file} is no CSV file${faultIn(cause)}.`, { cause });
	}
}

/** A cell may have several lines. */
function breaksIn(cells: CsvRow['cells']): number {
	return Object.values(cells).join('').split('\n').length - 1;
}

function faultIn(error: unknown): string {
	if (!(error instanceof CsvError)) return '';
	const at = `: line ${String(error['lines'])}`;
	switch (error.code) {
		case 'CSV_RECORD_INCONSISTENT_COLUMNS': {
			const [columns, cells] = [lengthOf(error['columns']), lengthOf(error['record'])];
			return `${at} has ${count(cells, 'cell')} where the first line names ${count(columns, 'column')}`;
		}
		case 'CSV_QUOTE_NOT_CLOSED':
			return `${at} has a quotation mark that does not end`;
		default:
			return `${at} cannot be understood`;
	}
}

function lengthOf(list: unknown): number {
	return Array.isArray(list) ? list.length : 0;
}

/** Where a comma is the decimal sign, spreadsheets write semicolons; some say so in a first line, `sep=;`. */
function dialectOf(text: string): { delimiter: string; fromLine: number } {
	const lines = text.split(/\r?\n/);
	const named = /^sep=(.)$/.exec(lines[0] ?? '')?.[1];
	if (named !== undefined) return { delimiter: named, fromLine: 2 };
	const header = lines.find((line) => line.trim() !== '') ?? '';
	const delimiter = header.includes(';') && !header.includes(',') ? ';' : ',';
	return { delimiter, fromLine: 1 };
}
