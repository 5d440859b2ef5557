// The way from a command of package.json, or from bin/mailkey.js in a checkout, to the built command line: installs and
// builds what is missing or stale, then goes on in this very process, so that a signal or an exit status has nobody to
// get lost at. Most of the time nothing is, so nothing that installs or builds is loaded before something is.

import { hasMarks } from './build-stamp.js';
import { runScript } from './plain-fault.js';

const program = new URL('../build/mailkey/main.js', import.meta.url);

/**
 * @param {string[]} args of the mailkey command line
 * @returns {Promise<number | undefined>} the exit status, if the command is over
 */
export async function runMailkey(args) {
	/** @type {import('./build-stamp.js').Part[]} */
	const parts = args[0] === 'serve' ? ['programs', 'page'] : ['programs'];
	if (!parts.every(hasMarks)) await makeReady(parts);
	const { run } = await import(program.href);
	return run(args);
}

/** @param {string[]} args */
export function runMailkeyHere(args) {
	return runScript(() => runMailkey(args));
}

/** @param {import('./build-stamp.js').Part[]} parts */
async function makeReady(parts) {
	const { ensureInstalled } = await import('./install.js');
	const { ensureBuilt } = await import('./build.js');
	await ensureInstalled('dependencies');
	await ensureBuilt(parts);
}
