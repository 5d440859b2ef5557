// What Lighthouse says of the page, and what it costs before and moves after. How fast it is stands in
// `npm run bench -- lighthouse`.

import type { Result } from 'lighthouse';
import {
	expect,
	goToMicrosoft,
	identifierBox,
	openPrefilled,
	signInAs,
	test,
} from '../support/browser-test.ts';
import { openLighthouse, scoreOf, shortcomings, type Lighthouse } from '../support/lighthouse.ts';

const MAX_SCRIPT_BYTES = 45 * 1024;

test.describe('Lighthouse', () => {
	let lighthouse: Lighthouse;

	test.beforeAll(async ({ helper }) => {
		lighthouse = await openLighthouse(helper);
	});
	test.afterAll(() => lighthouse.close());

	test('the start page has all points but those for speed, and nothing in it moves', async () => {
		test.slow();
		expectNoFault(await lighthouse.startPage());
	});

	test('the result has all points but those for speed, and nothing in it moves', async ({
		mailbox,
	}) => {
		test.slow();
		expectNoFault(await lighthouse.resultPage(mailbox));
	});
});

function expectNoFault(result: Result): void {
	for (const category of ['accessibility', 'best-practices']) {
		expect(shortcomings(result, category), category).toEqual([]);
		expect(scoreOf(result, category), category).toBe(100);
	}
	expect(result.audits['cumulative-layout-shift']?.numericValue).toBe(0);
	expect(result.runWarnings).toEqual([]);
}

test('before the first interaction the script is compressed and at most 45 KB', async ({
	page,
	helper,
	mailbox,
}) => {
	const encodings = new Set<string | undefined>();
	page.on('response', (response) => {
		if (isScript(response.url())) encodings.add(response.headers()['content-encoding']);
	});
	await openPrefilled(page, helper, mailbox);
	await page.waitForLoadState('networkidle');
	const resources = await page.evaluate(() =>
		performance
			.getEntriesByType('resource')
			.map((entry) => [entry.name, (entry as PerformanceResourceTiming).encodedBodySize] as const),
	);
	const scripts = resources.filter(([url]) => isScript(url));
	const bytes = scripts.reduce((sum, [, size]) => sum + size, 0);
	expect([...encodings]).toEqual(['br']);
	expect(scripts.every(([, size]) => size > 0)).toBe(true);
	expect(bytes).toBeLessThanOrEqual(MAX_SCRIPT_BYTES);
});

function isScript(url: string): boolean {
	return new URL(url).pathname.endsWith('.js');
}

for (const [device, width, height] of [
	['phone', 412, 823],
	['desk', 1280, 720],
] as const) {
	test(`on a ${device} nothing moves on the return from Microsoft`, async ({
		page,
		helper,
		mailbox,
	}) => {
		await page.setViewportSize({ width, height });
		await page.addInitScript(NOTE_SHIFTS);
		await openPrefilled(page, helper, mailbox);
		await goToMicrosoft(page, helper);
		await signInAs(page, mailbox);
		await identifierBox(page).waitFor();
		await expect(page.getByRole('status')).toContainText('The mailbox check is finished.');
		const shifts = await page.evaluate(() => (window as unknown as { shifts: string[] }).shifts);
		expect(shifts).toEqual([]);
	});
}

/** Those within half a second of a click count too: here it was on another page. */
const NOTE_SHIFTS = `
	window.shifts = [];
	new PerformanceObserver((list) => {
		for (const { value, sources } of list.getEntries()) {
			const moved = sources.map(({ node, previousRect, currentRect }) =>
				[node?.nodeName, node?.className, previousRect.y, 'to', currentRect.y].join(' '));
			shifts.push(value.toFixed(3) + ': ' + moved.join(', '));
		}
	}).observe({ type: 'layout-shift', buffered: true });`;
