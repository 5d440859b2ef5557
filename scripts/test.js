// `npm test`: every test, on a machine that has only Node.js. `npm test -- unit`, `flows` or `browser` runs one
// part, and what follows goes to its runner: `npm test -- unit identifier`. `npm test -- programs` runs the mail
// programs at the gateway, with those that take long to install and that `npm test` leaves out.

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBuilt } from './build.js';
import { findChromium } from './chromium.js';
import { ensureInstalled } from './install.js';
import { PlainFault, runScript } from './plain-fault.js';
import { runTool } from './run-tool.js';
import { readSockets, watchSockets } from './socket-watch.js';
import {
	closingLine,
	countPlaywright,
	countVitest,
	skippedInVitest,
	skippedLines,
} from './test-count.js';

const vitestParts = ['unit', 'flows'];

await runScript(async () => {
	const [named, ...more] = process.argv.slice(2);
	if (named && ![...vitestParts, 'browser', 'programs'].includes(named)) {
		throw new PlainFault(
			`No part of the tests is named "${named}": there are unit, flows, browser, programs.`,
		);
	}
	const isPrograms = named === 'programs';
	const [part, args] = isPrograms ? ['flows', ['gateway-programs', ...more]] : [named, more];
	if (isPrograms) process.env['SLOW_PROGRAMS'] = 'yes';
	await ensureInstalled('devDependencies');
	await ensureBuilt();
	const reports = mkdtempSync(join(tmpdir(), 'mailkey-test-'));
	const sockets = join(reports, 'sockets');
	Object.assign(process.env, watchSockets(sockets));
	try {
		const counts = [];
		if (part !== 'browser') counts.push(await runVitest(part, args, reports));
		if (!part || part === 'browser') counts.push(await runPlaywright(args, reports));
		const left = readSockets(sockets).foreign;
		if (left.length > 0) console.error(`\nSockets were opened to ${left.join(', ')}.`);
		console.log(`\n${closingLine(counts)}`);
		return left.length > 0 || counts.some((count) => count.failed > 0) ? 1 : 0;
	} finally {
		rmSync(reports, { recursive: true });
	}
});

/** @param {string | undefined} part @param {string[]} args @param {string} reports */
async function runVitest(part, args, reports) {
	const report = join(reports, 'vitest.json');
	const project = part ? ['--project', part] : [];
	const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
	const { status } = await runTool('vitest', ['run', ...project, ...reporters, ...args], {
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
