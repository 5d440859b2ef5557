// What mostly happens at Microsoft: an administrator has to approve, another account signs in, a rule says no.

import type { Page } from '@playwright/test';
import {
	approvalLink,
	BUTTON,
	emailField,
	expect,
	expectFields,
	goToMicrosoft,
	identifierBox,
	openApproval,
	openPrefilled,
	signInAs,
	siteField,
	storedCount,
	test,
} from '../support/browser-test.ts';
import type { RunningHelper } from '../support/running-helper.ts';

const HOW = 'Not connected yet. How do you open this mailbox?';

function lastAuthorize({ microsoft }: RunningHelper) {
	return microsoft.requests.findLast(({ kind }) => kind === 'authorize')?.parameters;
}

test('the start page has the approval link folded, to open, to copy and to send', async ({
	page,
	context,
	helper,
	mailbox,
}) => {
	await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: helper.origin });
	await openPrefilled(page, helper, mailbox);
	await expect(approvalLink(page)).toHaveCount(0);
	await openApproval(page);
	const href = (await approvalLink(page).getAttribute('href')) ?? '';
	expect(href).toMatch(new RegExp(`^${helper.microsoft.authority}/`));
	await page.getByRole('button', { name: 'Copy approval link' }).click();
	await expect(page.getByRole('status')).toHaveText('Copied.');
	expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(href);
	const mailto = await page
		.getByRole('link', { name: 'Email your administrator' })
		.getAttribute('href');
	const text = decodeURIComponent(mailto ?? '');
	for (const part of ['mailto:?subject=', href, mailbox, helper.site.site]) {
		expect(text).toContain(part);
	}
	await emailField(page).fill('');
	await expect(approvalLink(page)).toHaveCount(0);
});

test('an administrator approves without knowing this page, and the visitor goes on', async ({
	page,
	otherBrowser,
	helper,
}) => {
	const mailbox = 'needs-approval@mycompany.com';
	await openPrefilled(page, helper, mailbox);
	await goToMicrosoft(page, helper);
	await signInAs(page, mailbox);
	await page.getByRole('link', { name: 'Return to the application' }).click();
	await expect(
		page.getByRole('heading', { level: 2, name: 'You came back without signing in' }),
	).toBeVisible();
	await expect(
		page.getByText('Did Microsoft say that an administrator must approve?'),
	).toBeVisible();
	await expectFields(page, helper, mailbox);
	await expect(page.locator('main .primary')).toHaveText([`Try again with ${mailbox}`]);
	await expect(approvalLink(page)).toBeVisible();
	const href = (await approvalLink(page).getAttribute('href')) ?? '';

	const administrator = await otherBrowser.newPage();
	await administrator.goto(href);
	await administrator.getByRole('button', { name: /^Cancel/ }).click();
	await expect(
		administrator.getByRole('heading', { level: 2, name: /^Not approved yet: mycompany\.com/ }),
	).toBeVisible();
	await administrator.goto(href);
	await administrator.getByRole('button', { name: /^Accept for My Company/ }).click();
	await expect(
		administrator.getByRole('heading', { level: 2, name: /^Approved: mycompany\.com/ }),
	).toBeVisible();
	await expect.poll(() => administrator.url()).toBe(helper.pageUrl);
	expect(await administrator.locator('body').innerText()).not.toContain('needs-approval');
	await expect(administrator.getByRole('region', { name: /Approved/ })).not.toContainText('mysite');
	await expect(siteField(administrator)).toHaveValue('');
	await expect(emailField(administrator)).toHaveValue('');
	const cookies = await otherBrowser.cookies();
	expect(cookies.filter(({ domain }) => domain === 'localhost')).toEqual([]);
	await administrator.reload();
	await expect(administrator.getByRole('heading', { name: /Approved/ })).toHaveCount(0);

	await goToMicrosoft(page, helper);
	await signInAs(page, mailbox);
	await expect(identifierBox(page)).toBeVisible();
});

test('the return fills the fields in the browser that made the link, and opens twice', async ({
	page,
	helper,
	mailbox,
}) => {
	await openPrefilled(page, helper, mailbox);
	await openApproval(page);
	const href = (await approvalLink(page).getAttribute('href')) ?? '';
	const state = new URL(href).searchParams.get('state') ?? '';
	for (let round = 0; round < 2; round += 1) {
		await page.goto(`${helper.pageUrl}?admin_consent=True&tenant=forged&state=${state}`);
		await expect(
			page.getByRole('heading', { level: 2, name: /^Approved: mycompany\.com/ }),
		).toBeVisible();
		await expectFields(page, helper, mailbox);
		await expect.poll(() => page.url()).toBe(helper.pageUrl);
	}
});

test('a forged return is the plain start page and shows nothing of the query', async ({
	page,
	helper,
}) => {
	await page.goto(
		`${helper.pageUrl}?state=AAAAAAAAAAAAAAAAAAAAAA&error=access_denied&error_description=Call+0900&email=x@evil.example`,
	);
	await expect(page.getByRole('button', { name: BUTTON })).toBeVisible();
	expect(page.url()).toBe(helper.pageUrl);
	expect(await page.locator('body').innerText()).not.toMatch(/0900|evil|pproved/);
	await expect(emailField(page)).toHaveValue('');
});

test.describe('somebody else than the mailbox signed in', () => {
	async function atConfirm(page: Page, helper: RunningHelper, mailbox: string, as: string) {
		await openPrefilled(page, helper, mailbox);
		await goToMicrosoft(page, helper);
		await signInAs(page, as);
		await expect(page.getByRole('heading', { level: 2, name: HOW })).toBeVisible();
		const panel = page.getByRole('region', { name: HOW });
		await expect(panel).toContainText(mailbox);
		await expect(panel).toContainText(as);
		await expectFields(page, helper, mailbox);
		expect(await storedCount(helper, mailbox)).toBe(0);
	}

	test('asks what its owner knows, how the mailbox is opened, and prefers neither way', async ({
		page,
		helper,
		mailbox,
	}) => {
		await page.setViewportSize({ width: 1280, height: 800 });
		await atConfirm(page, helper, mailbox, 'pat@mycompany.com');
		await expect(page.locator('main .primary')).toHaveText(['Use this account for the mailbox']);
		const choices = page.getByRole('region', { name: HOW }).getByRole('listitem');
		await expect(choices).toContainText([
			'With my own account, pat@mycompany.com',
			'With the mailbox’s own password',
		]);
		const [use, signIn] = await Promise.all([
			choices.nth(0).boundingBox(),
			choices.nth(1).boundingBox(),
		]);
		expect(use).toMatchObject({ y: signIn?.y, width: signIn?.width, height: signIn?.height });
		await expect(choices.getByRole('button')).toHaveText([
			'Use this account for the mailbox',
			`Sign in as ${mailbox}`,
		]);
		for (const each of await choices.all()) await expect(each).toBeInViewport({ ratio: 1 });
	});

	test('using the account for a shared mailbox connects it', async ({ page, helper }) => {
		await atConfirm(page, helper, 'shared@mycompany.com', 'pat@mycompany.com');
		await page.reload();
		await page.getByRole('button', { name: 'Use this account for the mailbox' }).click();
		await expect(identifierBox(page)).toHaveValue(/:shared@mycompany\.com$/);
	});

	test('an account that may not open the mailbox is told why, and can try again', async ({
		page,
		helper,
		mailbox,
	}) => {
		await atConfirm(page, helper, mailbox, 'pat@mycompany.com');
		const use = page.getByRole('button', { name: 'Use this account for the mailbox' });
		await use.click();
		const panel = page.getByRole('region', {
			name: 'The mailbox could not be opened with this account.',
		});
		await expect(panel.getByRole('heading')).toHaveCount(1);
		const email = page.getByRole('link', { name: 'Email your administrator' });
		await expect(email).toHaveClass(/primary/);
		await expect(page.locator('main .primary')).toHaveCount(1);
		const mail = decodeURIComponent((await email.getAttribute('href')) ?? '');
		for (const part of [mailbox, 'pat@mycompany.com', 'Add-MailboxPermission']) {
			expect(mail).toContain(part);
		}
		await expect(page.getByRole('button', { name: `Sign in as ${mailbox}` })).toBeVisible();
		await expect(panel.getByText('Add-MailboxPermission').first()).toBeHidden();
		await panel.getByText('How to fix it').click();
		await expect(panel.getByText('Add-MailboxPermission').first()).toBeVisible();
		await expect(use).toHaveAccessibleDescription(/^This was tried just now/);
		expect(await storedCount(helper, mailbox)).toBe(0);
	});

	test('signing in as the mailbox asks for its password again', async ({
		page,
		helper,
		mailbox,
	}) => {
		await atConfirm(page, helper, mailbox, 'pat@mycompany.com');
		await page.getByRole('button', { name: `Sign in as ${mailbox}` }).click();
		await page.waitForURL(`${helper.microsoft.authority}/**`);
		expect(lastAuthorize(helper)).toMatchObject({ prompt: 'login', login_hint: mailbox });
		await signInAs(page, mailbox);
		await expect(identifierBox(page)).toBeVisible();
	});

	test('choosing another account leads to Microsoft’s picker, without a hint', async ({
		page,
		helper,
		mailbox,
	}) => {
		await atConfirm(page, helper, mailbox, 'pat@mycompany.com');
		await page.getByRole('button', { name: 'Choose another account' }).click();
		await page.waitForURL(`${helper.microsoft.authority}/**`);
		const asked = lastAuthorize(helper);
		expect(asked).toMatchObject({ prompt: 'select_account' });
		expect(asked).not.toHaveProperty('login_hint');
		await signInAs(page, 'equis@mycompany.com');
		await expect(page.getByRole('heading', { level: 2, name: HOW })).toBeVisible();
	});
});

for (const [account, words, button, offersApproval] of [
	['blocked', 'A rule of your organisation blocked the sign-in', 'Email your administrator', false],
	['not-assigned', 'This account may not use the application', 'Email your administrator', false],
	[
		'asked-for-approval',
		'An administrator has to answer your request',
		'Email your administrator',
		true,
	],
	[
		'not-permitted',
		'Nobody has given the permission yet',
		'Try again with not-permitted@mycompany.com',
		true,
	],
	[
		'second-proof',
		'Microsoft asks for a second proof of identity',
		'Try again with second-proof@mycompany.com',
		false,
	],
] as const) {
	test(`${account}: ${words}, in one card with one main button`, async ({
		page,
		context,
		helper,
	}) => {
		await context.grantPermissions(['clipboard-read', 'clipboard-write'], {
			origin: helper.origin,
		});
		const mailbox = `${account}@mycompany.com`;
		await openPrefilled(page, helper, mailbox);
		await goToMicrosoft(page, helper);
		await signInAs(page, mailbox);
		const card = page.getByRole('region', { name: words });
		await expect(card).toBeVisible();
		await expectFields(page, helper, mailbox);
		await expect(approvalLink(page)).toHaveCount(offersApproval ? 1 : 0);
		await expect(page.locator('main .primary')).toHaveText([button]);
		await expect(card.locator('.primary')).toHaveText(button);
		// Who can fix it is whom the main button is for.
		await expect(card).toContainText(
			button === 'Email your administrator'
				? 'Your Microsoft 365 administrator can fix this.'
				: 'You can fix this yourself.',
		);
		await expect(page.locator('[aria-current=step]')).toHaveText(/Sign in at Microsoft/);
		await card.getByText('Details for support').click();
		await card.getByRole('button', { name: 'Copy the details' }).press('Enter');
		await expect(page.getByRole('status')).toHaveText('Copied.');
		const copied = await page.evaluate(() => navigator.clipboard.readText());
		for (const part of [/AADSTS[0-9]+/, /Correlation id: [0-9a-f-]{36}/, /Time \(UTC\): 20/]) {
			expect(copied).toMatch(part);
		}
		expect(copied).toContain(`Mailbox: ${mailbox}`);
		expect(copied).toContain(`Application: ${helper.clientId}`);
		await expect(card.getByRole('button', { name: 'Try again' })).toBeVisible();
	});
}

for (const [domain, words] of [
	['nowhere.example', 'Microsoft does not know nowhere.example here'],
	['govcompany.com', 'lives in another Microsoft cloud'],
] as const) {
	test(`typing an address of ${domain} says so, and stops nobody`, async ({ page, helper }) => {
		await page.goto(helper.pageUrl);
		await siteField(page).fill(helper.site.site);
		await emailField(page).pressSequentially(`box@${domain}`);
		await expect(page.getByText(words)).toBeVisible();
		await expect(emailField(page)).toHaveAccessibleDescription(new RegExp(words));
		await expect(page.getByRole('alert')).toHaveCount(0);
		await expect(page.getByRole('button', { name: BUTTON })).toBeEnabled();
	});
}
