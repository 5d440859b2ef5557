// `npm run mutations`: takes away each defence that docs/security.md names, in a copy of the project, and sees its test
// fail. `npm run mutations -- T5 sealing` does so for the rows that begin like that. `-- --list` writes docs/mutations.md.
// Not part of the tests: each mutation is a run of its own.

import {
	cpSync,
	existsSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBuilt } from './build.js';
import { findChromium } from './chromium.js';
import { ensureInstalled } from './install.js';
import { documentFile, documentText, mutate, table } from './mutations-check.js';
import { PlainFault, runScript } from './plain-fault.js';
import { projectFolder, runProgram } from './run-tool.js';

/** @typedef {import('./mutations-check.js').Mutation} Mutation */
/** @typedef {'red' | 'green' | 'broken'} Outcome `broken`: no test ran, so nothing is proven */

/** What the page is made of. The programs are made of nearly everything, and are quickly built. */
const PAGE =
	/^(src\/(hooks|routes\/|lib\/(browser|components|words|problems|domain)\/)|svelte\.config|vite\.config)/;

/** Neither copied nor needed: the copy gets its own. */
const LEFT_OUT = ['.git', 'node_modules', 'data', 'test-results', 'playwright-report', '.env'];

await runScript(async () => {
	const args = process.argv.slice(2);
	await ensureInstalled('devDependencies');
	if (args.includes('--list')) {
		writeFileSync(join(projectFolder, documentFile), await documentText());
		return 0;
	}
	await ensureBuilt();
	const chosen = table.mutations.filter(
		({ row }) => args.length === 0 || args.some((arg) => isOfRow(row, arg)),
	);
	if (chosen.length === 0) throw new PlainFault(`No row begins like ${args.join(', ')}.`);
	const copy = mkdtempSync(join(tmpdir(), 'mailkey-mutations-'));
	try {
		await copyProject(copy);
		return (await runAll(copy, chosen)) ? 0 : 1;
	} finally {
		rmSync(copy, { recursive: true, force: true });
	}
});

/** `T1` is not `T10`. @param {string} row @param {string} arg */
function isOfRow(row, arg) {
	return /^T[0-9]+$/.test(arg) ? row === arg : row.startsWith(arg);
}

/** @param {string} copy */
async function copyProject(copy) {
	for (const name of readdirSync(projectFolder)) {
		if (LEFT_OUT.includes(name)) continue;
		cpSync(join(projectFolder, name), join(copy, name), {
			recursive: true,
			preserveTimestamps: true,
		});
	}
	const from = join(projectFolder, 'node_modules');
	const to = join(copy, 'node_modules');
	// Hard links cost nothing; between two file systems there are none.
	const linked = await runProgram('cp', ['-al', from, to], { output: 'kept' });
	if (linked.status === 0) return;
	rmSync(to, { recursive: true, force: true });
	await runProgram('cp', ['-a', from, to]);
}

/** @param {string} copy @param {readonly Mutation[]} mutations @returns {Promise<boolean>} whether all is as it should be */
async function runAll(copy, mutations) {
	const faults = [];
	for (const mutation of unmutatedRuns(mutations)) {
		const outcome = await runTest(copy, mutation.test);
		if (outcome !== 'green') faults.push(`without a mutation ${mutation.test[0]} is ${outcome}`);
	}
	for (const mutation of mutations) {
		const outcome = await runMutated(copy, mutation);
		console.log(`${outcome.padEnd(7)}${mutation.row.padEnd(36)}${mutation.defence}`);
		if (outcome !== 'red') faults.push(`${mutation.row}, ${mutation.defence}: ${outcome}`);
	}
	for (const fault of faults) console.error(fault);
	console.log(`\n${mutations.length} mutations, ${faults.length} faults.`);
	return faults.length === 0;
}

/** One run for each test, however many mutations it sees. @param {readonly Mutation[]} mutations */
function unmutatedRuns(mutations) {
	return [...new Map(mutations.map((mutation) => [mutation.test.join(), mutation])).values()];
}

/** @param {string} copy @param {Mutation} mutation @returns {Promise<Outcome>} */
async function runMutated(copy, mutation) {
	const path = join(copy, mutation.file);
	const before = readFileSync(path, 'utf8');
	writeFileSync(path, mutate(before, mutation));
	const parts = partsToBuild(mutation);
	try {
		if (parts.length > 0) await build(copy, parts);
		return await runTest(copy, mutation.test);
	} finally {
		writeFileSync(path, before);
		if (parts.length > 0) restoreBuild(copy);
	}
}

/** Unit tests read sources alone. @param {Mutation} mutation @returns {import('./build-stamp.js').Part[]} */
function partsToBuild({ file, test: [test] }) {
	if (test.startsWith('tests/unit/') || file.startsWith('drizzle/')) return [];
	return PAGE.test(file) ? ['programs', 'page'] : ['programs'];
}

/** @param {string} copy @param {import('./build-stamp.js').Part[]} parts */
async function build(copy, parts) {
	const script = `import('./scripts/build.js').then((build) => build.ensureBuilt(${JSON.stringify(parts)}))`;
	const { status, output } = await runProgram(process.execPath, ['-e', script], {
		output: 'kept',
		cwd: copy,
	});
	if (status !== 0) throw new PlainFault(`The mutated code could not be built:\n${output}`);
}

/** @param {string} copy */
function restoreBuild(copy) {
	for (const folder of ['build', 'packages/gateway/dist']) {
		rmSync(join(copy, folder), { recursive: true, force: true });
		cpSync(join(projectFolder, folder), join(copy, folder), {
			recursive: true,
			preserveTimestamps: true,
		});
	}
}

/** @param {string} copy @param {Mutation['test']} test @returns {Promise<Outcome>} */
async function runTest(copy, [file, title]) {
	const report = join(copy, 'mutation-report.json');
	rmSync(report, { force: true });
	const isBrowser = file.startsWith('tests/browser/');
	await (isBrowser ? runPlaywright : runVitest)(copy, file, titlePattern(title), report);
	if (!existsSync(report)) return 'broken';
	const result = JSON.parse(readFileSync(report, 'utf8'));
	const { passed, failed } = isBrowser
		? { passed: result.stats.expected, failed: result.stats.unexpected }
		: { passed: result.numPassedTests, failed: result.numFailedTests };
	if (failed > 0) return 'red';
	return passed > 0 ? 'green' : 'broken';
}

/** What takes the place of a value in a title is anything. @param {string} title */
function titlePattern(title) {
	return title.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll(/%[sij]/g, '.*');
}

/** @param {string} copy @param {string} file @param {string} title @param {string} report */
async function runVitest(copy, file, title, report) {
	const tool = join(copy, 'node_modules', '.bin', 'vitest');
	const options = ['--reporter=json', `--outputFile.json=${report}`, '-t', title];
	await runProgram(process.execPath, [tool, 'run', file, ...options], {
		output: 'kept',
		cwd: copy,
	});
}

/** @param {string} copy @param {string} file @param {string} title @param {string} report */
async function runPlaywright(copy, file, title, report) {
	const tool = join(copy, 'node_modules', '.bin', 'playwright');
	const chromium = await findChromium();
	const env = {
		...process.env,
		PLAYWRIGHT_JSON_OUTPUT_FILE: report,
		...(chromium && { CHROMIUM_PATH: chromium }),
	};
	const args = [tool, 'test', file, '--reporter=json', '-g', title];
	await runProgram(process.execPath, args, { output: 'kept', cwd: copy, env });
}
