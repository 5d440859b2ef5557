// What there is to press next is in the card that says what happened, and says what it is for.

import {
	approvalLink,
	emailField,
	expect,
	openApproval,
	openPrefilled,
	test,
} from '../support/browser-test.ts';
import { STATES } from '../support/page-states.ts';

test('a return that nobody began here leads to the sign-in page', async ({ page, helper }) => {
	await STATES['a return of somebody else']?.(page, helper);
	const main = page.locator('main .primary');
	await expect(main).toHaveText(['Go to the sign-in page']);
	await main.click();
	await expect(page.getByText('Before you start')).toBeVisible();
	await expect(page.getByRole('heading', { name: 'could not be finished' })).toHaveCount(0);
});

test('“Try again” names the mailbox that it is for, whatever the form below holds by now', async ({
	page,
	helper,
}) => {
	await STATES['cancelled']?.(page, helper);
	await emailField(page).fill('other@mycompany.com');
	await page.getByRole('button', { name: 'Try again with cancelled@mycompany.com' }).click();
	await page.waitForURL(`${helper.microsoft.authority}/**`);
	expect(new URL(page.url()).searchParams.get('login_hint')).toBe('cancelled@mycompany.com');
});

test('in the browser that asked for the approval the next thing is to sign in, elsewhere to tell who asked', async ({
	page,
	otherBrowser,
	helper,
}) => {
	await openPrefilled(page, helper, 'asker@mycompany.com');
	await openApproval(page);
	const href = (await approvalLink(page).getAttribute('href')) ?? '';
	const state = new URL(href).searchParams.get('state') ?? '';
	const returned = `${helper.pageUrl}?admin_consent=True&state=${state}`;
	await page.goto(returned);
	await expect(page.getByText('Now sign in below')).toBeVisible();
	await expect(page.getByText('Tell whoever asked you')).toHaveCount(0);
	const elsewhere = await otherBrowser.newPage();
	await elsewhere.goto(returned);
	await expect(elsewhere.getByText('Tell whoever asked you')).toBeVisible();
	await expect(elsewhere.getByText('Now sign in below')).toHaveCount(0);
});
