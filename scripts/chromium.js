// Finds a Chromium for the browser tests, or has one installed. A candidate counts only once it has
// started here: Playwright's own lacks system libraries on a fresh Debian, and Ubuntu's chromium-browser
// is a script that asks for a snap.

import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { PlainFault } from './plain-fault.js';
import { runProgram, runTool } from './run-tool.js';

/** Playwright's own, which it finds by itself when no path is given. */
const playwrightsOwn = undefined;

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const macPaths = [
	'/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
	'/Applications/Chromium.app/Contents/MacOS/Chromium',
];

const aptGet = '/usr/bin/apt-get';

// A cold start on a busy machine takes some seconds; one that hangs is of no use to the tests either.
const startTimeoutMs = 20_000;
// Playwright shows each tenth of its download: a minute without one is no slow line but no way out.
const downloadSilenceMs = 60_000;

/** @returns {Promise<string | undefined>} the path; undefined for the one that Playwright brought */
export async function findChromium() {
	const given = process.env['CHROMIUM_PATH'];
	if (given) return refuseUnlessStarts(given);
	for (const candidate of [...onThisMachine(), playwrightsOwn]) {
		if (await starts(candidate)) return candidate;
	}
	if ((await letPlaywrightInstall()) && (await starts(playwrightsOwn))) return playwrightsOwn;
	if (await letDebianInstall()) {
		for (const candidate of onThisMachine()) if (await starts(candidate)) return candidate;
	}
	throw new PlainFault(
		'The browser tests need Chromium, and none could be had: install one (on Debian: apt-get install chromium) or name its path in CHROMIUM_PATH.',
	);
}

/** @param {string} given */
async function refuseUnlessStarts(given) {
	if (await starts(given)) return given;
	throw new PlainFault(`CHROMIUM_PATH names ${given}, which does not start as a Chromium.`);
}

function onThisMachine() {
	const folders = (process.env['PATH'] ?? '').split(delimiter).filter(Boolean);
	const paths = names.flatMap((name) => folders.map((folder) => join(folder, name)));
	return [...paths, ...macPaths].filter((path) => existsSync(path));
}

/** @param {string | undefined} executablePath */
async function starts(executablePath) {
	const { chromium } = await import('@playwright/test');
	try {
		const browser = await chromium.launch({
			...(executablePath ? { executablePath } : {}),
			timeout: startTimeoutMs,
		});
		await browser.close();
		return true;
	} catch {
		// Missing, broken or something else of that name: the next candidate is tried.
		return false;
	}
}

async function letPlaywrightInstall() {
	console.error('No Chromium is here; Playwright is asked for its own …');
	const silence = new AbortController();
	let timer = setTimeout(() => silence.abort(), downloadSilenceMs);
	try {
		const { status } = await runTool('playwright', ['install', 'chromium'], {
			output: 'kept',
			signal: silence.signal,
			onOutput: (text) => /\d%/.test(text) && timer.refresh(),
		});
		return status === 0;
	} catch (error) {
		if (silence.signal.aborted) return false;
		throw error;
	} finally {
		clearTimeout(timer);
	}
}

async function letDebianInstall() {
	const isRoot = process.getuid?.() === 0;
	if (!isRoot || !existsSync(aptGet)) return false;
	console.error('Installing Debian’s package chromium …');
	const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
	for (const args of [['update'], ['install', '-y', '--no-install-recommends', 'chromium']]) {
		const { status, output } = await runProgram(aptGet, args, { env, output: 'kept' });
		if (status !== 0) {
			console.error(output);
			return false;
		}
	}
	return true;
}
