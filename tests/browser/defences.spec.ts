// What the browser itself is told to refuse, tried in a real one.

import { createServer } from 'node:http';
import { once } from 'node:events';
import type { Browser, Page } from '@playwright/test';
import { BUTTON, expect, test } from '../support/browser-test.ts';

// In a context of their own: what is refused here would count as a fault of the page elsewhere.
async function withPage(browser: Browser, look: (page: Page) => Promise<void>): Promise<void> {
	const context = await browser.newContext();
	try {
		await look(await context.newPage());
	} finally {
		await context.close();
	}
}

test('no text becomes markup: Trusted Types refuse it', async ({ browser, helper }) => {
	await withPage(browser, async (page) => {
		await page.goto(helper.pageUrl);
		const refused = await page.evaluate(() => {
			try {
				document.createElement('div').innerHTML = '<img src=x onerror=alert(1)>';
				return 'taken';
			} catch (error) {
				return error instanceof TypeError ? 'refused' : 'other';
			}
		});
		expect(refused).toBe('refused');
	});
});

test('no script that was slipped into the page runs', async ({ browser, helper }) => {
	await withPage(browser, async (page) => {
		await page.route(helper.pageUrl, async (route) => {
			const response = await route.fetch();
			const slipped = `<script>document.title = 'taken'</script>
				<script src="https://evil.example/x.js"></script>
				<img src="/x" onerror="document.title = 'taken'">`;
			const body = (await response.text()).replace('</main>', `${slipped}</main>`);
			await route.fulfill({ response, body });
		});
		const refused: string[] = [];
		page.on('console', (message) => refused.push(message.text()));
		await page.goto(helper.pageUrl);
		await expect(page.getByRole('button', { name: BUTTON })).toBeVisible();
		await expect.poll(() => refused.filter((text) => text.includes('script-src')).length).toBe(3);
		expect(await page.title()).not.toBe('taken');
	});
});

test('the page stands in no frame of another', async ({ browser, helper }) => {
	const frame = createServer((_request, response) => {
		response.setHeader('content-type', 'text/html');
		response.end(`<iframe src="${helper.pageUrl}" width="600" height="600"></iframe>`);
	}).listen(0, '127.0.0.1');
	await once(frame, 'listening');
	const address = frame.address();
	await withPage(browser, async (page) => {
		const blocked = page.waitForEvent('console', (message) =>
			/frame-ancestors|X-Frame-Options/.test(message.text()),
		);
		await page.goto(`http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`);
		await blocked;
		const inside = page.frames().find((each) => each !== page.mainFrame());
		expect(await inside?.getByRole('button', { name: BUTTON }).count()).toBe(0);
	});
	frame.close();
});
