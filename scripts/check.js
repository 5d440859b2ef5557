// `npm run check`: everything that can be told without running the product. All of it runs, and each tool that
// found a fault is named at the end. ESLint takes as long as all the others, and runs beside them.

import { ensureInstalled } from './install.js';
import { checkLicences } from './licences.js';
import { checkLockFile } from './lock-file.js';
import { checkMigrations } from './migrations.js';
import { checkMutations } from './mutations-check.js';
import { checkNamedTests } from './named-tests.js';
import { runScript } from './plain-fault.js';
import { runTool } from './run-tool.js';
import { checkWords, ensureWords } from './words.js';

/** @type {[name: string, check: () => Promise<boolean>][]} */
const checks = [
	['prettier', () => passes('prettier', ['--check', '.'])],
	['svelte-check', () => passes('svelte-check', ['--fail-on-warnings', '--output', 'human'])],
	// svelte-check reads src and tests; this reads the scripts and the tools' own files.
	['tsc', () => passes('tsc', ['--noEmit', '--project', 'scripts/tsconfig.json'])],
	['knip', () => passes('knip', [])],
	['migrations', checkMigrations],
	['lock file', checkLockFile],
	['licences', checkLicences],
	['words of each language', checkWords],
	['tests named in docs/security.md', checkNamedTests],
	['mutations', checkMutations],
];

await runScript(async () => {
	await ensureInstalled('devDependencies');
	await ensureWords();
	// Writes the types of the routes and the tsconfig.json that ours extends.
	const isSynced = await passes('svelte-kit', ['sync']);
	const [lint, faultyInTurn] = await Promise.all([
		runTool('eslint', ['.', '--max-warnings', '0'], { output: 'kept' }),
		checkInTurn(),
	]);
	console.log(`\neslint\n${lint.output.trimEnd()}`);
	const faulty = [
		...(isSynced ? [] : ['svelte-kit sync']),
		...faultyInTurn,
		...(lint.status === 0 ? [] : ['eslint']),
	];
	console.log(faulty.length > 0 ? `\nFaults: ${faulty.join(', ')}` : '\nNo faults.');
	return faulty.length > 0 ? 1 : 0;
});

/** The names of those that found a fault. */
async function checkInTurn() {
	const faulty = [];
	for (const [name, check] of checks) {
		console.log(`\n${name}`);
		if (!(await check())) faulty.push(name);
	}
	return faulty;
}

/** @param {string} tool @param {string[]} args */
async function passes(tool, args) {
	const { status } = await runTool(tool, args);
	return status === 0;
}
