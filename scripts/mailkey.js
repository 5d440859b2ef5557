// The way from a command of package.json into the TypeScript of src/cli: installs what is missing, then
// goes on in this very process, so that a signal or an exit status has nobody to get lost at.

import { ensureInstalled } from './install.js';
import { ensureWords } from './words.js';

/**
 * @param {string[]} args of the mailkey command line
 * @returns {Promise<number | undefined>} the exit status, if the command is over
 */
export async function runMailkey(args) {
	await ensureInstalled('dependencies');
	await ensureWords();
	await readTypeScript();
	const { run } = await import('../src/cli/main.ts');
	return run(args);
}

/**
 * From here on `import` takes TypeScript. No tsconfig.json is read: tsx would look for one in the folder
 * where the command was given, which may be anybody's.
 */
export async function readTypeScript() {
	const { register } = await import('tsx/esm/api');
	register({ tsconfig: false });
}
