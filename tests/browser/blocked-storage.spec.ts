// A browser that keeps nothing, or has no locks: told before anybody goes to Microsoft in vain, or done without.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type BrowserContext, type Page } from '@playwright/test';
import {
	BUTTON,
	connect,
	emailField,
	expect,
	expectFields,
	goToMicrosoft,
	identifierBox,
	openPrefilled,
	signInAs,
	test,
} from '../support/browser-test.ts';

/** Chromium's own setting, "Block all cookies": content settings, 2 is "block". */
const BLOCK_COOKIES = { profile: { default_content_setting_values: { cookies: 2 } } };

const withCookiesBlocked = test.extend<{ blocked: BrowserContext }>({
	blocked: async ({ launchOptions }, use) => {
		const folder = await mkdtemp(join(tmpdir(), 'mailkey-chromium-'));
		await mkdir(join(folder, 'Default'));
		await writeFile(join(folder, 'Default', 'Preferences'), JSON.stringify(BLOCK_COOKIES));
		const context = await chromium.launchPersistentContext(folder, launchOptions);
		await use(context);
		await context.close();
		await rm(folder, { recursive: true, force: true });
	},
});

withCookiesBlocked(
	'where all cookies are blocked, that is told before anybody leaves, and on the return',
	async ({ blocked, helper, mailbox }) => {
		const page = await blocked.newPage();
		await openPrefilled(page, helper, mailbox);
		await press(page);
		await expect(page.getByRole('alert')).toContainText('Allow cookies for this page');
		await expectFields(page, helper, mailbox);
		expect(new URL(page.url()).origin).toBe(helper.origin);
		const state = `${'a'.repeat(10)}|${'b'.repeat(22)}`;
		await page.goto('about:blank');
		await page.goto(`${helper.pageUrl}#code=1.AAA&state=${encodeURIComponent(state)}`);
		await expect(
			page.getByRole('heading', { level: 2, name: 'This browser blocks cookies for this page' }),
		).toBeVisible();
	},
);

test('where session storage throws, that is told before anybody leaves', async ({
	page,
	helper,
	mailbox,
}) => {
	await page.addInitScript(() => {
		Object.defineProperty(window, 'sessionStorage', {
			get() {
				throw new DOMException('denied', 'SecurityError');
			},
		});
	});
	await openPrefilled(page, helper, mailbox);
	await press(page);
	await expect(page.getByRole('alert')).toContainText('Allow site data for this page');
	expect(new URL(page.url()).origin).toBe(helper.origin);
});

test('without navigator.locks the sign-in ends at the identifier', async ({
	page,
	helper,
	mailbox,
}) => {
	await page.addInitScript(() => {
		Object.defineProperty(Navigator.prototype, 'locks', { get: () => undefined });
	});
	await connect(page, helper, mailbox);
	await expect(identifierBox(page)).toBeVisible();
});

test('a plus in a link’s address that was read as a blank is a plus again', async ({
	page,
	helper,
}) => {
	const site = encodeURIComponent(helper.site.site);
	await page.goto(`${helper.pageUrl}?site=${site}&email=help+desk@mycompany.com`);
	await expect(emailField(page)).toHaveValue('help+desk@mycompany.com');
	await goToMicrosoft(page, helper);
	await signInAs(page, 'help+desk@mycompany.com');
	await expect(identifierBox(page)).toHaveValue(/:help\+desk@mycompany\.com$/);
});

async function press(page: Page): Promise<void> {
	await page.getByRole('button', { name: BUTTON }).click();
}
