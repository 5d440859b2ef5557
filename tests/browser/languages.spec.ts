// The page in other languages: as the browser asks, as somebody chooses, over the way to Microsoft and back.

import type { Browser, BrowserContext, Page } from '@playwright/test';
import { PAGE_WORDS } from '../../src/lib/words/all-page-words.ts';
import { LANGUAGE_NAMES, LANGUAGES, type Language } from '../../src/lib/domain/language.ts';
import { PROBLEM_WORDS } from '../../src/lib/words/problem-words.ts';
import { analyze } from '../support/axe.ts';
import { expect, expectFields, signInAs, test } from '../support/browser-test.ts';
import type { RunningHelper } from '../support/running-helper.ts';

const identifier = (page: Page) => page.locator('textarea[readonly]');

async function inLanguage(
	browser: Browser,
	locale: string,
	look: (page: Page, context: BrowserContext) => Promise<void>,
): Promise<void> {
	const context = await browser.newContext({ locale });
	try {
		await look(await context.newPage(), context);
	} finally {
		await context.close();
	}
}

async function openFilled(page: Page, helper: RunningHelper, mailbox: string): Promise<void> {
	const query = new URLSearchParams({ site: helper.site.site, email: mailbox });
	await page.goto(`${helper.pageUrl}?${query}`);
}

async function goToMicrosoftIn(page: Page, helper: RunningHelper, language: Language) {
	await page.getByRole('button', { name: PAGE_WORDS[language].button_sign_in({}) }).click();
	await page.waitForURL(`${helper.microsoft.authority}/**`);
}

for (const language of LANGUAGES) {
	test(`a browser that asks for ${language} gets the page in it, from the link to the identifier`, async ({
		browser,
		helper,
		mailbox,
	}) => {
		const words = PAGE_WORDS[language];
		await inLanguage(browser, language === 'pt' ? 'pt-BR' : language, async (page) => {
			await openFilled(page, helper, mailbox);
			await expect(page.locator('html')).toHaveAttribute('dir', language === 'ar' ? 'rtl' : 'ltr');
			await expect(page.locator('html')).toHaveAttribute('lang', new RegExp(`^${language}`));
			await expect(page.getByRole('heading', { level: 1 })).toHaveText(words.service({}));
			await goToMicrosoftIn(page, helper, language);
			await signInAs(page, mailbox);
			await expect(identifier(page)).toHaveValue(/^ExternalOAuthToken:[0-9]+:/);
			await expect(page.locator('textarea')).toHaveCSS('direction', 'ltr');
			await expect(page.getByText(words.say_check_finished({}))).toBeVisible();
			await expect(page).toHaveTitle(
				words.title_state({ state: words.state_works({}), service: words.service({}) }),
			);
			const { violations } = await analyze(page);
			expect(violations.map(({ id }) => id)).toEqual([]);
			await page.setViewportSize({ width: 320, height: 700 });
			expect(
				await page.evaluate(
					() => document.documentElement.scrollWidth - document.documentElement.clientWidth,
				),
			).toBeLessThanOrEqual(0);
		});
	});
}

test('nothing of the page is left in Latin letters but names, and what says that it is English', async ({
	browser,
	helper,
	mailbox,
}) => {
	await inLanguage(browser, 'ja', async (page) => {
		await openFilled(page, helper, mailbox);
		await goToMicrosoftIn(page, helper, 'ja');
		await signInAs(page, mailbox);
		await identifier(page).waitFor();
		expect(await latinWords(page)).toEqual([]);
		await page.goto(`${helper.origin}/mailboxes`);
		expect(await latinWords(page)).toEqual([]);
	});
});

/** Visible words of a Japanese page that are no names of products or protocols. */
async function latinWords(page: Page): Promise<string[]> {
	// Until then the page keeps a sentence about JavaScript in readiness, hidden.
	await page.locator('html[data-alive]').waitFor();
	return page.evaluate(() => {
		const names =
			/^(Microsoft|OAuth|URL|IMAP|POP|SMTP|SSL|TLS|STARTTLS|InPrivate|Incognito|Mailkey|Test|site|Ctrl|C|Mac)$/;
		const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
		const found: string[] = [];
		for (let node = texts.nextNode(); node; node = texts.nextNode()) {
			const parent = node.parentElement;
			if (!parent?.checkVisibility() || parent.closest('[dir=ltr]:not(html), script, nav'))
				continue;
			const words = (node.nodeValue ?? '').split(/\s/).filter((word) => !/[@.]|:\/\//.test(word));
			const latin = words.flatMap((word) => word.match(/[A-Za-z]{2,}/g) ?? []);
			found.push(...latin.filter((word) => !names.test(word)));
		}
		return found;
	});
}

test('the language that somebody chooses stays, over the way to Microsoft and in a new window', async ({
	page,
	context,
	helper,
	mailbox,
}) => {
	await openFilled(page, helper, mailbox);
	const languages = page.getByRole('navigation', { name: 'Language' });
	await expect(languages.getByText('English')).toHaveAttribute('aria-current', 'true');
	await languages.getByRole('link', { name: LANGUAGE_NAMES.de }).click();
	await expect(page.getByRole('heading', { level: 1 })).toHaveText(PAGE_WORDS.de.service({}));
	expect(new URL(page.url()).searchParams.has('language')).toBe(false);
	await expect(page.locator('#site')).toHaveValue(helper.site.site);
	await expect(page.locator('#email')).toHaveValue(mailbox);
	await goToMicrosoftIn(page, helper, 'de');
	await signInAs(page, mailbox);
	await expect(
		page.getByRole('textbox', { name: PAGE_WORDS.de.identifier_label({}) }),
	).toBeVisible();
	const other = await context.newPage();
	await other.goto(helper.pageUrl);
	await expect(other.getByRole('heading', { level: 1 })).toHaveText(PAGE_WORDS.de.service({}));
	const cookie = (await context.cookies()).find(({ name }) => name.endsWith('mailkey-language'));
	expect(cookie).toMatchObject({ value: 'de', httpOnly: true, sameSite: 'Lax', path: '/' });
});

test('another language at the result shows the same result, and loses nothing that was typed before', async ({
	page,
	helper,
	mailbox,
}) => {
	await page.goto(helper.pageUrl);
	await page.getByRole('textbox', { name: 'Site URL' }).pressSequentially(helper.site.site);
	await page.getByRole('textbox', { name: 'Email address' }).pressSequentially(mailbox);
	await page.getByRole('link', { name: LANGUAGE_NAMES.fr }).click();
	await expect(page.getByRole('heading', { level: 1 })).toHaveText(PAGE_WORDS.fr.service({}));
	await expect(page.locator('#email')).toHaveValue(mailbox);
	await goToMicrosoftIn(page, helper, 'fr');
	await signInAs(page, mailbox);
	const value = await identifier(page).inputValue();
	await page.getByRole('link', { name: LANGUAGE_NAMES.en }).click();
	await expect(page.getByRole('textbox', { name: 'OAuth token identifier' })).toHaveValue(value);
	await expectFields(page, helper, mailbox);
});

test('what only the operator can mend is told in the visitor’s language too', async ({
	browser,
	helper,
	mailbox,
}) => {
	await inLanguage(browser, 'es', async (page) => {
		await openFilled(page, helper, mailbox);
		await goToMicrosoftIn(page, helper, 'es');
		const state = new URL(page.url()).searchParams.get('state') ?? '';
		const answer = new URLSearchParams({
			...{ error: 'invalid_request', error_description: 'AADSTS700016: no.' },
			state,
		});
		await page.goto(`${helper.pageUrl}#${answer}`);
		const panel = page.locator('section.tone-warning');
		await expect(panel.getByRole('heading')).toHaveText(
			PROBLEM_WORDS.es.application_unknown_title({}),
		);
		await expect(panel.locator('[lang]')).toHaveCount(0);
	});
});

test('faults of the fields are told in the visitor’s language, the server’s too', async ({
	browser,
	helper,
}) => {
	await inLanguage(browser, 'de', async (page) => {
		const query = new URLSearchParams({
			site: 'https://unknown.example.com',
			email: 'a@b.example',
		});
		await page.goto(`${helper.pageUrl}?${query}`);
		await page.getByRole('button', { name: PAGE_WORDS.de.button_sign_in({}) }).click();
		await expect(page.getByRole('alert')).toContainText(
			PAGE_WORDS.de.fault_site_not_registered({}),
		);
	});
});

test('the language list works without scripts', async ({ browser, helper }) => {
	const context = await browser.newContext({ javaScriptEnabled: false });
	const page = await context.newPage();
	await page.goto(helper.pageUrl);
	await page.getByRole('link', { name: LANGUAGE_NAMES.ja }).click();
	await expect(page.getByText(PAGE_WORDS.ja.needs_javascript({}))).toBeVisible();
	await context.close();
});

test('the parameter leads nowhere but to the same page', async ({ request, helper }) => {
	for (const [path, leadsTo] of [
		['/mailboxes', '/mailboxes?next=https%3A%2F%2Fevil.example'],
		['/microsoft365_oauth.html', '/microsoft365_oauth.html?next=https%3A%2F%2Fevil.example'],
		['//evil.example', undefined],
		['/nowhere', undefined],
	] as const) {
		const url = `${helper.origin}${path}?language=de&next=https://evil.example`;
		const answer = await request.get(url, { maxRedirects: 0 });
		expect(answer.headers()['location'], path).toBe(leadsTo);
	}
	const unknown = await request.get(`${helper.pageUrl}?language=xx`, { maxRedirects: 0 });
	expect(unknown.status()).toBe(200);
});
