// Debian's Firefox, over WebDriver BiDi, which it speaks by itself: geckodriver is in neither of the registries.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launch } from 'puppeteer-core';
import { ensureDebianPackages } from './debian.ts';
import type { OtherBrowser } from './other-browser.ts';

const PROGRAM = '/usr/bin/firefox-esr';

export function ensureFirefox(): Promise<boolean> {
	return ensureDebianPackages(['firefox-esr'], [PROGRAM]);
}

/** Firefox asks Mozilla for this and that at each start; all but this machine is behind a proxy that is not there. */
const NOWHERE = {
	'network.proxy.type': 1,
	'network.proxy.http': '127.0.0.1',
	'network.proxy.http_port': 9,
	'network.proxy.ssl': '127.0.0.1',
	'network.proxy.ssl_port': 9,
	// Else Firefox goes around a proxy that is away.
	'network.proxy.allow_bypass': false,
	'network.proxy.failover_direct': false,
};

export async function startFirefox(): Promise<OtherBrowser> {
	// Firefox refuses a home folder of somebody else.
	const home = await mkdtemp(join(tmpdir(), 'mailkey-firefox-'));
	const browser = await launch({
		browser: 'firefox',
		executablePath: PROGRAM,
		// With an empty page the address bar has the focus, and then keys press no button of a page.
		args: ['data:text/html,Hello'],
		env: { PATH: process.env['PATH'], HOME: home },
		extraPrefsFirefox: NOWHERE,
	});
	const [page = await browser.newPage()] = await browser.pages();
	const faults: string[] = [];
	// Violations of the content security policy are among them.
	page.on('pageerror', (error) => faults.push(String(error)));
	page.on('console', (message) => {
		if (message.type() === 'error') faults.push(message.text());
	});
	return {
		version: await browser.version(),
		async open(url) {
			await page.goto(url);
		},
		press: (key) => page.keyboard.press(key === 'Space' ? ' ' : key),
		async paste() {
			await page.keyboard.down('Control');
			await page.keyboard.press('a');
			await page.keyboard.press('v');
			await page.keyboard.up('Control');
		},
		ask: (expression) => page.evaluate(expression),
		faults: () => Promise.resolve(faults),
		async close() {
			await browser.close();
			await rm(home, { recursive: true, force: true });
		},
	};
}
