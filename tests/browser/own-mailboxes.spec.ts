// The page of whoever connected mailboxes: by keyboard, after a sign-in and in a browser that knows nobody.

import { connect, identifierBox, expect, signInAs, test } from '../support/browser-test.ts';

test('who signs in there sees what they connected, checks it, and revokes it', async ({
	page,
	otherBrowser,
	helper,
}) => {
	const mailbox = 'smtp-off-mailbox@mycompany.com';
	const identifier = await connect(page, helper, mailbox);
	const elsewhere = await otherBrowser.newPage();
	await elsewhere.goto(`${helper.origin}/mailboxes`);
	await expect(elsewhere.getByRole('heading', { level: 1 })).toHaveText('Your connected mailboxes');
	await elsewhere.getByRole('button', { name: 'Sign in with Microsoft' }).press('Enter');
	await elsewhere.waitForURL(`${helper.microsoft.authority}/**`);
	expect(new URL(elsewhere.url()).searchParams.get('scope')).toBe('openid profile');
	await signInAs(elsewhere, mailbox);
	await elsewhere.waitForURL(`${helper.origin}/mailboxes`);
	const entry = elsewhere.getByRole('region', { name: mailbox });
	await expect(entry).toContainText(identifier);
	await expect(entry).toContainText(helper.site.site);
	await expect(entry).toContainText('Not yet');
	// What the check after the sign-in found is there without another one.
	await expect(entry.getByText('Sending does not work')).toBeVisible();
	await expect(entry.getByRole('listitem').filter({ hasText: 'SMTP' })).toContainText(
		'does not work',
	);
	await expect(entry.getByRole('button', { name: 'Copy identifier' })).toBeVisible();

	await entry.getByRole('button', { name: 'Check' }).press('Enter');
	await expect(elsewhere.getByRole('status')).toHaveText(`The check of ${mailbox} is finished.`);
	// On the page as well: nothing stays in front of it.
	await expect(elsewhere.getByRole('status')).toHaveClass(/visually-hidden/);
	await expect(entry.getByText('works').first()).toBeVisible();
	await expect(entry.getByRole('listitem').filter({ hasText: 'does not work' })).toHaveCount(1);
	await expect(entry.getByRole('link', { name: 'Sign in again' })).toHaveAttribute(
		'href',
		/\?link=test\.[\w-]{32}$/,
	);

	await entry.getByRole('button', { name: 'Revoke' }).press('Enter');
	await entry.getByRole('button', { name: 'No, keep it' }).press('Enter');
	await entry.getByRole('button', { name: 'Revoke' }).press('Enter');
	await entry.getByRole('button', { name: 'Yes, revoke it' }).press('Enter');
	await expect(elsewhere.getByText('has connected no mailbox')).toBeVisible();
	await expect(elsewhere.locator('main .primary')).toHaveText(['Connect a mailbox']);
	await expect(elsewhere.getByRole('status')).toContainText('no longer connected');
	await expect(elsewhere.getByRole('heading', { level: 1 })).toBeFocused();
	await page.reload();
	await expect(page.getByText(identifier)).toHaveCount(0);
});

test('after a sign-in the list is there without another one', async ({ page, helper, mailbox }) => {
	await connect(page, helper, mailbox);
	await page.goto(`${helper.origin}/mailboxes`);
	await expect(page.getByRole('region', { name: mailbox })).toBeVisible();
});

test('who comes back without signing in is told so, once', async ({ page, helper }) => {
	await page.goto(`${helper.origin}/mailboxes`);
	await page.getByRole('button', { name: 'Sign in with Microsoft' }).press('Enter');
	await page.waitForURL(`${helper.microsoft.authority}/**`);
	expect(new URL(page.url()).searchParams.get('prompt')).toBe('select_account');
	await page.getByRole('button', { name: /^Cancel/ }).click();
	await expect(page.getByRole('status')).toContainText('You came back without signing in.');
	await expect.poll(() => page.url()).toBe(`${helper.origin}/mailboxes`);
	await page.reload();
	await expect(page.getByRole('status')).toHaveText('');
});

test('who keeps a mailbox after all finds the focus where it was', async ({
	page,
	helper,
	mailbox,
}) => {
	await connect(page, helper, mailbox);
	await page.goto(`${helper.origin}/mailboxes`);
	await page.getByRole('button', { name: 'Revoke' }).press('Enter');
	await page.getByRole('button', { name: 'No, keep it' }).press('Enter');
	await expect(page.getByRole('button', { name: 'Revoke' })).toBeFocused();
});

test('what another tab has ended is told by the check of this one', async ({
	page,
	context,
	helper,
	mailbox,
}) => {
	await connect(page, helper, mailbox);
	const other = await context.newPage();
	await other.goto(`${helper.origin}/mailboxes`);
	await page.getByRole('button', { name: 'Check again' }).waitFor();
	await other.getByRole('button', { name: 'Revoke' }).click();
	await other.getByRole('button', { name: 'Yes, revoke it' }).click();
	await expect(other.getByText('has connected no mailbox')).toBeVisible();
	await page.getByRole('button', { name: 'Check again' }).click();
	await expect(page.getByRole('heading', { name: 'is no longer connected' })).toBeVisible();
	await expect(identifierBox(page)).toBeHidden();
});

test('what another tab has ended is gone when one comes back to the list, and nothing is without a connection', async ({
	page,
	context,
	helper,
	mailbox,
}) => {
	await connect(page, helper, mailbox);
	await page.goto(`${helper.origin}/mailboxes`);
	// There when the script of the page runs.
	await page.getByRole('button', { name: 'Revoke' }).waitFor();
	// Both tabs of this browser count as seen: that one comes back to it is told as a browser tells it.
	const comeBack = () => page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
	await context.setOffline(true);
	await comeBack();
	await page.waitForTimeout(500);
	await expect(page.getByRole('region', { name: mailbox })).toBeVisible();
	await context.setOffline(false);
	const other = await context.newPage();
	await other.goto(`${helper.origin}/mailboxes`);
	await other.getByRole('button', { name: 'Revoke' }).click();
	await other.getByRole('button', { name: 'Yes, revoke it' }).click();
	await expect(other.getByText('has connected no mailbox')).toBeVisible();
	await comeBack();
	await expect(page.getByText('has connected no mailbox')).toBeVisible();
});
