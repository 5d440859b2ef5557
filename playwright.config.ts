// The browser tests run against the production build, by two browsers side by side: each has a helper and a database of its own.

import { defineConfig } from '@playwright/test';

const isCi = Boolean(process.env['CI']);
// Set by scripts/test.js, which looks for a Chromium; without it Playwright takes the one it brought.
const executablePath = process.env['CHROMIUM_PATH'];

export default defineConfig({
	testDir: 'tests/browser',
	outputDir: 'test-results',
	workers: 2,
	retries: 0,
	forbidOnly: isCi,
	reporter: 'list',
	timeout: 60_000,
	expect: {
		timeout: 10_000,
		// What is there beyond what was looked at is a fault too.
		toMatchAriaSnapshot: {
			children: 'deep-equal',
			pathTemplate: '{testDir}/aria/{arg}{ext}',
		},
	},
	use: {
		browserName: 'chromium',
		trace: isCi ? 'off' : 'retain-on-failure',
		launchOptions: {
			...(executablePath ? { executablePath } : {}),
			// Playwright itself leaves the sandbox off, which is what lets root run this.
			args: [
				'--disable-background-networking',
				'--disable-component-update',
				'--disable-sync',
				'--no-first-run',
				'--disable-gpu',
			],
		},
	},
});
