// Every state of the pages, looked at by axe in each theme, direction and width, and once as a tree of roles and names.

import type { Page } from '@playwright/test';
import { analyze, type AxeResults } from '../support/axe.ts';
import { connect, expect, openPrefilled, test } from '../support/browser-test.ts';
import { STATES } from '../support/page-states.ts';

const TAGS = [
	...['wcag2a', 'wcag2aa', 'wcag2aaa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
	'best-practice',
];

/** What can come out differently with another theme, direction or width. */
const RULES_OF_LOOKS = [
	...['color-contrast', 'color-contrast-enhanced', 'target-size', 'link-in-text-block'],
	...['scrollable-region-focusable', 'css-orientation-lock'],
];

const LOOKS = [
	{ colorScheme: 'light', forcedColors: 'none' },
	{ colorScheme: 'dark', forcedColors: 'none' },
	{ colorScheme: 'light', forcedColors: 'active' },
] as const;

const SERVICE = 'OAuth sign-in for Microsoft 365 email';

/** Where the title says more than the service. */
const TITLES: Record<string, string> = {
	'faults of the fields': `Error: ${SERVICE}`,
	finishing: `Finishing the sign-in – ${SERVICE}`,
	'no answer': `No answer – ${SERVICE}`,
	'check running': `Connected – ${SERVICE}`,
	connected: `Connected – ${SERVICE}`,
	'check failed': `Connected, but sending does not work – ${SERVICE}`,
	'somebody else signed in': `Right account? – ${SERVICE}`,
	'approval needed': `Not connected – ${SERVICE}`,
	cancelled: `Not connected – ${SERVICE}`,
	'fault of the operator': `Not connected – ${SERVICE}`,
	expired: `Not connected – ${SERVICE}`,
	revoked: `Not connected – ${SERVICE}`,
	'a return of somebody else': `Not connected – ${SERVICE}`,
	approved: `Approved: mycompany.com, according to this link – ${SERVICE}`,
	'own mailboxes, unknown': 'Your connected mailboxes',
	'own mailboxes': 'Your connected mailboxes',
	'own mailboxes, about to revoke': 'Your connected mailboxes',
	'link builder': 'Make a link for a mailbox',
	'nothing there': 'Page not found',
};

for (const [state, reach] of Object.entries(STATES)) {
	test(`${state}: says what it said before, to everyone, in whatever look`, async ({
		page,
		helper,
	}) => {
		test.slow();
		await reach(page, helper);
		await expect(page).toHaveTitle(TITLES[state] ?? SERVICE);
		await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
		const name = `${state.replaceAll(/[^a-z]+/g, '-')}.aria.yml`;
		await expect(page.locator('body')).toMatchAriaSnapshot({ name });
		await expectClean(page, await analyze(page, { tags: TAGS }), state);
		await lookFromEverySide(page);
		await page.evaluate(() => (document.documentElement.dir = 'ltr'));
		await page.emulateMedia({ colorScheme: 'light', forcedColors: 'none' });
		await expectLargeTargets(page);
		await page.setViewportSize({ width: 640, height: 900 });
		await page.evaluate(spaceOut);
		await expectNothingLost(page, 'text twice as large, and spaced out');
		await page.evaluate(() => (document.adoptedStyleSheets = []));
		await page.setViewportSize({ width: 320, height: 256 });
		await page.evaluate(lengthen);
		await expectNothingLost(page, 'a language of words that are two fifths longer');
	});
}

async function lookFromEverySide(page: Page): Promise<void> {
	for (const media of LOOKS) {
		for (const direction of ['ltr', 'rtl']) {
			for (const width of [1280, 320]) {
				await page.emulateMedia(media);
				await page.setViewportSize({ width, height: 900 });
				await page.evaluate((dir) => (document.documentElement.dir = dir), direction);
				const found = await analyze(page, { rules: RULES_OF_LOOKS });
				await expectClean(page, found, JSON.stringify({ width, direction, ...media }));
			}
		}
	}
}

/** At 320 pixels, whatever is pressed is 44 high, but for links in sentences (WCAG 2.2, 2.5.5). */
async function expectLargeTargets(page: Page): Promise<void> {
	const small = await page.evaluate(() =>
		[...document.querySelectorAll('button, input, textarea, summary, a.button, a.alone')]
			.filter((each) => each.checkVisibility({ visibilityProperty: true }))
			.filter((each) => each.getBoundingClientRect().height < 44)
			.map((each) => each.outerHTML),
	);
	expect(small).toEqual([]);
}

async function expectClean(page: Page, found: AxeResults, look: string): Promise<void> {
	const { violations, incomplete, passes } = found;
	const told = [...violations, ...incomplete].map(
		({ id, nodes }) =>
			`${id}: ${nodes.map(({ html, any }) => html + any.map(({ message }) => message).join()).join(' ')}`,
	);
	expect(told, look).toEqual([]);
	// Rules that find nothing to look at pass as well: these two have to have looked.
	const looked = passes.map(({ id }) => id);
	expect(looked).toEqual(expect.arrayContaining(['target-size', 'color-contrast']));
	expect(await overflowOf(page), look).toBeLessThanOrEqual(0);
}

function overflowOf(page: Page): Promise<number> {
	return page.evaluate(
		() => document.documentElement.scrollWidth - document.documentElement.clientWidth,
	);
}

/** WCAG 2.2, 1.4.12 and 1.4.4. Runs in the page. */
function spaceOut(): void {
	const spaced = new CSSStyleSheet();
	spaced.replaceSync(`
		:root { font-size: 200% !important; }
		* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; }
		p { margin-block-end: 2em !important; }`);
	document.adoptedStyleSheets = [spaced];
}

/** A made-up language: each word is two fifths longer, with marks above. Runs in the page. */
function lengthen(): void {
	const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	for (let node = texts.nextNode(); node; node = texts.nextNode()) {
		if (node.parentElement?.closest('script, [dir=ltr]')) continue;
		node.nodeValue = (node.nodeValue ?? '').replace(
			/\p{L}+/gu,
			(word) => word.replace(/[ae]/g, 'ä') + 'ö'.repeat(Math.ceil(word.length * 0.4)),
		);
	}
}

async function expectNothingLost(page: Page, look: string): Promise<void> {
	const lost = await page.evaluate(() =>
		[...document.querySelectorAll('body *')]
			.filter((each) => !each.closest('.visually-hidden, #svelte-announcer, .steps'))
			.filter((each) => !each.matches('input, textarea'))
			.filter((each) => each.clientWidth > 0 && getComputedStyle(each).overflow !== 'visible')
			.filter(
				(each) =>
					each.scrollWidth > each.clientWidth + 1 || each.scrollHeight > each.clientHeight + 1,
			)
			.map((each) => each.outerHTML.slice(0, 200)),
	);
	expect(lost, look).toEqual([]);
	expect(await overflowOf(page), look).toBeLessThanOrEqual(0);
}

test('whoever wants less motion sees none', async ({ page, helper, mailbox }) => {
	await page.emulateMedia({ reducedMotion: 'reduce' });
	await openPrefilled(page, helper, mailbox);
	// What waits for a script that does not come (`app.css`) is over then: it moves nothing.
	await page.locator('html[data-alive]').waitFor();
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
			await expect(page.getByRole('textbox')).toHaveCount(0);
		}
	} finally {
		await context.close();
	}
});

const SCRIPTLESS = { javaScriptEnabled: false };

for (const [what, options] of [
	['without JavaScript', SCRIPTLESS],
	['before the script of the page has come', {}],
] as const) {
	test(`${what} what a sign-in came to is there, and nothing that could do nothing`, async ({
		page,
		browser,
		context,
		helper,
		mailbox,
	}) => {
		const identifier = await connect(page, helper, mailbox);
		const storageState = await context.storageState();
		const same = await browser.newContext({ ...options, storageState });
		try {
			const still = await same.newPage();
			await still.route('**/_app/**/*.js', () => undefined);
			await still.goto(helper.pageUrl, { waitUntil: 'commit' });
			await expect(still.getByRole('textbox', { name: 'OAuth token identifier' })).toHaveValue(
				identifier,
			);
			const waiting = still.getByRole('button');
			await expect(waiting).toHaveCount(options === SCRIPTLESS ? 0 : 1);
			if (options !== SCRIPTLESS) await expect(waiting).toHaveAttribute('aria-disabled', 'true');
			await still.goto(`${helper.origin}/mailboxes`, { waitUntil: 'commit' });
			await expect(still.getByText(identifier)).toBeVisible();
			await expect(still.getByRole('button')).toHaveCount(0);
		} finally {
			await same.close();
		}
	});
}
