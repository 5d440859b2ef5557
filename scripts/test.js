// `npm test`: every test, on a machine that has only Node.js. `npm test -- unit`, `flows` or `browser` runs one
// part, and what follows goes to its runner: `npm test -- unit identifier`. `npm test -- programs` runs the mail
// programs at the gateway, with those that take long to install and that `npm test` leaves out. `npm test -- quick` is
// what .ci/run also runs on the Node.js that is recommended: where two versions can differ, and one whole journey.

import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBuilt } from './build.js';
import { findChromium } from './chromium.js';
import { ensureInstalled } from './install.js';
import { PlainFault, runScript } from './plain-fault.js';
import { runTool } from './run-tool.js';
import { readSockets, watchSockets } from './socket-watch.js';
import {
	closingLines,
	countPlaywright,
	countVitest,
	parseCounts,
	skippedInVitest,
	skippedLines,
} from './test-count.js';

/** Sockets, TLS, HTTP, child processes, cryptography and the database driver: what a Node.js brings of its own. */
const QUICK = [
	...['unit/', 'flows/approval', 'flows/attacks', 'flows/client-certificate', 'flows/confirm'],
	...['flows/embedded-postgres-lock', 'flows/fix-sparse-rows', 'flows/gateway-clients'],
	...['flows/gateway-half-closed', 'flows/http', 'flows/mail-wire', 'flows/metrics'],
	...['flows/practice-microsoft', 'flows/redeem-code', 'flows/shutdown', 'flows/sign-in-status'],
	...['flows/token-endpoint', 'flows/vault-resolve'],
].map((name) => `tests/${name}`);

const JOURNEY = ['journey.spec.ts', '--grep', 'the whole journey works by keyboard alone'];

/**
 * What goes to each runner; without arguments it is not run.
 *
 * @type {Record<string, (more: string[]) => { vitest?: string[], playwright?: string[] }>}
 */
const parts = {
	unit: (more) => ({ vitest: ['--project', 'unit', ...more] }),
	flows: (more) => ({ vitest: ['--project', 'flows', ...more] }),
	programs: (more) => ({ vitest: ['--project', 'flows', 'gateway-programs', ...more] }),
	browser: (more) => ({ playwright: more }),
	quick: () => ({ vitest: QUICK, playwright: JOURNEY }),
};

await runScript(async () => {
	const [named, ...more] = process.argv.slice(2);
	const part = named === undefined ? () => ({ vitest: [], playwright: [] }) : parts[named];
	if (!part) {
		const names = Object.keys(parts).join(', ');
		throw new PlainFault(`No part of the tests is named "${named}": there are ${names}.`);
	}
	const { vitest, playwright } = part(more);
	if (named === 'programs') process.env['SLOW_PROGRAMS'] = 'yes';
	await ensureInstalled('devDependencies');
	await ensureBuilt();
	const reports = mkdtempSync(join(tmpdir(), 'mailkey-test-'));
	const sockets = join(reports, 'sockets');
	Object.assign(process.env, watchSockets(sockets));
	try {
		const counts = [];
		if (vitest) counts.push(await runVitest(vitest, reports));
		if (playwright) counts.push(await runPlaywright(playwright, reports));
		const left = readSockets(sockets).foreign;
		if (left.length > 0) console.error(`\nSockets were opened to ${left.join(', ')}.`);
		console.log(`\n${closingLines(withEarlier(counts)).join('\n')}`);
		return left.length > 0 || counts.some((count) => count.failed > 0) ? 1 : 0;
	} finally {
		rmSync(reports, { recursive: true });
	}
});

/**
 * Where several runs are one to those who look (.ci/run), each leaves its counts in a file, and the last one's closing
 * line is that of all.
 *
 * @param {import('./test-count.js').Count[]} counts
 */
function withEarlier(counts) {
	const file = process.env['TEST_COUNTS'];
	if (file === undefined) return counts;
	const earlier = parseCounts(read(file));
	appendFileSync(file, counts.map((count) => `${JSON.stringify(count)}\n`).join(''));
	return [...earlier, ...counts];
}

/** @param {string[]} args @param {string} reports */
async function runVitest(args, reports) {
	const report = join(reports, 'vitest.json');
	const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
	const { status } = await runTool('vitest', ['run', ...reporters, ...args], {
		env: testEnvironment(),
	});
	for (const line of skippedInVitest(read(report))) console.log(line);
	return countVitest(read(report), status);
}

/** @param {string[]} args @param {string} reports */
async function runPlaywright(args, reports) {
	const report = join(reports, 'playwright.json');
	const env = testEnvironment();
	try {
		const path = await findChromium();
		if (path) env['CHROMIUM_PATH'] = path;
	} catch (error) {
		if (!(error instanceof PlainFault)) throw error;
		console.error(error.message);
		return countPlaywright('', 1);
	}
	env['PLAYWRIGHT_JSON_OUTPUT_FILE'] = report;
	const { status } = await runTool('playwright', ['test', '--reporter=list,json', ...args], {
		env,
	});
	for (const line of skippedLines(read(report))) console.log(line);
	return countPlaywright(read(report), status);
}

/** The runners set NODE_ENV as they need it, but not over one that is there. */
function testEnvironment() {
	const env = { ...process.env };
	delete env['NODE_ENV'];
	return env;
}

/** @param {string} report */
function read(report) {
	return existsSync(report) ? readFileSync(report, 'utf8') : '';
}
