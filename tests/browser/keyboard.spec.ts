// By keyboard alone: each stop in the order in which it stands, with a ring that is seen, covered by nothing.

import type { Page } from '@playwright/test';
import {
	connect,
	expect,
	goToMicrosoft,
	identifierBox,
	openPrefilled,
	test,
} from '../support/browser-test.ts';
import { STATES } from '../support/page-states.ts';

type Stop = {
	name: string;
	/** Where it stands in the document, to tell its order. */
	at: number;
	/** Its sides, from the corner of the page. */
	sides: { left: number; top: number; right: number; bottom: number };
	ringWidth: number;
	ringStyle: string;
	isCovered: boolean;
	tabIndex: number;
};

/** Runs in the page: the element that has the focus, as somebody sees it. */
function focused(): Stop | undefined {
	const element = document.activeElement;
	if (!(element instanceof HTMLElement) || element === document.body) return undefined;
	const { left, top, right, bottom } = element.getBoundingClientRect();
	const style = getComputedStyle(element);
	// Nine points, a little within the box: at a rounded corner is what is behind it.
	const points = [left + 4, (left + right) / 2, right - 4].flatMap((x) =>
		[top + 4, (top + bottom) / 2, bottom - 4].map((y) => [x, y] as const),
	);
	// A link over two lines has a box in which not every point is its own.
	const isInline = style.display === 'inline';
	const isCovered = points.some(([x, y]) => {
		const there = document.elementFromPoint(x, y);
		return !isInline && there !== element && !element.contains(there);
	});
	return {
		name: (element.getAttribute('aria-label') ?? element.innerText) || element.id,
		at: [...document.querySelectorAll('*')].indexOf(element),
		sides: {
			left: left + scrollX,
			top: top + scrollY,
			right: right + scrollX,
			bottom: bottom + scrollY,
		},
		ringWidth: Number.parseFloat(style.outlineWidth),
		ringStyle: style.outlineStyle,
		isCovered,
		tabIndex: element.tabIndex,
	};
}

const MAX_STOPS = 60;

/** Every stop until the focus leaves the page. */
async function walk(page: Page, key: 'Tab' | 'Shift+Tab'): Promise<Stop[]> {
	const stops: Stop[] = [];
	for (let round = 0; round < MAX_STOPS; round += 1) {
		await page.keyboard.press(key);
		// The browser scrolls to what has the focus with the next frame.
		await page.evaluate(
			() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
		);
		const stop = await page.evaluate(focused);
		if (stop === undefined || stop.at === stops[0]?.at) return stops;
		stops.push(stop);
	}
	throw new Error('there is no way out of the page by keyboard');
}

function faultsOf(stops: Stop[]): Stop[] {
	return stops.filter(
		({ ringWidth, ringStyle, isCovered, tabIndex }) =>
			ringWidth < 2 || ringStyle === 'none' || isCovered || tabIndex > 0,
	);
}

/** Stops that stand before the one that came before them: left of it, or above and not beside it. */
function stepsBack(stops: Stop[]): string[] {
	return stops
		.filter(({ sides: { left, top, right, bottom } }, index) => {
			const before = stops[index - 1]?.sides;
			if (before === undefined) return false;
			if (bottom <= before.top) return left < before.right;
			return top < before.bottom && right <= before.left;
		})
		.map(({ name }) => name);
}

for (const state of ['start', 'faults of the fields', 'connected', 'somebody else signed in']) {
	for (const [width, colorScheme] of [
		[1280, 'light'],
		[320, 'dark'],
	] as const) {
		test(`${state}, ${width} pixels wide: every stop is seen, in the order of the page`, async ({
			page,
			helper,
		}) => {
			await page.setViewportSize({ width, height: 700 });
			await page.emulateMedia({ colorScheme });
			await STATES[state]?.(page, helper);
			await page.evaluate(() => {
				if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
				getSelection()?.removeAllRanges();
				scrollTo(0, 0);
			});
			const stops = await walk(page, 'Tab');
			expect(stops.length).toBeGreaterThan(5);
			expect(faultsOf(stops)).toEqual([]);
			expect(stepsBack(stops)).toEqual([]);
			const order = stops.map(({ at }) => at);
			expect(order).toEqual(order.toSorted((a, b) => a - b));
			const back = await walk(page, 'Shift+Tab');
			expect(faultsOf(back)).toEqual([]);
			expect(back.map(({ name }) => name).reverse()).toEqual(stops.map(({ name }) => name));
		});
	}
}

test('what is said hides nothing that has the focus', async ({ page, helper, mailbox }) => {
	await page.addInitScript(() => {
		navigator.clipboard.writeText = () => Promise.reject(new Error('refused'));
	});
	await page.setViewportSize({ width: 320, height: 700 });
	await connect(page, helper, mailbox);
	await expect(page.getByRole('status')).toContainText('The mailbox check is finished.');
	await page.getByRole('button', { name: 'Copy identifier' }).press('Enter');
	await expect(page.getByRole('status')).toContainText('press Ctrl+C');
	expect(faultsOf(await walk(page, 'Tab'))).toEqual([]);
	expect(faultsOf(await walk(page, 'Shift+Tab'))).toEqual([]);
	await expect(page.getByRole('status')).toBeInViewport();
});

test('after the return the heading has the focus once, and the poll takes it from nobody', async ({
	page,
	helper,
}) => {
	const mailbox = 'slow@mycompany.com';
	await openPrefilled(page, helper, mailbox);
	await goToMicrosoft(page, helper);
	await page.keyboard.press('Tab');
	await page.keyboard.press('Enter');
	await identifierBox(page).waitFor();
	await expect(page.getByRole('heading', { level: 1 })).toBeFocused();
	await identifierBox(page).focus();
	await page.evaluate(() => scrollTo(0, 120));
	const before = await page.evaluate(() => [document.activeElement?.id, scrollY]);
	await expect(page.getByRole('status')).toContainText('The mailbox check is finished.', {
		timeout: 30_000,
	});
	expect(await page.evaluate(() => [document.activeElement?.id, scrollY])).toEqual(before);
});

/** Longer than it is silent before it says the same once more. */
const SETTLED_MS = 500;

for (const state of ['somebody else signed in', 'cancelled', 'approval needed', 'revoked']) {
	test(`${state}: what is said last is what the sign-in came to`, async ({ page, helper }) => {
		await STATES[state]?.(page, helper);
		await page.waitForTimeout(SETTLED_MS);
		const outcome = await page.getByRole('heading', { level: 2 }).first().innerText();
		await expect(page.getByRole('status')).toHaveText(outcome);
	});
}
