// docs/security.md names the test that proves each defence: each has to be there, by its title, in its file.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectFolder } from './run-tool.js';

const document = 'docs/security.md';

export function checkNamedTests() {
	const read = (/** @type {string} */ file) => {
		const path = join(projectFolder, file);
		return existsSync(path) ? readFileSync(path, 'utf8') : '';
	};
	const faults = namedTestFaults(read(document), read);
	for (const fault of faults) console.error(`${document}: ${fault}`);
	return Promise.resolve(faults.length === 0);
}

/**
 * @param {string} text with `tests/….ts` › title, up to a semicolon or the end of the table's cell
 * @param {(file: string) => string} read
 * @returns {string[]} a sentence for each test that is gone, and for a row of the threats without one
 */
export function namedTestFaults(text, read) {
	const named = [...text.matchAll(/`(tests\/[^`]+)` › ([^;|]+)/g)];
	const gone = named.filter(([, file = '', title = '']) => !hasTitle(read(file), title.trim()));
	const rows = text.split('\n').filter((line) => /^\| T[0-9]/.test(line));
	const unproven = rows.filter((row) => !row.includes('` › '));
	return [
		...(rows.length === 0 ? ['no threat is listed.'] : []),
		...gone.map(([, file, title]) => `${file} has no test “${title?.trim()}”.`),
		...unproven.map((row) => `${row.slice(2, 5).trim()} names no test.`),
	];
}

/** As it is in quotes, whole or up to where a value is put in. @param {string} source @param {string} title */
export function hasTitle(source, title) {
	return ["'", '`', '"'].some(
		(quote) => source.includes(quote + title) || source.includes(`${title}${quote}`),
	);
}
