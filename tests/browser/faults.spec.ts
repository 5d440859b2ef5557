// What goes wrong at Microsoft or in the fields: in words, with everything still filled in, nothing stored.

import {
	BUTTON,
	connect,
	emailField,
	expect,
	expectFields,
	goToMicrosoft,
	identifierBox,
	openPrefilled,
	redemptions,
	signInAs,
	siteField,
	storedCount,
	test,
} from '../support/browser-test.ts';
import { STATES } from '../support/page-states.ts';
import type { TokenFault } from '../../src/practice/microsoft/token-fault.ts';

test('faults of the fields are summed up, with links that lead to them', async ({
	page,
	helper,
}) => {
	await page.goto(helper.pageUrl);
	await emailField(page).fill('nonsense');
	await page.getByRole('button', { name: BUTTON }).click();
	const alert = page.getByRole('alert');
	await expect(alert).toBeFocused();
	await expect(alert.getByRole('heading')).toHaveText('There is a problem');
	await alert.getByRole('link', { name: 'Enter a full email address' }).click();
	await expect(emailField(page)).toBeFocused();
	await expect(emailField(page)).toHaveValue('nonsense');
	await alert.getByRole('link', { name: 'Enter the URL of your site' }).click();
	await expect(siteField(page)).toBeFocused();
	await expect(siteField(page)).toHaveAttribute('aria-invalid', 'true');
	await expect(page).toHaveTitle(/^Error: /);
});

for (const [what, site, email, words] of [
	[
		'a site that is not registered',
		'https://nobody.example.com',
		'x@mycompany.com',
		'not registered',
	],
	[
		'a mailbox of another domain',
		'https://mysite.equisonline.com',
		'x@sub.mycompany.com',
		'does not take',
	],
] as const) {
	test(`${what} is refused in words, before Microsoft`, async ({ page, helper }) => {
		const before = helper.microsoft.requests.length;
		await page.goto(`${helper.pageUrl}?site=${site}&email=${email}`);
		await page.getByRole('button', { name: BUTTON }).click();
		await expect(page.getByRole('alert')).toContainText(words);
		await expect(emailField(page)).toHaveValue(email);
		expect(helper.microsoft.requests).toHaveLength(before);
	});
}

for (const entered of ['/login?x=1', undefined]) {
	const what = entered ? 'a page of the site' : 'the site with http';
	test(`${what}, pasted from an address bar: the site is offered, and pressed by keyboard`, async ({
		page,
		helper,
	}) => {
		const { site } = helper.site;
		const pasted = entered ? `${site}${entered}` : site.replace('https', 'http');
		const sentence = page.locator('#consent');
		await page.goto(helper.pageUrl);
		await siteField(page).fill(pasted);
		await emailField(page).fill('equis@mycompany.com');
		const offer = page.getByRole('button', { name: 'Use Test site' });
		await expect(offer).toHaveAccessibleDescription(
			`Did you mean ${site}? That is how this site is registered here.`,
		);
		await expect(page.getByRole('status')).toContainText(`Did you mean ${site}?`);
		// It stands at the field: said there a second time, it would move the page.
		await expect(page.getByRole('status')).toHaveClass(/visually-hidden/);
		await expect(sentence).toHaveText(/^\s*The site will be able to read/);
		await page.getByRole('button', { name: BUTTON }).click();
		await expect(page.getByRole('alert')).toBeFocused();
		await siteField(page).focus();
		await page.keyboard.press('Tab');
		await expect(offer).toBeFocused();
		await page.keyboard.press('Enter');
		await expect(siteField(page)).toBeFocused();
		await expect(siteField(page)).toHaveValue(site);
		await expect(offer).toHaveCount(0);
		await expect(sentence).toHaveText(/^\s*mysite\.equisonline\.com will be able to read/);
	});
}

test('who will be able to read mail is said by name of a registered site alone', async ({
	page,
	helper,
}) => {
	const sentence = page.locator('#consent');
	await page.goto(`${helper.pageUrl}?site=https://evil.example&email=equis@mycompany.com`);
	await expect(sentence).toHaveText(/^\s*The site will be able to read/);
	await siteField(page).fill(helper.site.site);
	await expect(sentence).toHaveText(/^\s*mysite\.equisonline\.com will be able to read/);
	await siteField(page).fill('https://evil.example');
	await expect(sentence).toHaveText(/^\s*The site will be able to read/);
});

test('what is typed last and changes neither site nor domain stops no look-up', async ({
	page,
	helper,
}) => {
	await page.goto(helper.pageUrl);
	await siteField(page).pressSequentially(`${helper.site.site}/`);
	await expect(page.locator('#consent')).toHaveText(
		/mysite\.equisonline\.com will be able to read/,
	);
	await siteField(page).fill('');
	await siteField(page).pressSequentially(`${helper.site.site}/login?x=1`);
	await expect(page.getByRole('button', { name: 'Use Test site' })).toBeVisible();
});

test('cancelling at Microsoft is calm, and stays so after a reload', async ({
	page,
	helper,
	mailbox,
}) => {
	await openPrefilled(page, helper, mailbox);
	await goToMicrosoft(page, helper);
	await page.getByRole('button', { name: /^Cancel/ }).click();
	const heading = page.getByRole('heading', { level: 2, name: 'You came back without signing in' });
	await expect(heading).toBeVisible();
	await expectFields(page, helper, mailbox);
	await page.getByText('Details for support').click();
	await expect(page.getByText('AADSTS65004')).toBeVisible();
	await page.reload();
	await expect(heading).toBeVisible();
	await expectFields(page, helper, mailbox);
	expect(await storedCount(helper, mailbox)).toBe(0);
});

test('what only the operator can mend is to be told, not tried again', async ({
	page,
	context,
	helper,
}) => {
	await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: helper.origin });
	await STATES['fault of the operator']?.(page, helper);
	await expect(page.getByRole('button', { name: 'Try again' })).toHaveCount(0);
	await expect(page.locator('main .primary')).toHaveText(['Copy the details']);
	const settings = page.getByText('MICROSOFT_CLIENT_ID');
	await expect(settings).toBeHidden();
	await page.getByRole('button', { name: 'Copy the details' }).click();
	await expect(page.getByRole('status')).toHaveText('Copied.');
	const copied = await page.evaluate(() => navigator.clipboard.readText());
	for (const part of ['AADSTS700016', 'MICROSOFT_CLIENT_ID']) expect(copied).toContain(part);
	await page.getByText('Details for support').click();
	await expect(settings).toBeVisible();
	expect(copied).toContain(`Application: ${helper.clientId}`);
});

for (const [state, title, formTitle, main] of [
	['revoked', /no longer connected/, 'Connect a mailbox', []],
	['approved', /Approved: mycompany/, 'Sign in now', [BUTTON]],
] as const) {
	test(`${state}: that is said first, and the form says what is left to do`, async ({
		page,
		helper,
	}) => {
		await STATES[state]?.(page, helper);
		await expect(page.locator('main .primary')).toHaveText([...main]);
		await expect(page.getByText('Before you start')).toHaveCount(0);
		await expect(page.getByRole('heading', { level: 2 })).toHaveText([
			title,
			formTitle,
			'Language',
		]);
		await expectFields(page, helper, `${state}@mycompany.com`);
		// Named as soon as the fields are filled, though nobody has typed.
		await expect(page.locator('#consent')).toContainText(`as ${state}@mycompany.com`);
	});
}

for (const [state, formTitle] of [
	['expired', 'Sign in again'],
	['fault of the operator', 'Once this is fixed, sign in again'],
	['no answer', 'If no answer comes, sign in again'],
	['a return of somebody else', 'Sign in again'],
] as const) {
	test(`${state}: the form below says when it is of use`, async ({ page, helper }) => {
		await STATES[state]?.(page, helper);
		await expect(page.getByRole('heading', { level: 2 }).nth(1)).toHaveText(formTitle);
	});
}

test('what Microsoft writes is shown as text and does nothing', async ({
	page,
	helper,
	mailbox,
}) => {
	await openPrefilled(page, helper, mailbox);
	await page.route(`${helper.microsoft.authority}/**/authorize?*`, async (route) => {
		const state = new URL(route.request().url()).searchParams.get('state') ?? '';
		const answer = new URLSearchParams({
			error: '<img src=x onerror=alert(1)>',
			error_description: 'AADSTS50105: <script>alert(1)</script> Correlation ID: "><b>x</b>',
			state,
		});
		await route.fulfill({ status: 303, headers: { location: `${helper.pageUrl}#${answer}` } });
	});
	page.on('dialog', () => {
		throw new Error('a script of Microsoft’s text ran');
	});
	await page.getByRole('button', { name: BUTTON }).click();
	await expect(page.getByRole('heading', { level: 2 }).first()).toBeVisible();
	await expectFields(page, helper, mailbox);
	expect(await page.locator('main img, main script, main b').count()).toBe(0);
});

for (const account of ['pat@mycompany.com', 'sam@othercompany.com']) {
	test(`when ${account} signs in, both are named and nothing is stored`, async ({
		page,
		helper,
		mailbox,
	}) => {
		await openPrefilled(page, helper, mailbox);
		await goToMicrosoft(page, helper);
		await signInAs(page, account);
		const panel = page.getByRole('region', { name: /account|How do you open/ });
		await expect(panel).toContainText(account);
		await expect(panel).toContainText(mailbox);
		await expectFields(page, helper, mailbox);
		expect(await storedCount(helper, mailbox)).toBe(0);
	});
}

const wrongTokens: [string, TokenFault][] = [
	['another nonce', { kind: 'claims', change: (claims) => ({ ...claims, nonce: 'another' }) }],
	['another audience', { kind: 'claims', change: (claims) => ({ ...claims, aud: 'another' }) }],
	[
		'another issuer',
		{ kind: 'claims', change: (claims) => ({ ...claims, iss: 'https://evil.example' }) },
	],
	['a wrong signature', { kind: 'wrong_signature' }],
];
for (const [what, tokenFault] of wrongTokens) {
	test(`an ID token with ${what} is thrown away`, async ({ page, helper, mailbox }) => {
		await openPrefilled(page, helper, mailbox);
		await goToMicrosoft(page, helper);
		helper.microsoft.nextTokenAnswer(tokenFault);
		await signInAs(page, mailbox);
		await expect(
			page.getByRole('heading', { level: 2, name: 'Microsoft’s answer could not be trusted' }),
		).toBeVisible();
		await expectFields(page, helper, mailbox);
		expect(await storedCount(helper, mailbox)).toBe(0);
	});
}

test('an answer with another state redeems nothing', async ({ page, helper, mailbox }) => {
	await openPrefilled(page, helper, mailbox);
	await page.route(`${helper.microsoft.authority}/**/authorize?*`, async (route) => {
		const state = new URL(route.request().url()).searchParams.get('state') ?? '';
		const other = `${btoa(JSON.stringify({ id: 'other', meta: { interactionType: 'redirect' } }))}|${state.split('|')[1]}`;
		const answer = new URLSearchParams({ code: 'a-code-of-somebody', state: other });
		await route.fulfill({ status: 303, headers: { location: `${helper.pageUrl}#${answer}` } });
	});
	const before = redemptions(helper);
	await page.getByRole('button', { name: BUTTON }).click();
	await expect(
		page.getByRole('heading', { level: 2, name: 'The sign-in could not be finished' }),
	).toBeVisible();
	await expectFields(page, helper, mailbox);
	expect(redemptions(helper)).toBe(before);
});

test('an answer that belongs to no sign-in is taken out of the address all the same', async ({
	page,
	helper,
}) => {
	await page.goto(`${helper.pageUrl}#code=a-code-of-somebody&state=none`);
	await expect(
		page.getByRole('heading', { level: 2, name: 'The sign-in could not be finished' }),
	).toBeVisible();
	expect(page.url()).toBe(helper.pageUrl);
});

for (const fragment of ['#error=access_denied', '#code=abc']) {
	test(`${fragment}, which is no answer, leaves the page as it is`, async ({ page, helper }) => {
		await page.goto(`${helper.pageUrl}${fragment}`);
		await expect(siteField(page)).toBeVisible();
	});
}

test('an answer that is opened in another browser redeems nothing', async ({
	page,
	otherBrowser,
	helper,
	mailbox,
}) => {
	await openPrefilled(page, helper, mailbox);
	await goToMicrosoft(page, helper);
	const stolen = new Promise<string>((resolve) => {
		void page.route(`${helper.microsoft.authority}/**`, async (route) => {
			const answer = await route.fetch({ maxRedirects: 0 });
			resolve(answer.headers()['location'] ?? '');
			await route.abort();
		});
	});
	const before = redemptions(helper);
	await signInAs(page, mailbox);
	const victim = await otherBrowser.newPage();
	await victim.goto(await stolen);
	await expect(
		victim.getByRole('heading', { level: 2, name: 'This sign-in belongs to another browser' }),
	).toBeVisible();
	expect(redemptions(helper)).toBe(before);
	expect(await storedCount(helper, mailbox)).toBe(0);
});

test('a code is redeemed once, however often it is posted', async ({ page, helper, mailbox }) => {
	const posts: { url: string; body: string }[] = [];
	page.on('request', (request) => {
		const body = request.postData();
		if (request.url().endsWith('/code') && body) posts.push({ url: request.url(), body });
	});
	const before = redemptions(helper);
	await connect(page, helper, mailbox);
	const [post] = posts;
	const answers = await page.evaluate(
		async ({ url, body }) =>
			Promise.all(
				Array.from({ length: 20 }, async () => {
					const headers = { 'content-type': 'application/x-www-form-urlencoded' };
					const answer = await fetch(url, { method: 'POST', headers, body });
					return [answer.status, ((await answer.json()) as { error: string }).error];
				}),
			),
		{ url: post?.url ?? '', body: post?.body ?? '' },
	);
	expect(answers).toEqual(Array.from({ length: 20 }, () => [400, 'invalid_grant']));
	expect(redemptions(helper)).toBe(before + 1);
	await page.reload();
	await expect(identifierBox(page)).toBeVisible();
});

test('a sign-in that is older than an hour has expired, and one press begins anew', async ({
	page,
	helper,
	mailbox,
}) => {
	await openPrefilled(page, helper, mailbox);
	await goToMicrosoft(page, helper);
	await helper.sql`
		update sign_ins set created_at = created_at - interval '61 minutes' where mailbox = ${mailbox}`;
	await signInAs(page, mailbox);
	await expect(page.getByRole('heading', { level: 2, name: 'took too long' })).toBeVisible();
	await expectFields(page, helper, mailbox);
	await goToMicrosoft(page, helper);
	await signInAs(page, mailbox);
	await expect(identifierBox(page)).toBeVisible();
});

test.describe('without JavaScript', () => {
	test.use({ javaScriptEnabled: false });

	test('the page says so, and shows no button that could do nothing', async ({ page, helper }) => {
		await page.goto(helper.pageUrl);
		await expect(page.getByText('This page needs JavaScript')).toBeVisible();
		await expect(page.getByRole('button')).toHaveCount(0);
	});
});
