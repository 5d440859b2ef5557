// A user of an application site connects a mailbox from the site's own settings page and comes back, in a real browser; and
// what becomes of it when the wrong person finishes.

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Browser, Page } from '@playwright/test';
import { createClient } from '../../src/client/client.ts';
import { emailField, expect, signInAs, siteField, test } from '../support/browser-test.ts';
import { startConnectingSite, type ConnectingSite } from '../support/connecting-site.ts';
import type { RunningHelper } from '../support/running-helper.ts';

const MAILKEY = fileURLToPath(new URL('../../bin/mailkey.js', import.meta.url));

let site: ConnectingSite | undefined;
test.beforeEach(async ({ helper }) => {
	const client = createClient({ helper: helper.origin, siteKey: helper.site.key });
	site = await startConnectingSite(client);
	await mailkey(helper, ['site', 'change', helper.site.site, '--add-return-url', site.returnUrl]);
});
test.afterEach(() => site?.stop());

async function mailkey({ environment: env }: RunningHelper, args: string[]): Promise<string> {
	return (await promisify(execFile)(process.execPath, [MAILKEY, ...args], { env })).stdout;
}

/** A browser of somebody who is logged in at the site. */
async function loggedIn(browser: Browser, user: string): Promise<Page> {
	const page = await (await browser.newContext()).newPage();
	await page.goto(`${site?.url}/login?user=${user}`);
	return page;
}

async function pressConnect(page: Page, helper: RunningHelper): Promise<string> {
	await page.getByRole('button', { name: 'Connect Microsoft 365' }).click();
	await page.waitForURL(`${helper.pageUrl}?link=*`);
	return page.url();
}

async function signIn(page: Page, account: string): Promise<void> {
	await page.getByRole('button', { name: 'Sign in with Microsoft' }).click();
	await signInAs(page, account);
}

/** As a browser does with a page that it has kept as it was. */
async function wakeUp(page: Page): Promise<void> {
	await page.evaluate(() =>
		dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })),
	);
}

const continueButton = (page: Page) => page.getByRole('button', { name: 'Continue to Test site' });

test('the whole way: press Connect, sign in, come back, send a message and read it', async ({
	browser,
	helper,
	mailbox,
}) => {
	const page = await loggedIn(browser, mailbox);
	await pressConnect(page, helper);
	for (const name of ['Site URL', 'Email address']) {
		await expect(page.getByRole('textbox', { name })).toHaveJSProperty('readOnly', true);
	}
	await expect(page.getByRole('textbox', { name: 'Email address' })).toHaveValue(mailbox);
	// The site's login is in this window, and nobody sees an identifier.
	await expect(page.getByText(/private \(InPrivate/)).toHaveCount(0);
	await expect(page.getByText(/One identifier/)).toHaveCount(0);
	// The link stays where the language changes.
	const link = page.url();
	await page.getByRole('link', { name: 'Deutsch' }).click();
	await expect(page.locator('html')).toHaveAttribute('lang', 'de');
	expect(page.url()).toBe(link);
	await page.getByRole('link', { name: 'English' }).click();
	await expect(page.locator('html')).toHaveAttribute('lang', 'en');
	await signIn(page, mailbox);
	await expect(page.getByRole('heading', { name: 'One step left' })).toBeVisible();
	await expect(page.getByRole('listitem').filter({ hasText: 'IMAP' })).toContainText('works');
	await page.reload();
	await expect(continueButton(page)).toBeVisible();
	expect(await page.content()).not.toContain('ExternalOAuthToken');
	const kept = await page.context().newPage();
	await kept.goto(helper.pageUrl);
	await expect(continueButton(kept)).toBeVisible();
	await continueButton(page).click();
	await expect(page.getByText(`Mailbox: ${mailbox}`)).toBeVisible();
	expect(page.url()).not.toContain('code=');
	await page.getByRole('button', { name: 'Send and read a message' }).click();
	await expect(page.getByRole('status')).toHaveText(/^Read: Hello from the site/);
	// There once more, or back in the browser's history: it is done, and still nothing is to be copied.
	await page.goto(helper.pageUrl);
	await wakeUp(kept);
	for (const done of [page, kept]) {
		await expect(done.getByRole('heading', { name: 'Connected' })).toBeVisible();
		await expect(done.getByText('There is nothing to copy')).toBeVisible();
		const way = done.getByRole('link', { name: 'Continue to Test site' });
		await expect(way).toHaveAttribute('href', helper.site.site);
		expect(await done.content()).not.toContain('ExternalOAuthToken');
	}
	expect(helper.output()).not.toContain('ExternalOAuthToken');
	await page.context().close();
});

test('a link that another person finishes connects nothing at the site', async ({
	browser,
	helper,
	mailbox,
}) => {
	const maker = await loggedIn(browser, mailbox);
	const url = await pressConnect(maker, helper);
	const victim = await loggedIn(browser, 'victim@mycompany.com');
	await victim.goto(url);
	await signIn(victim, mailbox);
	await continueButton(victim).click();
	await expect(victim.getByRole('status')).toHaveText('This was not your link.');
	await expect(victim.getByText('Mailbox: none')).toBeVisible();
	const [row] =
		await helper.sql`select count(*)::int as n from stored_tokens where mailbox = ${mailbox}`;
	expect(row).toEqual({ n: 0 });
	await Promise.all([maker, victim].map((page) => page.context().close()));
});

test('Try again keeps the link, and a failure can go back to the site too', async ({
	browser,
	helper,
	mailbox,
}) => {
	const page = await loggedIn(browser, mailbox);
	await pressConnect(page, helper);
	await page.getByRole('button', { name: 'Sign in with Microsoft' }).click();
	await page.getByRole('button', { name: 'Cancel' }).click();
	await expect(
		page.getByRole('heading', { name: 'You came back without signing in' }),
	).toBeVisible();
	await expect(continueButton(page)).toBeVisible();
	await page.getByRole('button', { name: 'Try again' }).click();
	await signInAs(page, mailbox);
	await continueButton(page).click();
	await expect(page.getByText(`Mailbox: ${mailbox}`)).toBeVisible();
	await page.context().close();
});

test('a link that was used says so, and where to begin', async ({ page, helper }) => {
	await page.goto(`${helper.pageUrl}?link=${'x'.repeat(43)}`);
	await expect(
		page.getByRole('heading', { name: 'This link cannot be used any more' }),
	).toBeVisible();
});

test('a link of `mailkey site link` opens the page with site and mailbox, which stay as they are', async ({
	page,
	helper,
	mailbox,
}) => {
	const command = ['site', 'link', helper.site.site, '--email', mailbox, '--expires-in', '7d'];
	const printed = JSON.parse(await mailkey(helper, [...command, '--json'])) as {
		id: string;
		url: string;
		expires_at: string;
	};
	const days = (Date.parse(printed.expires_at) - Date.now()) / 86_400_000;
	expect(days).toBeCloseTo(7, 1);
	await page.goto(printed.url);
	await expect(siteField(page)).toHaveValue(helper.site.site);
	await expect(emailField(page)).toHaveValue(mailbox);
	await expect(emailField(page)).toHaveJSProperty('readOnly', true);
	// For people it is a line to send, and what is to be known of it.
	expect(await mailkey(helper, command)).toMatch(/^http\S+\?link=\S+\nGood once, until /);
	expect(printed.url).not.toContain(printed.id);
});

test('support staff makes a link that fills in the page, and nothing leaves the browser', async ({
	page,
	helper,
	mailbox,
}) => {
	await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
	await page.goto(`${helper.origin}/link-builder`, { waitUntil: 'networkidle' });
	const asked: string[] = [];
	page.on('request', (request) => asked.push(request.url()));
	await siteField(page).fill(helper.site.site);
	await emailField(page).fill(`a+b.${mailbox}`);
	const link = await page.getByRole('textbox', { name: 'Link', exact: true }).inputValue();
	await page.getByRole('button', { name: 'Copy Link' }).click();
	await expect(page.getByRole('status')).toHaveText('Copied.');
	expect(asked).toEqual([]);
	await page.goto(link);
	await expect(emailField(page)).toHaveValue(`a+b.${mailbox}`);
	await expect(siteField(page)).toHaveValue(helper.site.site);
});
