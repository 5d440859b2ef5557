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
	printLines([columns, ...cellsOf(records, columns)]);
}

/** The same for more records than fit into memory: each page is written before the next is read. */
export async function printPages<Page>(
	name: string,
	pages: AsyncIterable<Page>,
	recordsOf: (page: Page) => readonly Record<string, unknown>[],
	columns: readonly string[],
	{ json }: JsonOption,
): Promise<void> {
	let isFirst = true;
	let widths: number[] | undefined;
	for await (const page of pages) {
		const records = recordsOf(page);
		if (json) {
			const texts = records.map((record) => JSON.stringify(record)).join(',');
			const before = isFirst ? `{${JSON.stringify(name)}:[` : texts === '' ? '' : ',';
			process.stdout.write(before + texts);
		} else {
			const rows = cellsOf(records, columns);
			widths = printLines(isFirst ? [columns, ...rows] : rows, widths);
		}
		isFirst = false;
		// Nobody reads on, as after `head`.
		if (process.stdout.destroyed) return;
	}
	if (json) process.stdout.write(']}\n');
}

function cellsOf(records: readonly Record<string, unknown>[], columns: readonly string[]) {
	return records.map((record) => columns.map((key) => inWords(record[key])));
}

/** In columns as wide as the widest cell, and as those before were. */
function printLines(rows: readonly (readonly string[])[], before: number[] = []): number[] {
	const widths = (rows[0] ?? []).map((_, index) =>
		Math.max(before[index] ?? 0, ...rows.map((row) => (row[index] ?? '').length)),
	);
	const lines = rows.map((row) =>
		row
			.map((cell, index) => cell.padEnd(widths[index] ?? 0))
			.join('  ')
			.trimEnd(),
	);
	if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`);
	return widths;
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
