// Every state of the pages, looked at by axe in each theme and width, and once as a tree of roles and names.

import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import {
	BUTTON,
	connect,
	expect,
	goToMicrosoft,
	identifierBox,
	openPrefilled,
	signInAs,
	test,
} from '../support/browser-test.ts';
import type { RunningHelper } from '../support/running-helper.ts';

type Reach = (page: Page, helper: RunningHelper, mailbox: string) => Promise<unknown>;

const STATES: Record<string, Reach> = {
	start: (page, helper) => page.goto(helper.pageUrl),
	prefilled: async (page, helper, mailbox) => {
		await openPrefilled(page, helper, mailbox);
		await page
			.getByRole('link', { name: /approv/i })
			.first()
			.waitFor();
	},
	'faults of the fields': async (page, helper) => {
		await page.goto(helper.pageUrl);
		await page.getByRole('button', { name: BUTTON }).click();
		await page.getByRole('alert').waitFor();
	},
	connected: async (page, helper) => {
		await connect(page, helper, 'smtp-off@mycompany.com');
		await identifierBox(page).waitFor();
		await page.getByText('does not work').first().waitFor();
	},
	'somebody else signed in': async (page, helper) => {
		await openPrefilled(page, helper, 'shared@mycompany.com');
		await goToMicrosoft(page, helper);
		await signInAs(page, 'equis@mycompany.com');
		await page.getByRole('button', { name: 'Choose another account' }).waitFor();
	},
	cancelled: async (page, helper, mailbox) => {
		await openPrefilled(page, helper, mailbox);
		await goToMicrosoft(page, helper);
		await page.getByRole('button', { name: /^Cancel/ }).click();
		await page.getByRole('heading', { level: 2, name: /without signing in/ }).waitFor();
	},
	'a return of somebody else': async (page, helper) => {
		await page.goto(`${helper.pageUrl}#error=access_denied&state=x`);
		await page.getByRole('heading', { level: 2 }).first().waitFor();
	},
	'own mailboxes, unknown': (page, helper) => page.goto(`${helper.origin}/mailboxes`),
	'own mailboxes': async (page, helper, mailbox) => {
		await connect(page, helper, mailbox);
		await page.goto(`${helper.origin}/mailboxes`);
		await page.getByRole('button', { name: 'Revoke' }).click();
	},
	'nothing there': (page, helper) => page.goto(`${helper.origin}/nothing-here`),
};

const TAGS = ['wcag2a', 'wcag2aa', 'wcag2aaa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** What axe cannot decide by itself, and why it is right. */
const EXPLAINED: Record<string, string> = {};

const LOOKS = [
	{ colorScheme: 'light', forcedColors: 'none', width: 1280, direction: 'ltr' },
	{ colorScheme: 'dark', forcedColors: 'none', width: 1280, direction: 'rtl' },
	{ colorScheme: 'light', forcedColors: 'none', width: 320, direction: 'rtl' },
	{ colorScheme: 'dark', forcedColors: 'none', width: 320, direction: 'ltr' },
	{ colorScheme: 'light', forcedColors: 'active', width: 320, direction: 'ltr' },
	{ colorScheme: 'dark', forcedColors: 'active', width: 1280, direction: 'ltr' },
] as const;

for (const [state, reach] of Object.entries(STATES)) {
	test(`${state}: nothing for axe, and nothing wider than the window`, async ({
		page,
		helper,
		mailbox,
	}) => {
		await reach(page, helper, mailbox);
		for (const { width, direction, ...media } of LOOKS) {
			await page.emulateMedia(media);
			await page.setViewportSize({ width, height: 900 });
			await page.evaluate((dir) => (document.documentElement.dir = dir), direction);
			const look = JSON.stringify({ state, width, direction, ...media });
			const { violations, incomplete, passes } = await new AxeBuilder({ page })
				.withTags(TAGS)
				.analyze();
			const told = [...violations, ...incomplete.filter(({ id }) => !(id in EXPLAINED))].map(
				({ id, nodes }) =>
					`${id}: ${nodes.map(({ html, any }) => html + any.map(({ message }) => message).join()).join(' ')}`,
			);
			expect(told, look).toEqual([]);
			expect(passes.map(({ id }) => id)).toContain('target-size');
			const overflow = await page.evaluate(
				() => document.documentElement.scrollWidth - document.documentElement.clientWidth,
			);
			expect(overflow, look).toBeLessThanOrEqual(0);
		}
	});
}

/** Those whose words are the same each time. */
const SAID = [
	'start',
	'faults of the fields',
	'a return of somebody else',
	'own mailboxes, unknown',
	'nothing there',
];

for (const state of SAID) {
	test(`${state}: says what it said before, and nothing else`, async ({
		page,
		helper,
		mailbox,
	}) => {
		await STATES[state]?.(page, helper, mailbox);
		const name = `${state.replaceAll(/[^a-z]+/g, '-')}.aria.yml`;
		await expect(page.locator('body')).toMatchAriaSnapshot({ name });
	});
}

test('one heading of the first level in each state, and a title of its own', async ({
	page,
	helper,
	mailbox,
}) => {
	const titles = new Map<string, string>();
	for (const [state, reach] of Object.entries(STATES)) {
		await reach(page, helper, mailbox);
		await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
		titles.set(state, await page.title());
		await page.context().clearCookies();
	}
	const alike = [
		['start', 'prefilled'],
		['own mailboxes, unknown', 'own mailboxes'],
	];
	for (const [one = '', other = ''] of alike) expect(titles.get(one)).toBe(titles.get(other));
	expect(new Set(titles.values()).size).toBeGreaterThanOrEqual(titles.size - alike.length - 1);
});

test('everything that can be pressed is at least 44 pixels high, but for links in sentences', async ({
	page,
	helper,
	mailbox,
}) => {
	await page.setViewportSize({ width: 320, height: 900 });
	for (const [state, reach] of Object.entries(STATES)) {
		await reach(page, helper, mailbox);
		const small = await page.evaluate(() =>
			[...document.querySelectorAll('button, input, textarea, summary, a.button, a.alone')]
				.filter((each) => each.checkVisibility({ visibilityProperty: true }))
				.filter((each) => each.getBoundingClientRect().height < 44)
				.map((each) => each.outerHTML),
		);
		expect(small, state).toEqual([]);
		await page.context().clearCookies();
	}
});

test('twice the size of text and wider spacing lose nothing', async ({ page, helper, mailbox }) => {
	await page.setViewportSize({ width: 640, height: 900 });
	for (const [state, reach] of Object.entries(STATES)) {
		await reach(page, helper, mailbox);
		// WCAG 1.4.12, and 1.4.4.
		await page.evaluate(() => {
			const spaced = new CSSStyleSheet();
			spaced.replaceSync(`
				:root { font-size: 200% !important; }
				* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; }
				p { margin-block-end: 2em !important; }`);
			document.adoptedStyleSheets = [spaced];
		});
		const lost = await page.evaluate(() =>
			[...document.querySelectorAll('body *')]
				.filter(
					(each) =>
						!each.closest('.visually-hidden, #svelte-announcer') &&
						!each.matches('input, textarea'),
				)
				.filter((each) => each.scrollWidth > each.clientWidth + 1 && each.clientWidth > 0)
				.filter((each) => getComputedStyle(each).overflowX !== 'visible')
				.map((each) => each.outerHTML.slice(0, 200)),
		);
		expect(lost, state).toEqual([]);
		const overflow = await page.evaluate(
			() => document.documentElement.scrollWidth - document.documentElement.clientWidth,
		);
		expect(overflow, state).toBeLessThanOrEqual(0);
		await page.context().clearCookies();
	}
});

test('whoever wants less motion sees none', async ({ page, helper, mailbox }) => {
	await page.emulateMedia({ reducedMotion: 'reduce' });
	await openPrefilled(page, helper, mailbox);
	expect(await page.evaluate(() => document.getAnimations().length)).toBe(0);
});

test('without JavaScript the page says so, and shows nothing that could do nothing', async ({
	browser,
	helper,
}) => {
	const context = await browser.newContext({ javaScriptEnabled: false });
	try {
		const page = await context.newPage();
		for (const url of [helper.pageUrl, `${helper.origin}/mailboxes`]) {
			await page.goto(url);
			await expect(page.getByText('This page needs JavaScript.')).toBeVisible();
			await expect(page.getByText('Need help?')).toBeVisible();
			await expect(page.getByRole('button')).toHaveCount(0);
		}
	} finally {
		await context.close();
	}
});
