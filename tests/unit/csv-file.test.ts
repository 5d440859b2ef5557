// What a list of sites, or an export of the audit trail, may look like, and what is said of one that cannot be read.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readCsvFile } from '../../src/cli/csv-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'csv-file-'));
afterAll(() => rmSync(folder, { recursive: true }));

function read(bytes: string | Uint8Array) {
	const path = join(folder, 'list.csv');
	writeFileSync(path, bytes);
	return readCsvFile(path, 'list.csv');
}

test.each([
	['commas', 'url,name\nhttps://a.example,"A, B"\n'],
	['semicolons', 'url;name\r\nhttps://a.example;A, B\r\n'],
	['a first line that names the separator', 'sep=;\r\nurl;name\r\nhttps://a.example;A, B\r\n'],
	['a byte order mark', '\uFEFFurl;name\nhttps://a.example;A, B\n'],
	['rows that were emptied', 'url;name\nhttps://a.example;A, B\n;\n;\n'],
	['an empty first line', '\nurl;name\nhttps://a.example; A, B \n'],
])('%s are read', async (_what, text) => {
	const rows = await read(text);
	expect(rows.map(({ cells }) => cells)).toEqual([{ url: 'https://a.example', name: 'A, B' }]);
	expect(rows[0]?.line).toBe(text.split('\n').findIndex((line) => line.includes('https')) + 1);
});

test.each<[string, string | Uint8Array, RegExp]>([
	['a column that stands twice', 'url,name,name\na,b,c\n', /has the column name twice\.$/],
	['too few cells', 'url,name\na,b\nc\n', /: line 3 has 1 cell where the first line names 2/],
	['too many cells', 'url,name\na,b,c\n', /: line 2 has 3 cells where the first line names 2/],
	['a quotation mark without end', 'url,name\na,"b\nc,d\n', /quotation mark that does not end/],
	['Latin-1', Buffer.from('url,name\na,Müller\n', 'latin1'), /not in UTF-8.*“CSV UTF-8”/],
	['UTF-16', Buffer.from('\uFEFFurl,name\na,b\n', 'utf16le'), /not in UTF-8/],
])('%s is said', async (_what, content, sentence) => {
	await expect(read(content)).rejects.toMatchObject({ name: 'OperatorError' });
	await expect(read(content)).rejects.toThrow(sentence);
});

test('a record that has several lines is at its first', async () => {
	const rows = await read('url,advice\na,"one\ntwo"\nb,c\n');
	expect(rows.map(({ line }) => line)).toEqual([2, 4]);
});

test('a file that is not there is said with its name', async () => {
	await expect(readCsvFile(join(folder, 'none'), 'none.csv')).rejects.toThrow(
		'none.csv cannot be read (ENOENT).',
	);
});
