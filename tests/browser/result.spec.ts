// After the identifier: what to do with it, value by value; what to keep; and how to leave.

import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import {
	connect,
	expect,
	goToMicrosoft,
	identifierBox,
	openApproval,
	openPrefilled,
	signInAs,
	storedCount,
	test,
} from '../support/browser-test.ts';

const SHARED_COMPUTER = 'On a computer that others use';
const SIGN_OUT = 'Sign out of Microsoft on this computer';

/** Unfolds what is folded, and presses a button in it. */
async function pressFolded(page: Page, summary: string, button: string): Promise<void> {
	await page.getByText(summary).press('Enter');
	await page.getByRole('button', { name: button }).press('Enter');
}

test('each value of the mail settings is copied on its own, and “Copied” is on the button that was pressed', async ({
	page,
	context,
	helper,
	mailbox,
}) => {
	await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: helper.origin });
	const identifier = await connect(page, helper, mailbox);
	const steps = page.getByRole('region', { name: 'What to do next' });
	await steps.getByText('Incoming mail: POP, in place of IMAP').first().click();
	const values: [name: string, value: string][] = [
		['Copy User name', mailbox],
		['Copy Password', identifier],
	];
	for (const [title, server] of [
		['Incoming mail: IMAP', helper.mail.servers.imap],
		['Incoming mail: POP, in place of IMAP', helper.mail.servers.pop],
		['Outgoing mail: SMTP', helper.mail.servers.smtp],
	] as const) {
		values.push(
			[`Copy Server, ${title}`, server.host],
			[`Copy Port, ${title}`, String(server.port)],
		);
	}
	// Its words would come between.
	await expect(page.getByRole('status')).toContainText('The mailbox check is finished.');
	for (const [name, value] of values) {
		const button = steps.getByRole('button', { name, exact: true });
		const before = await button.boundingBox();
		await button.press('Enter');
		await expect(page.getByRole('status')).toHaveText('Copied.');
		await expect(button.getByText('Copied.')).toBeVisible();
		expect(await button.boundingBox(), name).toEqual(before);
		expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(value);
	}
	await expect(steps.getByRole('button')).toHaveCount(values.length);
	// Nothing floats over anything.
	await expect(page.getByRole('status')).toHaveClass(/visually-hidden/);
});

test('a value that the browser does not let the page copy is selected', async ({
	page,
	helper,
	mailbox,
}) => {
	await page.addInitScript(() => {
		navigator.clipboard.writeText = () => Promise.reject(new Error('refused'));
	});
	await connect(page, helper, mailbox);
	await page.getByRole('button', { name: 'Copy User name' }).click();
	await expect(page.getByRole('status')).toContainText('press Ctrl+C');
	expect(await page.evaluate(() => getSelection()?.toString())).toBe(mailbox);
});

test('the summary holds what the settings need and nothing secret', async ({ page, helper }) => {
	const mailbox = 'smtp-off@mycompany.com';
	const identifier = await connect(page, helper, mailbox);
	await page.getByText('The mailbox check is finished.').waitFor();
	const [download] = await Promise.all([
		page.waitForEvent('download'),
		pressFolded(page, 'Keep for later', 'Download the summary'),
	]);
	expect(download.suggestedFilename()).toBe('mailbox-summary.txt');
	const text = await readFile(await download.path(), 'utf8');
	for (const part of [identifier, helper.site.site, String(helper.mail.servers.smtp.port)]) {
		expect(text).toContain(part);
	}
	expect(text).toContain('IMAP (reading mail): works');
	expect(text).toContain('SMTP (sending mail): does not work');
	for (const secret of [...helper.microsoft.issuedSecrets(), ...helper.ownSecrets]) {
		expect(text).not.toContain(secret);
	}
});

test('on paper stand the identifier and the settings, and nothing that wants to be pressed', async ({
	page,
	helper,
	mailbox,
}) => {
	const identifier = await connect(page, helper, mailbox);
	await page.emulateMedia({ media: 'print' });
	await expect(page.getByRole('textbox', { name: 'OAuth token identifier' })).toHaveValue(
		identifier,
	);
	await expect(page.getByText('Incoming mail: IMAP', { exact: true })).toBeVisible();
	const values = page.getByRole('region', { name: 'What to do next' });
	for (const value of [mailbox, identifier, String(helper.mail.servers.smtp.port)]) {
		await expect(values.getByText(value, { exact: true })).toBeVisible();
	}
	for (const each of await page.locator('button, a.button, form, summary, nav').all()) {
		await expect(each).toBeHidden();
	}
	await page.emulateMedia({ media: 'screen' });
	await page.evaluate(() => {
		Object.assign(window, { print: () => Object.assign(window, { printed: true }) });
	});
	await pressFolded(page, 'Keep for later', 'Print this page');
	expect(await page.evaluate(() => 'printed' in window)).toBe(true);
});

test('the address for signing in again leads to this page, filled in', async ({
	page,
	helper,
	mailbox,
}) => {
	await connect(page, helper, mailbox);
	await page.getByText('Signing in again one day').click();
	const address = await page.locator('.sign-in-again').innerText();
	await page.goto(address);
	await expect(page.getByRole('textbox', { name: 'Email address' })).toHaveValue(mailbox);
	await expect(page.getByRole('textbox', { name: 'Site URL' })).toHaveValue(helper.site.site);
});

test('one can sign out of Microsoft and of the page, and comes back to one that knows nobody', async ({
	page,
	context,
	helper,
	mailbox,
}) => {
	await openPrefilled(page, helper, mailbox);
	// What was entered with the approval link is remembered in this browser.
	await openApproval(page);
	await goToMicrosoft(page, helper);
	await signInAs(page, mailbox);
	await identifierBox(page).waitFor();
	await pressFolded(page, SHARED_COMPUTER, SIGN_OUT);
	await page.waitForURL(`${helper.microsoft.authority}/**`);
	await expect(page.getByRole('heading', { level: 2 })).toHaveText(
		'You signed out of your account',
	);
	const asked = helper.microsoft.requests.findLast(({ kind }) => kind === 'sign_out');
	expect(asked?.parameters).toEqual({ post_logout_redirect_uri: helper.pageUrl });
	expect(await context.cookies()).toEqual([]);
	await page.getByRole('link', { name: 'Back to the application' }).click();
	await expect(page.getByRole('textbox', { name: 'Email address' })).toHaveValue('');
	expect(await page.evaluate(() => Object.keys(localStorage))).toEqual([]);
	await page.goto(`${helper.origin}/mailboxes`);
	await expect(page.getByRole('button', { name: 'Sign in with Microsoft' })).toBeVisible();
	await expect(page.getByText(mailbox)).toHaveCount(0);
});

test('who cannot be forgotten now is told so, and stays', async ({ page, helper, mailbox }) => {
	await connect(page, helper, mailbox);
	await page.route('**/api/sign-out', (route) => route.abort());
	await pressFolded(page, SHARED_COMPUTER, SIGN_OUT);
	await expect(page.getByRole('status')).toContainText('This page could not reach its server.');
	await expect(page.getByRole('textbox', { name: 'OAuth token identifier' })).toBeVisible();
});

test('the way is shown in three steps, and where one is', async ({ page, helper, mailbox }) => {
	const current = page.getByRole('list', { name: 'Three steps' }).locator('[aria-current=step]');
	await openPrefilled(page, helper, mailbox);
	await expect(current).toContainText('Enter site and mailbox');
	await connect(page, helper, mailbox);
	await expect(current).toContainText('Copy the identifier');
	await expect(page.getByRole('listitem').filter({ hasText: 'done' })).toHaveCount(2);
});

test('what the page says besides is seen wherever it is, moves nothing, and is news when it is said again', async ({
	page,
	helper,
	mailbox,
}) => {
	await page.addInitScript(() => {
		navigator.clipboard.writeText = () => Promise.reject(new Error('refused'));
	});
	await connect(page, helper, mailbox);
	// Its words would come between.
	await expect(page.getByRole('status')).toContainText('The mailbox check is finished.');
	const button = page.getByRole('button', { name: 'Copy Port, Outgoing mail: SMTP' });
	await button.scrollIntoViewIfNeeded();
	const before = await button.boundingBox();
	await button.press('Enter');
	await expect(page.getByRole('status')).toBeInViewport();
	expect(await button.boundingBox()).toEqual(before);
	await page.evaluate(() => {
		const said: string[] = [];
		Object.assign(window, { said });
		const region = document.querySelector('[role=status]');
		new MutationObserver(() => said.push(region?.textContent.trim() ?? '')).observe(document.body, {
			...{ subtree: true, childList: true, characterData: true },
		});
	});
	await button.press('Enter');
	await expect
		.poll(() => page.evaluate(() => (window as unknown as { said: string[] }).said))
		.toEqual(['', expect.stringContaining('press Ctrl+C')]);
});

test('who revokes on the page is asked once, and finds the focus at its heading', async ({
	page,
	helper,
	mailbox,
}) => {
	await connect(page, helper, mailbox);
	const revoke = page.getByRole('button', { name: 'Revoke the identifier' });
	await pressFolded(page, 'Disconnect this mailbox', 'Revoke the identifier');
	await page.getByRole('button', { name: 'No, keep it' }).press('Enter');
	await expect(revoke).toBeFocused();
	expect(await storedCount(helper, mailbox)).toBe(1);
	await revoke.press('Enter');
	await page.getByRole('button', { name: 'Yes, revoke it' }).press('Enter');
	await page.getByRole('heading', { level: 2, name: 'no longer connected' }).waitFor();
	await expect(page.getByRole('heading', { level: 1 })).toBeFocused();
});
