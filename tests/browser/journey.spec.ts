// The way that everyone should have: from the link to the identifier.

import {
	approvalLink,
	connect,
	emailField,
	expect,
	expectFields,
	goToMicrosoft,
	holdScripts,
	identifierBox,
	openPrefilled,
	signInAs,
	siteField,
	test,
} from '../support/browser-test.ts';

test('the whole journey works by keyboard alone', async ({ page, context, helper, mailbox }) => {
	await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: helper.origin });
	await page.goto(helper.pageUrl);
	await page.getByRole('button', { name: 'Sign in with Microsoft' }).waitFor();
	await page.keyboard.press('Tab');
	await expect(siteField(page)).toBeFocused();
	await page.keyboard.type(helper.site.site);
	await page.keyboard.press('Tab');
	await expect(emailField(page)).toBeFocused();
	await page.keyboard.type(mailbox);
	await page.keyboard.press('Tab');
	await expect(page.getByRole('button', { name: 'Sign in with Microsoft' })).toBeFocused();
	await page.keyboard.press('Enter');
	await page.waitForURL(`${helper.microsoft.authority}/**`);
	await page.keyboard.press('Tab');
	await page.keyboard.press('Enter');
	await identifierBox(page).waitFor();
	await expect(page.getByRole('heading', { level: 1 })).toBeFocused();
	await page.keyboard.press('Tab');
	await expect(identifierBox(page)).toBeFocused();
	await page.keyboard.press('Tab');
	await expect(page.getByRole('button', { name: 'Copy identifier' })).toBeFocused();
	await page.keyboard.press('Space');
	await expect(page.getByRole('status')).toHaveText('Copied.');
	const copied = await page.evaluate(() => navigator.clipboard.readText());
	expect(copied).toMatch(new RegExp(`^ExternalOAuthToken:[0-9]+:${mailbox}$`));
	await expectFields(page, helper, mailbox);
});

test('a deep link fills the fields and starts nothing', async ({ page, helper, mailbox }) => {
	const before = helper.microsoft.requests.length;
	await openPrefilled(page, helper, mailbox);
	await expectFields(page, helper, mailbox);
	await expect(page.getByText(`mysite.equisonline.com will be able to read`)).toContainText(
		mailbox,
	);
	await page.waitForTimeout(1_500);
	expect(helper.microsoft.requests).toHaveLength(before);
	expect(page.url()).toContain(helper.pageUrl);
});

for (const [width, height, colorScheme] of [
	[1280, 800, 'light'],
	[390, 844, 'dark'],
] as const) {
	test(`at ${width}×${height} the button is seen at once, and a press before the script runs is carried out`, async ({
		page,
		helper,
		mailbox,
	}) => {
		await page.setViewportSize({ width, height });
		await page.emulateMedia({ colorScheme });
		const release = await holdScripts(page);
		const query = new URLSearchParams({ site: helper.site.site, email: mailbox });
		await page.goto(`${helper.pageUrl}?${query}`, { waitUntil: 'commit' });
		const button = page.getByRole('button', { name: 'Sign in with Microsoft' });
		await expect(button).toBeInViewport({ ratio: 1 });
		await expect(button).toHaveAttribute('aria-disabled', 'true');
		await expect(page.locator('main .primary')).toHaveCount(1);
		await expect(page.getByRole('region', { name: 'The site that you connect' })).toContainText(
			'Test site',
		);
		// And before it what it takes to begin well.
		const advice = page.getByText(/private \(InPrivate/).filter({ visible: true });
		const [adviceBox, buttonBox] = await Promise.all([advice.boundingBox(), button.boundingBox()]);
		expect(adviceBox?.y).toBeLessThan(buttonBox?.y ?? 0);
		const top = () => button.evaluate((each) => each.getBoundingClientRect().top + scrollY);
		const before = await top();
		await button.focus();
		await button.press('Enter');
		expect(page.url()).toContain(helper.pageUrl);
		release();
		await page.waitForURL(`${helper.microsoft.authority}/**`);
		await page.goBack();
		await expect(button).not.toHaveAttribute('aria-disabled');
		expect(await top()).toBe(before);
		// Who comes back sees the shape of the result before the script runs, and no form.
		await goToMicrosoft(page, helper);
		await page.unroute('**/_app/**/*.js');
		await page.route('**/_app/**/*.js', () => undefined);
		await signInAs(page, mailbox);
		await expect(page.locator('.skeleton')).toBeVisible();
		await expect(siteField(page)).toBeHidden();
	});
}

test('what is typed and unfolded before the script runs is taken up when it does', async ({
	page,
	helper,
	mailbox,
}) => {
	const release = await holdScripts(page);
	await page.goto(helper.pageUrl, { waitUntil: 'commit' });
	await siteField(page).fill(helper.site.site);
	await emailField(page).fill(mailbox);
	await page.getByText('Your organisation may have to approve first').click();
	release();
	await expect(page.locator('#consent')).toHaveText(/^\s*mysite\.equisonline\.com will be able to/);
	await expect(page.locator('#consent')).toContainText(mailbox);
	await expect(approvalLink(page)).toBeVisible();
	await expectFields(page, helper, mailbox);
	// In another language too.
	await page.getByRole('link', { name: 'Deutsch' }).click();
	await expect(page.locator('html')).toHaveAttribute('lang', 'de');
	await expect(page.locator('#email')).toHaveValue(mailbox);
});

test('what is selected before the script runs stays so, and is typed over', async ({
	page,
	helper,
	mailbox,
}) => {
	const release = await holdScripts(page);
	const query = new URLSearchParams({ site: helper.site.site, email: mailbox });
	await page.goto(`${helper.pageUrl}?${query}`, { waitUntil: 'commit' });
	await emailField(page).focus();
	await page.keyboard.press('ControlOrMeta+A');
	release();
	await page.locator('html[data-alive]').waitFor();
	await expect(emailField(page)).not.toHaveAttribute('value');
	await page.keyboard.type('other@mycompany.com');
	await expectFields(page, helper, 'other@mycompany.com');
});

test('the page names each file that a return needs, and the answer to the code says what came of it', async ({
	page,
	helper,
	mailbox,
}) => {
	await openPrefilled(page, helper, mailbox);
	await goToMicrosoft(page, helper);
	// So that nothing is in the cache; and nobody answers what is asked besides.
	await page.route('**/_app/**', (route) => route.continue());
	await page.route('**/api/sign-ins/*', () => undefined);
	const scripts: string[] = [];
	let named = '';
	page.on('response', async (response) => {
		const { pathname } = new URL(response.url());
		if (pathname.endsWith('.js')) scripts.push(pathname);
		if (!response.url().startsWith(helper.pageUrl)) return;
		named = `${await response.headerValue('link')} ${await response.text()}`;
	});
	await signInAs(page, mailbox);
	await identifierBox(page).waitFor();
	expect(scripts.length).toBeGreaterThan(5);
	// SvelteKit fetches its error page with every page, and nothing waits for it.
	const unnamed = scripts.filter((path) => !named.includes(path) && !path.includes('/nodes/1.'));
	expect(unnamed).toEqual([]);
});

test('the root leads to the page and keeps the query', async ({ page, helper, mailbox }) => {
	await page.goto(`${helper.origin}/?site=mysite.equisonline.com&email=${mailbox}`);
	expect(page.url()).toBe(`${helper.pageUrl}?site=mysite.equisonline.com&email=${mailbox}`);
	await expect(emailField(page)).toHaveValue(mailbox);
});

test('what is for practice mode alone is not there', async ({ page, helper }) => {
	const answer = await page.goto(`${helper.origin}/practice/components`);
	expect(answer?.status()).toBe(404);
});

test('a query in the address wins over an earlier sign-in', async ({ page, helper, mailbox }) => {
	await connect(page, helper, mailbox);
	await page.goto(`${helper.pageUrl}?site=https://other.example.com&email=other@example.com`);
	await expect(siteField(page)).toHaveValue('https://other.example.com');
	await expect(emailField(page)).toHaveValue('other@example.com');
	await expect(identifierBox(page)).toHaveCount(0);
});

test('what people type is forgiven, and the mailbox keeps its capitals in the field', async ({
	page,
	helper,
	mailbox,
}) => {
	await page.goto(helper.pageUrl);
	await siteField(page).fill('  MySite.EquisOnline.com/ ');
	const typed = mailbox.toUpperCase().replace('MYCOMPANY.COM', 'MyCompany.com');
	await emailField(page).fill(` ${typed} `);
	await goToMicrosoft(page, helper);
	await page.getByRole('button', { name: /^Sign in as box-/i }).click();
	await identifierBox(page).waitFor();
	expect(await identifierBox(page).inputValue()).toMatch(new RegExp(`:${mailbox}$`));
	await expectFields(page, helper, typed);
});

test('the text box is read-only, and a refused clipboard selects the text', async ({
	page,
	helper,
	mailbox,
}) => {
	await page.addInitScript(() => {
		navigator.clipboard.writeText = () => Promise.reject(new Error('refused'));
	});
	const identifier = await connect(page, helper, mailbox);
	await expect(identifierBox(page)).toHaveAttribute('readonly');
	// Its words would come between.
	await expect(page.getByRole('status')).toContainText('The mailbox check is finished.');
	await page.getByRole('button', { name: 'Copy identifier' }).click();
	await expect(page.getByRole('status')).toContainText('press Ctrl+C');
	expect(await page.evaluate(() => getSelection()?.toString())).toBe(identifier);
});

test('signing in again keeps the identifier and seals anew', async ({ page, helper, mailbox }) => {
	const first = await connect(page, helper, mailbox);
	const read = () =>
		helper.sql`select sealed_refresh_token as sealed from stored_tokens where mailbox = ${mailbox}`;
	const [before] = await read();
	const second = await connect(page, helper, mailbox);
	const rows = await read();
	expect(second).toBe(first);
	expect(rows).toHaveLength(1);
	expect(rows[0]?.['sealed']).not.toBe(before?.['sealed']);
});

test('after the sign-in nothing of it is left in the browser', async ({
	page,
	context,
	helper,
	mailbox,
}) => {
	await connect(page, helper, mailbox);
	expect(page.url()).toBe(helper.pageUrl);
	const kept = await page.evaluate(() =>
		JSON.stringify([Object.entries(sessionStorage), Object.entries(localStorage)]),
	);
	expect(kept).not.toContain('msal');
	for (const secret of helper.microsoft.issuedSecrets()) expect(kept).not.toContain(secret);
	const cookies = (await context.cookies()).filter(({ domain }) => domain === 'localhost');
	expect(cookies).toHaveLength(1);
	expect(cookies[0]).toMatchObject({ httpOnly: true, sameSite: 'Lax', path: '/' });
});

test('msal-browser is not loaded before the button is pressed', async ({
	page,
	helper,
	mailbox,
}) => {
	const scripts: string[] = [];
	page.on('response', (response) => {
		if (response.url().endsWith('.js')) scripts.push(response.url());
	});
	await openPrefilled(page, helper, mailbox);
	await page.waitForLoadState('networkidle');
	const before = [...scripts];
	await goToMicrosoft(page, helper);
	expect(scripts.length).toBeGreaterThan(before.length);
});

test('one status region is there from the start and says little', async ({
	page,
	helper,
	mailbox,
}) => {
	await page.addInitScript(() => {
		const said: string[] = [];
		Object.assign(window, { said });
		addEventListener('DOMContentLoaded', () => {
			const region = document.querySelector('[role=status]');
			new MutationObserver(() => said.push(region?.textContent ?? '')).observe(document.body, {
				subtree: true,
				childList: true,
				characterData: true,
			});
		});
	});
	await openPrefilled(page, helper, mailbox);
	await expect(page.getByRole('status')).toHaveCount(1);
	await goToMicrosoft(page, helper);
	await signInAs(page, mailbox);
	await expect(page.getByRole('status')).toContainText('The mailbox check is finished.');
	const said = await page.evaluate(() => (window as unknown as { said: string[] }).said);
	// Only where the page's script is there before the server has answered.
	const isMore = (text: string) => text !== '' && text !== 'Finishing the sign-in…';
	expect(new Set(said.filter(isMore))).toEqual(
		new Set([
			'Signed in. The identifier is ready to copy.',
			'The mailbox check is finished. Works: IMAP, POP, SMTP.',
		]),
	);
	await expect(page.getByRole('status')).toHaveCount(1);
});

test('the owner revokes on the page, and the number never comes back', async ({
	page,
	helper,
	mailbox,
}) => {
	const first = await connect(page, helper, mailbox);
	await page.getByText('Disconnect this mailbox').click();
	await page.getByRole('button', { name: 'Revoke the identifier' }).click();
	await page.getByRole('button', { name: 'Yes, revoke it' }).click();
	await expect(page.getByRole('heading', { level: 2 }).first()).toContainText(
		'no longer connected',
	);
	const [row] = await helper.sql`
		select state, sealed_refresh_token as r, sealed_access_token as a from stored_tokens
		where mailbox = ${mailbox}`;
	expect(row).toMatchObject({ state: 'revoked', r: null, a: null });
	expect(await connect(page, helper, mailbox)).not.toBe(first);
});
