// What commands print: JSON for programs, lines for people.

export type JsonOption = { json?: true };

/** One record: JSON, or a line per field. */
export function printRecord(record: Record<string, unknown>, { json }: JsonOption): void {
	if (json) return printJson(record);
	const width = Math.max(...Object.keys(record).map((name) => name.length));
	for (const [name, value] of Object.entries(record)) {
		process.stdout.write(`${name.padEnd(width)}  ${inWords(value)}\n`);
	}
}

/** Many records: JSON under `name`, or one line each of the fields named in `columns`. */
export function printList(
	name: string,
	records: readonly Record<string, unknown>[],
	columns: readonly string[],
	{ json }: JsonOption,
): void {
	if (json) return printJson({ [name]: records });
	const rows = [columns, ...records.map((record) => columns.map((key) => inWords(record[key])))];
	const widths = columns.map((_, index) =>
		Math.max(...rows.map((row) => (row[index] ?? '').length)),
	);
	for (const row of rows) {
		const cells = row.map((cell, index) => cell.padEnd(widths[index] ?? 0));
		process.stdout.write(`${cells.join('  ').trimEnd()}\n`);
	}
}

export function printJson(value: unknown): void {
	process.stdout.write(`${JSON.stringify(value)}\n`);
}

function inWords(value: unknown): string {
	if (value === null || value === undefined) return '-';
	if (typeof value === 'string') return value;
	if (Array.isArray(value)) return value.length === 0 ? '-' : value.map(inWords).join(', ');
	if (typeof value === 'object') {
		const fields = Object.entries(value).filter(([, field]) => field !== null);
		return fields.map(([name, field]) => `${name} ${inWords(field)}`).join(' ');
	}
	return JSON.stringify(value);
}
