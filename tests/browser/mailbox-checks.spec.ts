// The result says the truth in one box: whether the mailbox works, why not, and the one thing to press.

import type { Page } from '@playwright/test';
import { connect, expect, holdStatus, identifierBox, test } from '../support/browser-test.ts';

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
		['not known yet', 'not known yet', 'not known yet'],
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
		'Connected. Not working: IMAP',
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
		const release = await holdStatus(page);
		// With the longest of the words that can come.
		await connect(page, helper, 'smtp-off@mycompany.com');
		await expect(page.getByRole('heading', { name: 'Checking the mailbox…' })).toBeVisible();
		// Nothing is to be asked for that is being done, and what to do next depends on what comes of it.
		await expect(page.getByRole('button', { name: 'Check again' })).toHaveCount(0);
		await expect(page.getByText('What to do next appears here')).toBeVisible();
		await expect(page.getByText('Open the mail settings of')).toHaveCount(0);
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

test('where IMAP does not work, POP is the server to enter', async ({ page, helper }) => {
	await connect(page, helper, 'imap-off@mycompany.com');
	await expect(page).toHaveTitle(/^Connected\. Not working: IMAP – /);
	await expect(page.getByRole('row', { name: 'Incoming mail: POP' })).toBeVisible();
	await expect(page.locator('summary', { hasText: 'IMAP, in place of POP' })).toBeVisible();
	await expect(page.getByRole('rowheader', { name: 'IMAP' })).toHaveCount(0);
});

test('where only POP does not work, the identifier is what there is to copy', async ({
	page,
	helper,
}) => {
	await connect(page, helper, 'pop-off@mycompany.com');
	await expectResult(page, 'Connected. Only POP does not work', 'Copy identifier');
	await expect(page.locator('.result')).toContainText('Only if yours uses POP');
	await expect(page.getByRole('link', { name: 'Email your administrator' })).toHaveClass(
		/secondary/,
	);
});

test('while nothing is known the identifier is there, and nothing is the main thing to press', async ({
	page,
	helper,
}) => {
	await connect(page, helper, 'slow@mycompany.com');
	await expect(page.getByRole('heading', { name: 'Signed in. Checking' })).toBeVisible();
	await expect(page.getByRole('button', { name: 'Copy identifier' })).toBeVisible();
	await expect(page.locator('main .primary')).toHaveCount(0);
});

for (const account of ['no-licence', 'throttled']) {
	test(`${account}: what is to be entered is folded until the mailbox works, and said to be for later`, async ({
		page,
		helper,
	}) => {
		await connect(page, helper, `${account}@mycompany.com`);
		await expect(page.getByText('Enter the identifier at the site once')).toBeVisible();
		const firstStep = page.getByText('Open the mail settings of');
		await expect(firstStep).toBeHidden();
		await page.getByText('What to do once it works').click();
		await expect(firstStep).toBeVisible();
	});
}

test('after the approval of what was not granted one press signs in again', async ({
	page,
	helper,
}) => {
	await connect(page, helper, 'read-only@mycompany.com');
	await expect(page.getByText('After the approval,')).toBeVisible();
	await page.getByRole('button', { name: 'Sign in again' }).click();
	await page.waitForURL(`${helper.microsoft.authority}/**`);
});

test('“Check again” needs no new sign-in, and the box says nothing of success meanwhile', async ({
	page,
	helper,
}) => {
	await connect(page, helper, 'imap-off@mycompany.com');
	await expect(page.getByRole('status')).toContainText('Does not work: IMAP.');
	const before = helper.microsoft.requests.length;
	const button = page.getByRole('button', { name: 'Check again' });
	const release = await holdStatus(page);
	await button.click();
	await expect(page.getByRole('heading', { name: 'Checking the mailbox…' })).toBeVisible();
	await expect(lines(page).first()).toHaveText('IMAP (reading mail): checking…');
	// What was found stays until more is known, and the focus where it was.
	await expect(page.getByRole('heading', { name: 'Probably switched off' })).toBeVisible();
	await expect(button).toBeFocused();
	await expect(button).toHaveAttribute('aria-disabled', 'true');
	release();
	await expect(lines(page).first()).toContainText('does not work');
	expect(helper.microsoft.requests).toHaveLength(before);
});
