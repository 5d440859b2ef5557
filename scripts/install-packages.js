// Installs what the lock file says. A package's install script is code that nobody here has read, so none runs but
// those of the packages that package.json allows, and not even these where the operator's npm is set to run none.

import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PlainFault } from './plain-fault.js';

// Each overrides a setting with which an operator's own npmrc or NODE_ENV would leave out something that we need: the
// tools, and the binaries of esbuild and PostgreSQL.
const installArguments = [
	'ci',
	'--include=dev',
	'--include=optional',
	'--ignore-scripts',
	'--package-lock=true',
	'--global=false',
	'--dry-run=false',
	'--no-audit',
	'--no-fund',
];

/**
 * @param {string} folder of the project
 * @param {(args: string[]) => Promise<import('./run-tool.js').Ended>} runNpm in that folder
 */
export async function installPackages(folder, runNpm) {
	await mustRun(runNpm, installArguments);
	const allowed = allowedToRunScripts(folder);
	if (allowed.length === 0) return;
	if (await ignoresScripts(runNpm)) {
		console.error(
			`Your npm is set to ignore scripts, so those of ${allowed.join(', ')} were not run; Mailkey works without them.`,
		);
		return;
	}
	try {
		await mustRun(runNpm, ['rebuild', '--ignore-scripts=false', '--dry-run=false', ...allowed]);
	} catch (error) {
		// Without npm's record nothing counts as installed, so the next start tries again.
		rmSync(join(folder, 'node_modules', '.package-lock.json'), { force: true });
		throw error;
	}
}

/** As npm knows it from its settings' files, the environment and the command line. @param {Parameters<typeof installPackages>[1]} runNpm */
async function ignoresScripts(runNpm) {
	const { output } = await mustRun(runNpm, ['config', 'get', 'ignore-scripts']);
	// Beside the value npm may say more, such as that there is a newer npm.
	return /^true$/m.test(output);
}

/** Of those installed. @param {string} folder @returns {string[]} names */
function allowedToRunScripts(folder) {
	const { allowScripts } = /** @type {{ allowScripts?: Record<string, boolean> }} */ (
		JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
	);
	const { packages } = /** @type {import('./installed.js').LockFile} */ (
		JSON.parse(readFileSync(join(folder, 'node_modules', '.package-lock.json'), 'utf8'))
	);
	return Object.keys(allowScripts ?? {}).filter(
		(name) =>
			allowScripts?.[name] === true &&
			Object.keys(packages).some((path) => path.endsWith(`node_modules/${name}`)),
	);
}

/** @param {Parameters<typeof installPackages>[1]} runNpm @param {string[]} args */
async function mustRun(runNpm, args) {
	const ended = await runNpm(args);
	if (ended.status === 0) return ended;
	console.error(ended.output);
	throw new PlainFault(
		`Installing failed: npm ended with status ${ended.status}, its words are above.`,
	);
}
