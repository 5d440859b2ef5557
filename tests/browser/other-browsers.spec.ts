// The way that everyone should have, in the browsers that Playwright does not bring: Debian's Firefox and WebKitGTK,
// installed where that is possible.

import { expect, test } from '../support/browser-test.ts';
import { ensureFirefox, startFirefox } from '../support/firefox.ts';
import type { OtherBrowser } from '../support/other-browser.ts';
import type { RunningHelper } from '../support/running-helper.ts';
import { startWebKit } from '../support/webkit.ts';
import { ensureWebKit, openWebKitWindow } from '../support/webkit-window.ts';

const browsers = [
	{ name: 'Firefox', ensure: ensureFirefox, start: startFirefox },
	{ name: 'WebKitGTK', ensure: ensureWebKit, start: startWebKit },
];

/** Downloading and unpacking a browser. */
const INSTALLING_MS = 600_000;

for (const { name, ensure, start } of browsers) {
	test.describe(name, () => {
		let isHere = false;
		let browser: OtherBrowser;

		test.beforeAll(async () => {
			test.setTimeout(INSTALLING_MS);
			isHere = await ensure();
		});
		test.beforeEach(async () => {
			test.skip(!isHere, missing(name));
			browser = await start();
		});
		test.afterEach(async () => {
			if (isHere) await browser.close();
		});

		test(`in ${name} the whole journey works by keyboard`, async ({ helper, mailbox }) => {
			const { site } = helper.site;
			await browser.open(deepLink(helper, mailbox));
			await tabTo(browser, 'Site URL');
			expect(await browser.ask(FOCUSED_TEXT)).toBe(site);
			await tabTo(browser, 'Email address');
			expect(await browser.ask(FOCUSED_TEXT)).toBe(mailbox);
			await tabTo(browser, 'Sign in with Microsoft');
			await browser.press('Enter');
			await expect.poll(() => browser.ask('location.origin')).toBe(helper.microsoft.authority);
			await tabTo(browser, `Sign in as ${mailbox}`);
			await browser.press('Enter');

			await expect.poll(() => browser.ask(IS_CONNECTED)).toBe(true);
			expect(await browser.ask('location.href')).toBe(helper.pageUrl);
			expect(await browser.ask('document.activeElement.tagName')).toBe('H1');
			await tabTo(browser, 'OAuth token identifier');
			const identifier = await browser.ask(FOCUSED_TEXT);
			expect(identifier).toMatch(new RegExp(`^ExternalOAuthToken:[0-9]+:${mailbox}$`));
			await expect.poll(() => browser.ask(SELECTED_TEXT)).toBe(identifier);
			// What is said last stays in the live region: the end of the check shall not take the place of "Copied."
			await expect.poll(() => browser.ask(SPOKEN)).toMatch(/^The mailbox check is finished\./);
			await tabTo(browser, 'Copy identifier');
			await browser.press('Space');
			await expect.poll(() => browser.ask(SPOKEN)).toBe('Copied.');
			await tabTo(browser, 'Site URL');
			expect(await browser.ask(FOCUSED_TEXT)).toBe(site);
			await browser.paste();
			expect(await browser.ask(FOCUSED_TEXT)).toBe(identifier);
			await tabTo(browser, 'Email address');
			expect(await browser.ask(FOCUSED_TEXT)).toBe(mailbox);
			expect(await browser.faults(), `what ${browser.version} had against it`).toEqual([]);
		});
	});
}

test('in WebKitGTK nothing is written to the console on the whole way', async ({
	helper,
	mailbox,
}) => {
	test.setTimeout(INSTALLING_MS);
	test.skip(!(await ensureWebKit()), missing('WebKitGTK'));
	const window = await openWebKitWindow(deepLink(helper, mailbox));
	try {
		// Until the page is alive, Enter in a field does nothing.
		await expect
			.poll(async () => {
				const title = await window.title();
				if (title === START) await window.enter();
				return title;
			}, PATIENTLY)
			.toMatch(/^Sign in – Practice/);
		await window.enter();
		await expect.poll(() => window.title(), PATIENTLY).toMatch(/^Connected/);
		expect(window.console()).toEqual([]);
	} finally {
		await window.close();
	}
});

const START = 'OAuth sign-in for Microsoft 365 email';

/** A second Enter shall not come before the browser had the time to leave. */
const PATIENTLY = { timeout: 60_000, intervals: [3_000] };

function missing(name: string): string {
	return `${name} is not here, and only root on Debian can have it installed.`;
}

function deepLink({ pageUrl, site }: RunningHelper, mailbox: string): string {
	return `${pageUrl}?${new URLSearchParams({ site: site.site, email: mailbox })}`;
}

const FOCUSED_NAME =
	'(document.activeElement?.labels?.[0] ?? document.activeElement)?.textContent?.trim()';
const FOCUSED_TEXT = 'document.activeElement.value';
const SELECTED_TEXT =
	'document.activeElement.value.slice(document.activeElement.selectionStart, document.activeElement.selectionEnd)';
const SPOKEN = `document.querySelector('[role=status]').textContent`;
const IS_CONNECTED = `document.querySelector('textarea[readonly]') !== null`;

/** More than the page has things to tab to. */
const MAX_TABS = 40;

async function tabTo(browser: OtherBrowser, name: string): Promise<void> {
	const passed: unknown[] = [];
	for (let tabs = 0; tabs < MAX_TABS; tabs += 1) {
		await browser.press('Tab');
		const focused = await browser.ask(FOCUSED_NAME);
		if (String(focused).startsWith(name)) return;
		passed.push(focused);
	}
	throw new Error(`The key Tab does not come to "${name}", but to ${passed.join(', ')}.`);
}
