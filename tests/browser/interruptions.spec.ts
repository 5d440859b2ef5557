// Reload, back, two tabs, a lost answer, a dead server: each ends at the identifier or at a plain sentence.

import type { Locator, Route } from '@playwright/test';
import {
	BUTTON,
	connect,
	expect,
	expectFields,
	goToMicrosoft,
	holdScripts,
	identifierBox,
	openPrefilled,
	redemptions,
	signInAs,
	storedCount,
	test,
} from '../support/browser-test.ts';

test('Back at Microsoft and signing in again works', async ({ page, helper, mailbox }) => {
	await openPrefilled(page, helper, mailbox);
	await goToMicrosoft(page, helper);
	await page.goBack();
	await expectFields(page, helper, mailbox);
	await goToMicrosoft(page, helper);
	await signInAs(page, mailbox);
	await expect(identifierBox(page)).toBeVisible();
});

test('a reload at the result, and a second tab, show the same identifier', async ({
	page,
	context,
	helper,
	mailbox,
}) => {
	const identifier = await connect(page, helper, mailbox);
	await page.reload();
	await expect(identifierBox(page)).toHaveValue(identifier);
	const second = await context.newPage();
	await second.goto(helper.pageUrl);
	await expect(identifierBox(second)).toHaveValue(identifier);
});

test('a reload while the code is exchanged ends at the identifier', async ({
	page,
	helper,
	mailbox,
}) => {
	await openPrefilled(page, helper, mailbox);
	await goToMicrosoft(page, helper);
	helper.microsoft.nextTokenAnswer({ kind: 'latency', ms: 3_000 });
	await signInAs(page, mailbox);
	await expect(page.getByRole('status')).toHaveText('Finishing the sign-in…');
	await expect.poll(() => stateOf(helper, mailbox)).toBe('exchanging');
	await page.reload();
	await expectFields(page, helper, mailbox);
	await expect(identifierBox(page)).toBeVisible();
});

test('a double click begins one sign-in', async ({ page, helper, mailbox }) => {
	await openPrefilled(page, helper, mailbox);
	await page.getByRole('button', { name: BUTTON }).dblclick();
	await page.waitForURL(`${helper.microsoft.authority}/**`);
	const rows = await helper.sql`select id from sign_ins where mailbox = ${mailbox}`;
	expect(rows).toHaveLength(1);
});

test('two tabs at once, of one person, each end at the identifier', async ({
	page,
	context,
	helper,
	mailbox,
}) => {
	const second = await context.newPage();
	await openPrefilled(page, helper, mailbox);
	await goToMicrosoft(page, helper);
	await openPrefilled(second, helper, mailbox);
	await goToMicrosoft(second, helper);
	await Promise.all([signInAs(page, mailbox), signInAs(second, mailbox)]);
	await expect(identifierBox(page)).toHaveValue(new RegExp(`:${mailbox}$`));
	await expect(identifierBox(second)).toHaveValue(new RegExp(`:${mailbox}$`));
	await page.reload();
	await expect(identifierBox(page)).toBeVisible();
});

test('another browser sees nothing of a sign-in', async ({
	page,
	otherBrowser,
	helper,
	mailbox,
}) => {
	const ids: string[] = [];
	page.on('response', (response) => {
		const id = /sign-ins\/([^/]{22})$/.exec(response.url())?.[1];
		if (id) ids.push(id);
	});
	await connect(page, helper, mailbox);
	const stranger = await otherBrowser.newPage();
	await stranger.goto(helper.pageUrl);
	await expect(identifierBox(stranger)).toHaveCount(0);
	const answer = await stranger.request.get(`${helper.origin}/api/sign-ins/${ids[0]}`);
	expect(answer.status()).toBe(404);
	expect(await answer.json()).toMatchObject({ error: 'unknown_sign_in' });
});

test('a lost answer loses nothing, and the old session only reads', async ({
	page,
	context,
	helper,
	mailbox,
}) => {
	await openPrefilled(page, helper, mailbox);
	await goToMicrosoft(page, helper);
	const [old] = (await context.cookies()).filter(({ domain }) => domain === 'localhost');
	await page.route('**/api/sign-ins/*/code', async (route) => {
		await route.fetch();
		// The server has answered, with the new session in it; the browser never gets to see that.
		await context.addCookies(old ? [old] : []);
		await route.abort();
	});
	await signInAs(page, mailbox);
	await expect(identifierBox(page)).toBeVisible();
	const answers = await page.evaluate(async () => {
		const post = async (path: string) => (await fetch(path, { method: 'POST' })).status;
		return [await post('/api/sign-ins/current/revoke')];
	});
	expect(answers).toEqual([404]);
	expect(await storedCount(helper, mailbox)).toBe(1);
});

test('a server that dies after the exchange loses nothing', async ({ page, helper, mailbox }) => {
	await openPrefilled(page, helper, mailbox);
	await goToMicrosoft(page, helper);
	await page.route('**/api/sign-ins/*/code', async (route) => {
		const answer = await route.fetch();
		// The page's files have come: what happens without them has its own test.
		await page.locator('html[data-alive]').waitFor({ state: 'attached' });
		await helper.kill();
		await route.fulfill({ response: answer });
	});
	await signInAs(page, mailbox);
	await expect.poll(() => stateOf(helper, mailbox)).toBe('ready');
	await helper.start();
	const again = page.getByRole('button', { name: 'Check again' });
	// The mailbox check at the identifier has a button of that name too.
	await expect(again.or(identifierBox(page)).first()).toBeVisible({ timeout: 20_000 });
	if (!(await identifierBox(page).isVisible())) await again.click();
	await expect(identifierBox(page)).toBeVisible();
});

test('a server that dies in the middle of the exchange leaves a plain sentence and one button', async ({
	page,
	helper,
	mailbox,
}) => {
	await openPrefilled(page, helper, mailbox);
	await goToMicrosoft(page, helper);
	helper.microsoft.nextTokenAnswer({ kind: 'latency', ms: 4_000 });
	await signInAs(page, mailbox);
	await expect.poll(() => stateOf(helper, mailbox)).toBe('exchanging');
	await helper.kill();
	await helper.sql`
		update sign_ins set exchanging_since = exchanging_since - interval '301 seconds'
		where mailbox = ${mailbox}`;
	await helper.start();
	await page.reload();
	await expect(page.getByRole('heading', { level: 2, name: 'was interrupted' })).toBeVisible();
	await expectFields(page, helper, mailbox);
	await goToMicrosoft(page, helper);
	await signInAs(page, mailbox);
	await expect(identifierBox(page)).toBeVisible();
	expect(redemptions(helper)).toBeGreaterThan(0);
});

test('a server that a proxy does not find for a while costs nothing', async ({
	page,
	helper,
	mailbox,
}) => {
	await openPrefilled(page, helper, mailbox);
	await goToMicrosoft(page, helper);
	const answers = [502, 504];
	await page.route('**/code', async (route) => {
		const status = answers.shift();
		if (status === undefined) await route.continue();
		else await route.fulfill({ status, contentType: 'text/html', body: '<h1>Bad gateway</h1>' });
	});
	await signInAs(page, mailbox);
	await expect(identifierBox(page)).toBeVisible();
	expect(answers).toEqual([]);
});

for (const [what, answer] of [
	['that never comes to the server', (route: Route) => route.abort()],
	[
		'that the server cannot take',
		(route: Route) => route.fulfill({ status: 503, json: { error: 'temporarily_unavailable' } }),
	],
] as const) {
	test(`a code ${what} for a while is told as that, and handed on by itself when it can be`, async ({
		page,
		helper,
		mailbox,
	}) => {
		await openPrefilled(page, helper, mailbox);
		await goToMicrosoft(page, helper);
		await page.route('**/code', answer);
		await signInAs(page, mailbox);
		const status = page.getByRole('status');
		await expect(status).toHaveText('The server does not answer.', { timeout: 20_000 });
		await expectFields(page, helper, mailbox);
		await page.unroute('**/code');
		await expect(identifierBox(page)).toBeVisible({ timeout: 10_000 });
	});
}

test('a press of the button while a code waits begins anew', async ({ page, helper, mailbox }) => {
	await openPrefilled(page, helper, mailbox);
	await goToMicrosoft(page, helper);
	await page.route('**/code', (route) => route.abort());
	await signInAs(page, mailbox);
	const status = page.getByRole('status');
	await expect(status).toHaveText('The server does not answer.', { timeout: 20_000 });
	await page.unroute('**/code');
	await goToMicrosoft(page, helper);
	await signInAs(page, mailbox);
	await expect(identifierBox(page)).toBeVisible();
});

test('without a connection the page says so, and looks again when asked', async ({
	page,
	context,
	helper,
	mailbox,
}) => {
	await openPrefilled(page, helper, mailbox);
	await goToMicrosoft(page, helper);
	await page.route('**/api/sign-ins/*', (route) => route.abort());
	// Nor does the answer to the code say what came of it.
	await page.route('**/code', async (route) => {
		const answer = await route.fetch();
		const { sign_in_status: _, ...body } = (await answer.json()) as Record<string, unknown>;
		await route.fulfill({ response: answer, json: body });
	});
	await signInAs(page, mailbox);
	const again = page.getByRole('button', { name: 'Check again' });
	await expect(again).toBeVisible({ timeout: 20_000 });
	await expect(page.getByRole('status')).toHaveText('The server does not answer.');
	await expect(page.getByRole('heading', { name: 'The server does not answer.' })).toBeVisible();
	await expect(page.locator('main .primary')).toHaveText(['Check again']);
	await page.unroute('**/api/sign-ins/*');
	await again.click();
	await expect(identifierBox(page)).toBeVisible();
	expect(context.pages()).toHaveLength(1);
});

async function stateOf(
	{ sql }: { sql: import('postgres').Sql },
	mailbox: string,
): Promise<string | undefined> {
	const [row] = await sql<{ state: string }[]>`
		select state from sign_ins where mailbox = ${mailbox} order by created_at desc limit 1`;
	return row?.state;
}

test('where the page’s script never comes, the start page says what it needs', async ({
	page,
	helper,
}) => {
	await holdScripts(page);
	await page.goto(helper.pageUrl, { waitUntil: 'commit' });
	const needs = page.getByText('This page needs JavaScript');
	await expect(needs).toBeHidden();
	await expect(needs).toBeVisible({ timeout: 20_000 });
});

test('where the page’s script never comes, the return offers to load the page again, which shows the identifier', async ({
	page,
	helper,
	mailbox,
}) => {
	await openPrefilled(page, helper, mailbox);
	await goToMicrosoft(page, helper);
	await holdScripts(page);
	await signInAs(page, mailbox);
	const again = page.getByRole('link', { name: 'Load the page again' });
	await expect(page.getByText('Finishing the sign-in…')).toBeVisible();
	await expect(again).toBeHidden();
	await expect(again).toBeVisible({ timeout: 20_000 });
	await expect.poll(() => stateOf(helper, mailbox)).toBe('ready');
	await again.click();
	await expect(identifierBox(page)).toHaveValue(/^ExternalOAuthToken:/);
});

const PRESSES: Record<string, (button: Locator) => Promise<void>> = {
	// Playwright would wait until it is no longer said to be disabled.
	click: (button) => button.click({ force: true }),
	key: (button) => button.press('Enter'),
};
for (const [how, press] of Object.entries(PRESSES)) {
	test(`a ${how} before the page’s script is there is seen at once`, async ({ page, helper }) => {
		const release = await holdScripts(page);
		await page.goto(helper.pageUrl, { waitUntil: 'commit' });
		const button = page.getByRole('button', { name: BUTTON });
		const spinner = () => button.evaluate((each) => getComputedStyle(each, '::before').content);
		expect(await spinner()).toBe('none');
		await press(button);
		expect(await spinner()).not.toBe('none');
		release();
		await expect(page.getByRole('alert')).toBeVisible();
		expect(await spinner()).toBe('none');
	});
}
