// Microsoft's answer is handed on, and its identifier shown, before the page's script is there.

import { analyze } from '../support/axe.ts';
import {
	expect,
	expectFields,
	goToMicrosoft,
	holdScripts,
	holdScriptsAndStyles,
	holdStatus,
	identifierBox,
	openPrefilled,
	redemptions,
	signInAs,
	storedCount,
	test,
} from '../support/browser-test.ts';

test('the code is exchanged before the page’s script and styles are there', async ({
	page,
	helper,
	mailbox,
}) => {
	await openPrefilled(page, helper, mailbox);
	await goToMicrosoft(page, helper);
	const release = await holdScriptsAndStyles(page);
	await signInAs(page, mailbox);
	await expect.poll(() => storedCount(helper, mailbox)).toBe(1);
	const before = redemptions(helper);
	release();
	await expect(identifierBox(page)).toBeVisible();
	expect(redemptions(helper)).toBe(before);
	expect(await page.evaluate(() => Object.keys(sessionStorage).join())).not.toContain('msal');
});

test('the identifier is there, and copied, before the page’s script is', async ({
	page,
	context,
	helper,
	mailbox,
}) => {
	await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: helper.origin });
	await openPrefilled(page, helper, mailbox);
	await goToMicrosoft(page, helper);
	const release = await holdScripts(page);
	await signInAs(page, mailbox);
	await expect(identifierBox(page)).toHaveValue(/^ExternalOAuthToken:/);
	const identifier = await identifierBox(page).inputValue();
	await expect(page).toHaveURL(helper.pageUrl);
	expect(await page.evaluate(() => Object.keys(sessionStorage).join())).not.toContain('msal');
	await expect(page.getByRole('heading', { level: 1 })).toBeFocused();
	expect((await analyze(page)).violations).toEqual([]);
	await page.keyboard.press('Tab');
	await expect(identifierBox(page)).toBeFocused();
	expect(await page.evaluate(() => getSelection()?.toString())).toBe(identifier);
	await page.keyboard.press('Tab');
	await page.keyboard.press('Space');
	await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(identifier);
	release();
	await expect(page.getByRole('status')).toHaveText('Copied.');
	await expect(identifierBox(page)).toHaveValue(identifier);
	await expect(page.getByRole('button', { name: 'Copy identifier' })).toBeFocused();
	await expectFields(page, helper, mailbox);
});

test('a code that got lost before the page’s script was there is posted by msal-browser', async ({
	page,
	helper,
	mailbox,
}) => {
	await openPrefilled(page, helper, mailbox);
	await goToMicrosoft(page, helper);
	let posts = 0;
	await page.route('**/api/sign-ins/*/code', (route) =>
		(posts += 1) === 1 ? route.abort() : route.continue(),
	);
	await signInAs(page, mailbox);
	await expect(identifierBox(page)).toBeVisible();
	expect(posts).toBe(2);
	expect(await page.evaluate(() => Object.keys(sessionStorage).join())).not.toContain('msal');
});

test('a code for another redirect than this tab began is not exchanged', async ({
	page,
	helper,
	mailbox,
}) => {
	await openPrefilled(page, helper, mailbox);
	await goToMicrosoft(page, helper);
	const [, id = ''] = (new URL(page.url()).searchParams.get('state') ?? '').split('|');
	const posts: string[] = [];
	page.on('request', (request) => posts.push(`${request.method()} ${request.url()}`));
	const state = encodeURIComponent(`${btoa('{"id":"of-another-redirect"}')}|${id}`);
	await page.goto(`${helper.pageUrl}#code=a-code&state=${state}`);
	await expect(
		page.getByRole('heading', { name: 'The sign-in could not be finished' }),
	).toBeVisible();
	expect(posts.filter((post) => post.endsWith('/code'))).toEqual([]);
});

test('what was copied before the page’s script was there is not copied again', async ({
	page,
	helper,
	mailbox,
}) => {
	await page.addInitScript(() => {
		let count = 0;
		// As in Safari and Firefox, and where another tab is looked at by then: only a press may write.
		navigator.clipboard.writeText = () =>
			(count += 1) === 1 ? Promise.resolve() : Promise.reject(new Error('refused'));
	});
	await openPrefilled(page, helper, mailbox);
	await goToMicrosoft(page, helper);
	const release = await holdScripts(page);
	// What it says comes between else.
	await holdStatus(page);
	await signInAs(page, mailbox);
	const button = page.getByRole('button', { name: 'Copy identifier' });
	await button.click();
	release();
	await expect(page.getByRole('status')).toHaveText('Copied.');
	await expect(button).toContainText('Copied.');
	await expect(button).toBeFocused();
});

test('what was not copied before the page’s script was there is selected', async ({
	page,
	helper,
	mailbox,
}) => {
	await page.addInitScript(() => {
		navigator.clipboard.writeText = () => Promise.reject(new Error('refused'));
	});
	await openPrefilled(page, helper, mailbox);
	await goToMicrosoft(page, helper);
	const release = await holdScripts(page);
	await holdStatus(page);
	await signInAs(page, mailbox);
	await page.getByRole('button', { name: 'Copy identifier' }).click();
	release();
	await expect(page.getByRole('status')).toContainText('press Ctrl+C');
	await expect(identifierBox(page)).toBeFocused();
});

test('whoever is at the link that loads the page again is not thrown out of the page', async ({
	page,
	helper,
	mailbox,
}) => {
	await openPrefilled(page, helper, mailbox);
	await goToMicrosoft(page, helper);
	const release = await holdScripts(page);
	await signInAs(page, mailbox);
	await identifierBox(page).waitFor();
	const again = page.getByRole('link', { name: 'Load the page again' });
	await expect(again).toBeVisible({ timeout: 20_000 });
	await again.focus();
	release();
	await expect(page.locator('.result')).toBeVisible();
	await expect(page.getByRole('heading', { level: 1 })).toBeFocused();
});

test('a code whose answer never comes ends at the identifier, and can be signed in anew', async ({
	page,
	helper,
	mailbox,
}) => {
	await openPrefilled(page, helper, mailbox);
	await goToMicrosoft(page, helper);
	await page.route('**/code', async (route) => {
		await route.fetch();
	});
	await signInAs(page, mailbox);
	await expect(identifierBox(page)).toBeVisible({ timeout: 20_000 });
	expect(await page.evaluate(() => Object.keys(sessionStorage).join())).not.toContain('msal');
	await goToMicrosoft(page, helper);
});

test('a code whose post gets nowhere is posted again', async ({ page, helper, mailbox }) => {
	await openPrefilled(page, helper, mailbox);
	await goToMicrosoft(page, helper);
	let posts = 0;
	await page.route('**/code', async (route) => {
		if ((posts += 1) > 1) await route.continue();
	});
	await signInAs(page, mailbox);
	await expect(identifierBox(page)).toBeVisible({ timeout: 20_000 });
	expect(posts).toBe(2);
});

test('where each post of the code gets nowhere, a press of the button begins anew', async ({
	page,
	helper,
	mailbox,
}) => {
	await openPrefilled(page, helper, mailbox);
	await goToMicrosoft(page, helper);
	let posts = 0;
	let isOver = false;
	await page.route('**/code', async (route) => {
		posts += 1;
		if (isOver) await route.continue();
	});
	await signInAs(page, mailbox);
	await expect(page.getByRole('status')).toHaveText('The server does not answer.', {
		timeout: 20_000,
	});
	await expect.poll(() => posts).toBe(2);
	// `unroute` would let what waits go on.
	isOver = true;
	await goToMicrosoft(page, helper);
	await signInAs(page, mailbox);
	await expect(identifierBox(page)).toBeVisible();
});
