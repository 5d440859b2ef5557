// What every browser test gets: a running helper of its worker, and a page that fails the test when the
// content security policy was violated, a script threw, or a request went to a third place.

import { test as base, expect, type BrowserContext, type Page } from '@playwright/test';
import { startRunningHelper, type ExtraEnvironment, type RunningHelper } from './running-helper.ts';
import { startTestPostgres } from './postgres.ts';

type WorkerFixtures = {
	helper: RunningHelper;
	/** Settings of the helper beside the usual ones. */
	settings: ExtraEnvironment;
};
type TestFixtures = {
	/** A mailbox that no other test uses. */
	mailbox: string;
	/** Another browser on the same machine. */
	otherBrowser: BrowserContext;
};

export const test = base.extend<TestFixtures, WorkerFixtures>({
	settings: [{}, { scope: 'worker', option: true }],
	helper: [
		async ({ settings }, use) => {
			const postgres = await startTestPostgres();
			const helper = await startRunningHelper(postgres.url, settings);
			await use(helper);
			await helper.stop();
			await postgres.stop();
		},
		{ scope: 'worker', timeout: 60_000 },
	],
	// eslint-disable-next-line no-empty-pattern -- Playwright wants the pattern
	mailbox: async ({}, use, { testId }) => {
		await use(`box-${testId.replace(/[^a-z0-9]/g, '').slice(-12)}@mycompany.com`);
	},
	context: async ({ context, helper }, use) => {
		const faults = watch(context, helper);
		await use(context);
		expect(faults, 'nothing goes wrong in the browser unseen').toEqual([]);
	},
	otherBrowser: async ({ browser, helper }, use) => {
		const context = await browser.newContext();
		const faults = watch(context, helper);
		await use(context);
		await context.close();
		expect(faults, 'nothing goes wrong in the other browser unseen').toEqual([]);
	},
});

export { expect };

function watch(context: BrowserContext, helper: RunningHelper): string[] {
	const faults: string[] = [];
	const allowed = [helper.origin, helper.microsoft.authority];
	context.on('request', (request) => {
		const { origin, protocol } = new URL(request.url());
		if (protocol.startsWith('http') && !allowed.includes(origin)) faults.push(request.url());
	});
	context.on('weberror', (error) => faults.push(String(error.error())));
	context.on('console', (message) => {
		// A refused request is part of many tests; what the page makes of it is what they look at.
		const isFault = message.type() === 'error' && !/Failed to load resource/.test(message.text());
		if (isFault) faults.push(message.text());
	});
	return faults;
}

export const BUTTON = 'Sign in with Microsoft';

export function siteField(page: Page) {
	return page.getByRole('textbox', { name: 'Site URL' });
}

export function emailField(page: Page) {
	return page.getByRole('textbox', { name: 'Email address' });
}

export function identifierBox(page: Page) {
	return page.getByRole('textbox', { name: 'OAuth token identifier' });
}

export async function openPrefilled(page: Page, helper: RunningHelper, mailbox: string) {
	const query = new URLSearchParams({ site: helper.site.site, email: mailbox });
	await page.goto(`${helper.pageUrl}?${query}`);
}

/** Straight to Microsoft's page on which an administrator approves. */
export function approvalLink(page: Page) {
	return page.locator('a[href*="/v2.0/adminconsent?"]');
}

/** Unfolds what the start page says of approval, for whoever wants it before anybody signs in. */
export async function openApproval(page: Page): Promise<void> {
	await page.getByText('Your organisation may have to approve first').click();
	await approvalLink(page).waitFor();
}

/** Holds the page's script back; its result lets it come. */
export function holdScripts(page: Page): Promise<() => void> {
	return hold(page, '**/_app/**/*.js');
}

/** Holds the page's styles back too. */
export function holdScriptsAndStyles(page: Page): Promise<() => void> {
	return hold(page, '**/_app/**');
}

/** Holds back what the page asks of the sign-in that it shows, as while its mailbox is checked. */
export function holdStatus(page: Page): Promise<() => void> {
	return hold(page, '**/api/sign-ins/*');
}

async function hold(page: Page, urls: string): Promise<() => void> {
	let release = () => {};
	const gate = new Promise<void>((resolve) => (release = resolve));
	await page.route(urls, async (route) => {
		await gate;
		await route.continue();
	});
	return release;
}

/** Presses the button and waits for the practice Microsoft. */
export async function goToMicrosoft(page: Page, helper: RunningHelper): Promise<void> {
	await page.getByRole('button', { name: BUTTON }).click();
	await page.waitForURL(`${helper.microsoft.authority}/**`);
}

export async function signInAs(page: Page, account: string): Promise<void> {
	await page
		.getByRole('button', { name: `Sign in as ${account}` })
		.first()
		.click();
}

/** The whole way, to the identifier. */
export async function connect(page: Page, helper: RunningHelper, mailbox: string): Promise<string> {
	await openPrefilled(page, helper, mailbox);
	await goToMicrosoft(page, helper);
	await signInAs(page, mailbox);
	await identifierBox(page).waitFor();
	return identifierBox(page).inputValue();
}

/** The fields hold what was entered. */
export async function expectFields(page: Page, helper: RunningHelper, mailbox: string) {
	await expect(siteField(page)).toHaveValue(helper.site.site);
	await expect(emailField(page)).toHaveValue(mailbox);
}

export function redemptions({ microsoft }: RunningHelper): number {
	return microsoft.requests.filter(({ kind }) => kind === 'code').length;
}

export async function storedCount({ sql }: RunningHelper, mailbox: string): Promise<number> {
	const [row] = await sql<{ n: number }[]>`
		select count(*)::int as n from stored_tokens where mailbox = ${mailbox}`;
	return row?.n ?? 0;
}
