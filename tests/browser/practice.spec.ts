// Practice mode as a newcomer opens it: its banner, and what is to be seen below it at once.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { analyze } from '../support/axe.ts';
import { createPracticeHelper, type PracticeHelper } from '../support/practice-helper.ts';

const SITE = 'https://mysite.equisonline.com';
const LOGO = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 3 1"><path fill="teal" d="M0 0h3v1H0z"/></svg>`;

const TAGS = ['wcag2a', 'wcag2aa', 'wcag2aaa', 'wcag21aa', 'wcag22aa', 'best-practice'];

let helper: PracticeHelper;

test.beforeAll(async () => {
	test.setTimeout(120_000);
	helper = await createPracticeHelper();
	await helper.start();
	const logo = join(helper.folder, 'logo.svg');
	await writeFile(logo, LOGO);
	await helper.mailkey(['site', 'change', SITE, '--logo', logo]);
});
test.afterAll(() => helper.stop());

for (const [width, height] of [
	[1280, 800],
	[390, 844],
] as const) {
	test(`at ${width}×${height} the banner has one line, and the button is seen at once below a site’s logo`, async ({
		page,
	}) => {
		await page.setViewportSize({ width, height });
		const query = new URLSearchParams({ site: SITE, email: 'equis@mycompany.com' });
		await page.goto(`${helper.origin}/microsoft365_oauth.html?${query}`);
		await expect(page.locator('section img')).toBeVisible();
		const banner = page.getByText('Practice: this is not Microsoft.');
		const lines = await banner.evaluate((each) => {
			const { lineHeight } = getComputedStyle(each);
			return (each.clientHeight - 8) / parseFloat(lineHeight);
		});
		expect(lines).toBeCloseTo(1, 1);
		const button = page.getByRole('button', { name: 'Sign in with Microsoft' });
		await expect(button).toBeInViewport({ ratio: 1 });
	});
}

test('each component is there in every state, without a fault that axe knows, light and dark', async ({
	page,
}) => {
	test.slow();
	const list = `${helper.origin}/practice/components`;
	await page.goto(list);
	const names = await page.locator('main a').allTextContents();
	expect(names.length).toBeGreaterThan(35);
	const faults: string[] = [];
	for (const [index, state] of names.entries()) {
		await page.emulateMedia({ colorScheme: index % 2 === 0 ? 'light' : 'dark' });
		await page.goto(`${list}?${new URLSearchParams({ state })}`);
		await page.locator('html[data-alive]').waitFor();
		await expect(page.locator('main :is(section, form)').first()).toBeVisible();
		const { violations, incomplete } = await analyze(page, { tags: TAGS });
		for (const { id, nodes } of [...violations, ...incomplete])
			faults.push(`${await page.title()}: ${id}, ${nodes[0]?.html}`);
	}
	expect(faults).toEqual([]);
});
