// Builds what is not built from exactly these sources: the page, by SvelteKit, and the programs (server, command line
// and mail gateway), all to plain JavaScript.

import { join } from 'node:path';
import { isCurrent, readSources } from './build-stamp.js';
import { ensureInstalled } from './install.js';
import { doOnce } from './one-at-a-time.js';
import { PlainFault } from './plain-fault.js';
import { projectFolder, runProgram, runTool } from './run-tool.js';
import { ensureWords } from './words.js';

/** @typedef {import('./build-stamp.js').Part} Part */

/** @type {Record<Part, (options: import('./run-tool.js').RunOptions) => Promise<import('./run-tool.js').Ended>>} */
const tools = {
	page: (options) => runTool('vite', ['build'], options),
	// In a process of its own: the bundler shall not stay in that of a command.
	programs: (options) =>
		runProgram(process.execPath, [join(projectFolder, 'scripts', 'build-programs.js')], options),
};

/** @param {Part[]} parts */
export async function ensureBuilt(parts = ['programs', 'page']) {
	const stale = parts.filter((part) => !isCurrent(part));
	if (stale.length === 0) return;
	await ensureInstalled('devDependencies');
	await ensureWords();
	await Promise.all(
		stale.map((part) =>
			doOnce(
				`building the ${part}`,
				() => isCurrent(part),
				() => build(part),
			),
		),
	);
}

/** @param {Part} part */
async function build(part) {
	console.error(`Building the ${part} …`);
	const env = { ...process.env, NODE_ENV: 'production' };
	const sources = readSources(part);
	const { status, output } = await tools[part]({ env, output: 'kept' });
	if (status !== 0) {
		console.error(output);
		throw new PlainFault(`Building failed: vite ended with status ${status}, its words are above.`);
	}
	sources.stamp();
}
