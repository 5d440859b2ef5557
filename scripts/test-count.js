// Adds up what the test runners report, so that the closing lines tell the truth of all of them, and what failed early is
// not lost above what came later. What failed
// without being a test (a file that does not load, a runner that dies) counts as one failure: never as none.

import { relative } from 'node:path';

/**
 * `failures` names what failed, a line each.
 *
 * @typedef {{ passed: number, failed: number, skipped: number, failures?: string[] }} Count
 */

/**
 * @param {string} report of Vitest's JSON reporter; empty if it wrote none
 * @param {number} status with which it ended
 * @returns {Count}
 */
export function countVitest(report, status) {
	if (report === '') return withStatus(nothing, status);
	const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } =
		/** @type {VitestReport} */ (JSON.parse(report));
	const unloaded = testResults.filter(
		(file) => file.status === 'failed' && !file.assertionResults.some(isFailed),
	);
	const failed = numFailedTests + unloaded.length;
	const skipped = numPendingTests + numTodoTests;
	const failures = testResults.flatMap((file) => failuresOfFile(file, unloaded.includes(file)));
	return withStatus({ passed: numPassedTests, failed, skipped, failures }, status);
}

/**
 * @param {string} report of Playwright's JSON reporter; empty if it wrote none
 * @param {number} status with which it ended
 * @returns {Count}
 */
export function countPlaywright(report, status) {
	if (report === '') return withStatus(nothing, status);
	const { stats, suites } = /** @type {PlaywrightReport} */ (JSON.parse(report));
	const { expected, flaky, unexpected, skipped } = stats;
	const failures = specsOf(suites)
		.filter(({ tests }) => tests.some(({ status }) => status === 'unexpected'))
		.map(({ file, title }) => `Failed: ${file} › ${title}`);
	return withStatus({ passed: expected + flaky, failed: unexpected, skipped, failures }, status);
}

/** @param {VitestFile} file @param {boolean} isUnloaded */
function failuresOfFile({ name, assertionResults }, isUnloaded) {
	const file = relative(process.cwd(), name ?? '');
	if (isUnloaded) return [`Failed: ${file} does not load`];
	return assertionResults
		.filter(isFailed)
		.map(({ ancestorTitles = [], title }) =>
			['Failed: ' + file, ...ancestorTitles.filter(Boolean), title].join(' › '),
		);
}

/**
 * @param {string} report of Playwright's JSON reporter, whose list says that a test was skipped, but not why
 * @returns {string[]} a line for each test that gave a reason
 */
export function skippedLines(report) {
	if (report === '') return [];
	const { suites } = /** @type {PlaywrightReport} */ (JSON.parse(report));
	return specsOf(suites).flatMap(({ title, tests }) =>
		tests
			.flatMap(({ annotations }) => annotations)
			.filter(({ type, description }) => /^(skip|fixme)$/.test(type) && description !== undefined)
			.map(({ description }) => `Skipped: ${title}: ${description}`),
	);
}

/**
 * @param {string} report of Vitest's JSON reporter, which keeps no reason: it is the title then, `skipped: why`
 * @returns {string[]} a line for each test that gave a reason
 */
export function skippedInVitest(report) {
	if (report === '') return [];
	const { testResults } = /** @type {VitestReport} */ (JSON.parse(report));
	return testResults
		.flatMap(({ assertionResults }) => assertionResults)
		.filter(({ title }) => title?.startsWith('skipped: '))
		.map(({ ancestorTitles, title }) =>
			['Skipped', ancestorTitles?.at(-1), title?.slice('skipped: '.length)].join(': '),
		);
}

/** @param {PlaywrightSuite[]} [suites] @returns {PlaywrightSpec[]} */
function specsOf(suites = []) {
	return suites.flatMap(({ specs, suites }) => [...specs, ...specsOf(suites)]);
}

/** @param {Count[]} counts */
export function closingLines(counts) {
	return [...counts.flatMap(({ failures = [] }) => failures), closingLine(counts)];
}

/** @param {Count[]} counts */
function closingLine(counts) {
	const sum = (/** @type {'passed' | 'failed' | 'skipped'} */ key) =>
		counts.reduce((all, count) => all + count[key], 0);
	const skipped = sum('skipped');
	const ending = skipped > 0 ? `, ${skipped} skipped` : '';
	return `${sum('passed')} passed, ${sum('failed')} failed${ending}`;
}

/**
 * @param {string} text of a file of counts, a line each
 * @returns {Count[]}
 */
export function parseCounts(text) {
	const lines = text.split('\n').filter((line) => line !== '');
	return lines.map((line) => JSON.parse(line));
}

const nothing = { passed: 0, failed: 0, skipped: 0 };

/** @param {Count} count @param {number} status @returns {Count} */
function withStatus(count, status) {
	return status !== 0 && count.failed === 0 ? { ...count, failed: 1 } : count;
}

/** @param {{ status: string }} test */
function isFailed(test) {
	return test.status === 'failed';
}

/**
 * @typedef {object} VitestReport
 * @property {number} numPassedTests
 * @property {number} numFailedTests
 * @property {number} numPendingTests
 * @property {number} numTodoTests
 * @property {VitestFile[]} testResults
 */

/** @typedef {{ name?: string, status: string, assertionResults: VitestResult[] }} VitestFile */

/** @typedef {{ status: string, title?: string, ancestorTitles?: string[] }} VitestResult */

/**
 * @typedef {object} PlaywrightReport
 * @property {{ expected: number, flaky: number, unexpected: number, skipped: number }} stats
 * @property {PlaywrightSuite[]} [suites]
 */

/** @typedef {{ specs: PlaywrightSpec[], suites?: PlaywrightSuite[] }} PlaywrightSuite */

/**
 * @typedef {object} PlaywrightSpec
 * @property {string} title
 * @property {string} [file]
 * @property {{ status?: string, annotations: { type: string, description?: string }[] }[]} tests
 */
