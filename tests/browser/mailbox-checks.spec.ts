// What the page says of the mailbox check, beside the identifier.

import { connect, expect, test } from '../support/browser-test.ts';
import type { Page } from '@playwright/test';

function lines(page: Page) {
	return page.getByRole('region', { name: 'Does the mailbox work?' }).getByRole('listitem');
}

test('a mailbox that works is said to work, once, and can send a test message', async ({
	page,
	helper,
	mailbox,
}) => {
	await connect(page, helper, mailbox);
	await expect(page.getByRole('status')).toHaveText(
		'The mailbox check is finished. Works: IMAP, POP, SMTP.',
	);
	await expect(lines(page)).toHaveText([
		'IMAP (reading mail): works',
		'POP (fetching mail): works',
		'SMTP (sending mail): works',
	]);
	await page.screenshot({ path: 'test-results/checks-passed.png', fullPage: true });
	await page.getByRole('button', { name: 'Send a test message' }).click();
	await expect(page.getByRole('status')).toHaveText('The test message was sent.');
	expect(helper.mail.messages.at(-1)).toMatchObject({ from: mailbox, to: [mailbox] });
	await page.getByRole('button', { name: 'Send a test message' }).click();
	await expect(page.getByRole('status')).toHaveText(
		/^This was done too often in a short time\. Try again in [0-9]+ seconds?\.$/,
	);
	expect(helper.mail.messages.filter(({ from }) => from === mailbox)).toHaveLength(1);
});

test('SMTP that is switched off says who can switch it on, and how', async ({ page, helper }) => {
	await connect(page, helper, 'smtp-off@mycompany.com');
	await expect(page.getByRole('status')).toHaveText(
		'The mailbox check is finished. Works: IMAP, POP. Does not work: SMTP.',
	);
	const smtp = lines(page).filter({ hasText: 'SMTP (sending mail): does not work' });
	await expect(smtp).toContainText('Your Microsoft 365 administrator can fix this.');
	await expect(smtp).toContainText(
		"Set-CASMailbox -Identity 'smtp-off@mycompany.com' -SmtpClientAuthenticationDisabled $false",
	);
	await smtp.getByText('Details for support').click();
	await expect(smtp).toContainText('535 5.7.139');
	await expect(page.getByRole('button', { name: 'Send a test message' })).toHaveCount(0);
	await page.setViewportSize({ width: 320, height: 900 });
	await page.screenshot({ path: 'test-results/checks-smtp-off-320.png', fullPage: true });
	const width = await page.evaluate(() => document.documentElement.scrollWidth);
	expect(width).toBeLessThanOrEqual(320);
});

test('“Check again” needs no new sign-in', async ({ page, helper }) => {
	await connect(page, helper, 'imap-off@mycompany.com');
	await expect(page.getByRole('status')).toContainText('Does not work: IMAP.');
	const before = helper.microsoft.requests.length;
	await page.getByRole('button', { name: 'Check again' }).click();
	await expect(lines(page).first()).toHaveText('IMAP (reading mail): is being checked…');
	await expect(lines(page).first()).toContainText('does not work');
	expect(helper.microsoft.requests).toHaveLength(before);
});
