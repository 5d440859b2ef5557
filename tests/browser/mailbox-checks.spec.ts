// The result says the truth in one box: whether the mailbox works, why not, and the one thing to press.

import type { Page } from '@playwright/test';
import { connect, expect, identifierBox, test } from '../support/browser-test.ts';

function lines(page: Page) {
	return page.locator('.result').getByRole('listitem');
}

/** Of the box, and of the one button that is more than the others. */
async function expectResult(page: Page, status: string, button: string): Promise<void> {
	await expect(page.getByRole('heading', { level: 2, name: status, exact: true })).toBeVisible();
	await expect(page.locator('main .primary')).toHaveText(button);
	await expect(identifierBox(page)).toHaveValue(/^ExternalOAuthToken:/);
}

for (const [account, status, outcomes, button, causes] of [
	[
		'throttled',
		'Not known yet: the mail server is busy',
		['is not known yet', 'is not known yet', 'is not known yet'],
		'Check again',
		['The mail server is busy at the moment'],
	],
	[
		'read-only',
		'Connected, but sending does not work',
		['works', 'works', 'is not permitted'],
		'Email your administrator',
		['Microsoft gave no right for SMTP (sending mail)'],
	],
	[
		'imap-off',
		'Connected, but not everything works',
		['does not work', 'works', 'works'],
		'Email your administrator',
		['Probably switched off for this mailbox: IMAP'],
	],
	[
		'no-licence',
		'Not working yet',
		['does not work', 'does not work', 'does not work'],
		'Email your administrator',
		['The mail server does not open this mailbox'],
	],
] as const) {
	test(`${account}: “${status}”, each cause once, and one button that gets on`, async ({
		page,
		helper,
	}) => {
		await connect(page, helper, `${account}@mycompany.com`);
		await expectResult(page, status, button);
		await expect(lines(page)).toHaveText([
			`IMAP (reading mail): ${outcomes[0]}`,
			`POP (fetching mail): ${outcomes[1]}`,
			`SMTP (sending mail): ${outcomes[2]}`,
		]);
		await expect(page.locator('.result').getByRole('heading', { level: 3 })).toHaveText([
			...causes,
		]);
		for (const [width, height] of [
			[1280, 800],
			[390, 844],
		] as const) {
			await page.setViewportSize({ width, height });
			await page.evaluate(() => scrollTo(0, 0));
			for (const each of [
				page.getByRole('heading', { name: status }),
				page.locator('main .primary'),
				identifierBox(page),
				page.getByRole('button', { name: 'Copy identifier' }),
			]) {
				await expect(each, `${width}×${height}`).toBeInViewport({ ratio: 1 });
			}
		}
	});
}

for (const [width, height] of [
	[1280, 800],
	[390, 844],
] as const) {
	test(`at ${width}×${height} the end of a check moves the identifier nowhere, whatever it found`, async ({
		page,
		helper,
	}) => {
		await page.setViewportSize({ width, height });
		let release = () => {};
		const gate = new Promise<void>((resolve) => (release = resolve));
		await page.route('**/api/sign-ins/*', async (route) => {
			await gate;
			await route.continue();
		});
		// With the longest of the words that can come.
		await connect(page, helper, 'smtp-off@mycompany.com');
		await expect(page.getByRole('heading', { name: 'Checking the mailbox…' })).toBeVisible();
		// Nothing is to be asked for that is being done.
		await expect(page.getByRole('button', { name: 'Check again' })).toHaveCount(0);
		const before = await identifierBox(page).boundingBox();
		release();
		await expect(page.locator('main .primary')).toHaveText('Email your administrator');
		expect(await identifierBox(page).boundingBox()).toEqual(before);
	});
}

test('a mailbox that works says so in one screen, and can send a test message', async ({
	page,
	helper,
	mailbox,
}) => {
	await page.setViewportSize({ width: 1280, height: 800 });
	await connect(page, helper, mailbox);
	await expect(page.getByRole('status')).toHaveText(
		'The mailbox check is finished. Works: IMAP, POP, SMTP.',
	);
	await expectResult(page, 'Connected', 'Copy identifier');
	await expect(lines(page)).toHaveText([
		'IMAP (reading mail): works',
		'POP (fetching mail): works',
		'SMTP (sending mail): works',
	]);
	const main = [
		page.getByRole('heading', { name: 'Connected', exact: true }),
		identifierBox(page),
		page.getByRole('button', { name: 'Copy identifier' }),
	];
	const steps = page.getByRole('region', { name: 'What to do next' }).locator('ol > li');
	await expect(steps).toHaveCount(3);
	const usualServer = page.getByRole('row').filter({ hasText: 'Outgoing mail: SMTP' });
	for (const each of [...main, steps.nth(0), steps.nth(1), usualServer]) {
		await expect(each).toBeInViewport({ ratio: 1 });
	}
	for (const [width, height] of [
		[390, 844],
		[320, 844],
	] as const) {
		await page.setViewportSize({ width, height });
		await page.evaluate(() => scrollTo(0, 0));
		for (const each of main) await expect(each, `${width}`).toBeInViewport({ ratio: 1 });
	}
	await page.setViewportSize({ width: 1280, height: 800 });
	await page.locator('summary', { hasText: 'Send a test message' }).click();
	const send = page.getByRole('button', { name: 'Send a test message' });
	await send.click();
	await expect(page.getByRole('status')).toHaveText('The test message was sent.');
	expect(helper.mail.messages.at(-1)).toMatchObject({ from: mailbox, to: [mailbox] });
	await send.click();
	await expect(page.getByRole('status')).toHaveText(
		/^This was done too often in a short time\. Try again in [0-9]+ seconds?\.$/,
	);
	expect(helper.mail.messages.filter(({ from }) => from === mailbox)).toHaveLength(1);
});

test('SMTP that is switched off says who can switch it on, and how, in an email that is ready to send', async ({
	page,
	helper,
}) => {
	await connect(page, helper, 'smtp-off@mycompany.com');
	await expect(page.getByRole('status')).toHaveText(
		'The mailbox check is finished. Works: IMAP, POP. Does not work: SMTP.',
	);
	await expectResult(page, 'Connected, but sending does not work', 'Email your administrator');
	const box = page.locator('.result');
	await expect(box).toContainText('Your Microsoft 365 administrator can fix this.');
	const command =
		"Set-CASMailbox -Identity 'smtp-off@mycompany.com' -SmtpClientAuthenticationDisabled $false";
	await expect(box.getByText(command)).toBeHidden();
	await box.getByText('How to fix it').click();
	await expect(box.getByText(command)).toBeVisible();
	await expect(box).toContainText('535 5.7.139');
	const mailto = await page
		.getByRole('link', { name: 'Email your administrator' })
		.getAttribute('href');
	for (const part of ['smtp-off@mycompany.com', helper.site.site, command, '535 5.7.139']) {
		expect(decodeURIComponent(mailto ?? '')).toContain(part);
	}
	await page.setViewportSize({ width: 320, height: 900 });
	const width = await page.evaluate(() => document.documentElement.scrollWidth);
	expect(width).toBeLessThanOrEqual(320);
});

test('“Check again” needs no new sign-in, and the box says nothing of success meanwhile', async ({
	page,
	helper,
}) => {
	await connect(page, helper, 'imap-off@mycompany.com');
	await expect(page.getByRole('status')).toContainText('Does not work: IMAP.');
	const before = helper.microsoft.requests.length;
	await page.getByRole('button', { name: 'Check again' }).click();
	await expect(page.getByRole('heading', { name: 'Checking the mailbox…' })).toBeVisible();
	await expect(lines(page).first()).toHaveText('IMAP (reading mail): checking…');
	await expect(lines(page).first()).toContainText('does not work');
	expect(helper.microsoft.requests).toHaveLength(before);
});
