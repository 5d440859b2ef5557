// Keeps the table of mutations true without running it: each text is found exactly once where it is looked for, each test
// is there, and docs/mutations.md is made of this table.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasTitle } from './named-tests.js';
import { projectFolder } from './run-tool.js';

/**
 * An entry of mutations.json.
 *
 * @typedef {object} Mutation
 * @property {string} row of docs/security.md: a threat's number, or words of another row
 * @property {string} defence
 * @property {string} file
 * @property {string} search what is found there exactly once
 * @property {string} replace what somebody would leave who forgot the defence
 * @property {[file: string, title: string]} test that then has to fail
 */

const tableFile = 'scripts/mutations.json';

/** `notMutated` has the rows in which there is no code of one's own to take away, and why. */
export const table = /** @type {{ mutations: Mutation[], notMutated: Record<string, string> }} */ (
	JSON.parse(readFileSync(join(projectFolder, tableFile), 'utf8'))
);

export const documentFile = 'docs/mutations.md';

export async function checkMutations() {
	const read = (/** @type {string} */ file) => {
		const path = join(projectFolder, file);
		return existsSync(path) ? readFileSync(path, 'utf8') : '';
	};
	const rows = [...table.mutations.map(({ row }) => row), ...Object.keys(table.notMutated)];
	const faults = [
		...mutationFaults(table.mutations, read),
		...rowFaults(read('docs/security.md'), rows),
	];
	if (read(documentFile) !== (await documentText())) {
		faults.push(`${documentFile} is not current: npm run mutations -- --list writes it.`);
	}
	for (const fault of faults) console.error(fault);
	return faults.length === 0;
}

/**
 * @param {readonly Mutation[]} mutations
 * @param {(file: string) => string} read
 * @returns {string[]} a sentence for each that no longer applies, or whose test is gone
 */
export function mutationFaults(mutations, read) {
	return mutations.flatMap((mutation) => {
		const { row, defence, file, search, test } = mutation;
		const count = read(file).split(search).length - 1;
		return [
			...(count === 1 ? [] : [`${row}, ${defence}: ${file} has its text ${count} times.`]),
			...(hasTitle(read(test[0]), test[1]) ? [] : [`${row}: ${test[0]} has no test “${test[1]}”.`]),
		];
	});
}

/**
 * @param {string} text with tables
 * @param {readonly string[]} rows numbers of threats, or words of other rows
 * @returns {string[]} a sentence for each row of a table that none of these means, and for each of these that means none
 */
export function rowFaults(text, rows) {
	const listed = [...text.matchAll(/^\|([^|]+)\|/gm)].map(([, cell = '']) => cell.trim());
	const actual = listed.filter((cell) => !/^(#|what|-+)$/.test(cell));
	const means = (/** @type {string} */ row, /** @type {string} */ cell) =>
		/^[A-Z][0-9]+$/.test(cell) ? cell === row : cell.includes(row);
	return [
		...actual
			.filter((cell) => !rows.some((row) => means(row, cell)))
			.map((cell) => `“${cell}” has no mutation, and no reason for none, in ${tableFile}.`),
		...[...new Set(rows)]
			.filter((row) => !actual.some((cell) => means(row, cell)))
			.map((row) => `docs/security.md has no row “${row}”.`),
	];
}

/** @param {string} source @param {Mutation} mutation @returns {string} without the defence */
export function mutate(source, { row, defence, file, search, replace }) {
	const [before, after, ...more] = source.split(search);
	if (before === undefined || after === undefined || more.length > 0) {
		throw new Error(`${row}, ${defence}: ${file} does not have its text exactly once.`);
	}
	return before + replace + after;
}

export async function documentText() {
	const lines = [
		'# Mutations',
		'',
		'Each defence that [security.md](security.md) names, taken away in a copy of the project, and the test that then',
		'fails. `npm run mutations` does it, `npm run mutations -- T5` for one row. Written by `npm run mutations -- --list`.',
		'',
		'| row | what is taken away | where | test |',
		'| --- | --- | --- | --- |',
		...table.mutations.map(
			({ row, defence, file, test: [testFile, title] }) =>
				`| ${row} | ${defence} | \`${file}\` | \`${testFile}\` › ${title} |`,
		),
		'',
		'Not taken away, and why:',
		'',
		...Object.entries(table.notMutated).map(([row, why]) => `- ${row}: ${why}.`),
		'',
	];
	// Not imported above: this file is read before anything is installed.
	const { format, resolveConfig } = await import('prettier');
	const file = join(projectFolder, documentFile);
	return format(lines.join('\n'), { ...(await resolveConfig(file)), filepath: file });
}
