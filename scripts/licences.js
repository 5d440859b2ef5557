// Every package that is installed is under a licence that lets an MIT product use it. Read from the lock file, so that
// nothing has to be asked for.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectFolder } from './run-tool.js';

/** By their SPDX names. MPL-2.0 asks only that changed files of the package itself stay open; none is changed. */
const FINE = new Set([
	...['0BSD', 'Apache-2.0', 'BlueOak-1.0.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT', 'MIT-0'],
	...['MPL-2.0', 'Unlicense', 'Zlib'],
]);

/** Those that npm finds none for, with what their file LICENSE holds. */
const READ_BY_US = new Map([
	['@inlang/plugin-message-format', 'MIT'],
	['parse-cache-control', 'BSD-3-Clause'],
	['sqlite-wasm-kysely', 'MIT'],
]);

export function checkLicences() {
	const text = readFileSync(join(projectFolder, 'package-lock.json'), 'utf8');
	const faults = licenceFaults(JSON.parse(text));
	for (const fault of faults) console.error(`package-lock.json: ${fault}`);
	return Promise.resolve(faults.length === 0);
}

/**
 * @param {{ packages: Record<string, { license?: string }> }} lock
 * @returns {string[]} a sentence for each package
 */
export function licenceFaults({ packages }) {
	return Object.entries(packages)
		.filter(([path]) => path !== '')
		.flatMap(([path, { license: named }]) => {
			const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
			const license = named ?? READ_BY_US.get(name);
			if (license === undefined) return [`${name} names no licence.`];
			return isFine(license) ? [] : [`${name} is under ${license}, which is not on the list.`];
		});
}

/**
 * Of licences joined by OR one has to do, of those joined by AND all; npm's packages do not nest them.
 *
 * @param {string} expression
 */
function isFine(expression) {
	const plain = expression.replace(/^\(|\)$/g, '');
	if (plain.includes(' OR ')) return plain.split(' OR ').some((name) => FINE.has(name));
	return plain.split(' AND ').every((name) => FINE.has(name));
}
