// A user of an application site connects a mailbox from the site's own settings page and comes back, in a real browser; and
// what becomes of it when the wrong person finishes.

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Browser, Page } from '@playwright/test';
import { createClient } from '../../src/client/client.ts';
import { expect, signInAs, test } from '../support/browser-test.ts';
import { startConnectingSite, type ConnectingSite } from '../support/connecting-site.ts';
import type { RunningHelper } from '../support/running-helper.ts';

const MAILKEY = fileURLToPath(new URL('../../bin/mailkey.js', import.meta.url));

let site: ConnectingSite | undefined;
test.beforeEach(async ({ helper }) => {
	const client = createClient({ helper: helper.origin, siteKey: helper.site.key });
	site = await startConnectingSite(client);
	const change = ['site', 'change', helper.site.site, '--add-return-url', site.returnUrl];
	await promisify(execFile)(process.execPath, [MAILKEY, ...change], { env: helper.environment });
});
test.afterEach(() => site?.stop());

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
	await signIn(page, mailbox);
	await expect(page.getByRole('heading', { name: 'One step left' })).toBeVisible();
	await expect(page.getByRole('listitem').filter({ hasText: 'IMAP' })).toContainText('works');
	await page.reload();
	await expect(continueButton(page)).toBeVisible();
	expect(await page.content()).not.toContain('ExternalOAuthToken');
	await continueButton(page).click();
	await expect(page.getByText(`Mailbox: ${mailbox}`)).toBeVisible();
	expect(page.url()).not.toContain('code=');
	await page.getByRole('button', { name: 'Send and read a message' }).click();
	await expect(page.getByRole('status')).toHaveText(/^Read: Hello from the site/);
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
