// What moves on a page without anybody having pressed something, as the browser itself counts it (the Layout Instability API).

import type { Page } from '@playwright/test';

/** Those within half a second of a click do not count, unless that was on another page. */
const NOTE_SHIFTS = `
	window.shifts = [];
	new PerformanceObserver((list) => {
		for (const { value, sources } of list.getEntries()) {
			const moved = sources.map(({ node, previousRect, currentRect }) =>
				[node?.nodeName, node?.className, previousRect.y, 'to', currentRect.y].join(' '));
			shifts.push(value.toFixed(3) + ': ' + moved.join(', '));
		}
	}).observe({ type: 'layout-shift', buffered: true });`;

/** Before the page is opened. */
export async function noteShifts(page: Page): Promise<void> {
	await page.addInitScript(NOTE_SHIFTS);
}

export function shiftsOf(page: Page): Promise<string[]> {
	return page.evaluate(() => (window as unknown as { shifts: string[] }).shifts);
}

export async function untilPainted(page: Page): Promise<void> {
	await page.evaluate(
		() =>
			new Promise((painted) =>
				requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(painted))),
			),
	);
}
