// What Lighthouse says of the page, and what it costs before and moves after. How fast it is stands in
// `npm run bench -- lighthouse`.

import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from '@playwright/test';
import type { Result } from 'lighthouse';
import { LANGUAGES, type Language } from '../../src/lib/domain/language.ts';
import {
	BUTTON,
	expect,
	goToMicrosoft,
	holdScripts,
	identifierBox,
	openPrefilled,
	signInAs,
	test,
} from '../support/browser-test.ts';
import { noteShifts, shiftsOf, untilPainted } from '../support/layout-shifts.ts';
import { openLighthouse, scoreOf, shortcomings, type Lighthouse } from '../support/lighthouse.ts';
import type { RunningHelper } from '../support/running-helper.ts';

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

for (const language of LANGUAGES) {
	test(`before the first interaction the script is compressed and at most 45 KB, in ${language}`, async ({
		page,
		helper,
	}) => {
		const encodings = new Set<string | undefined>();
		page.on('response', (response) => {
			if (isScript(response.url())) encodings.add(response.headers()['content-encoding']);
		});
		const scripts = await scriptsOfStart(page, helper, language);
		expect([...encodings]).toEqual(['br']);
		expect(scripts.every(({ size }) => size > 0)).toBe(true);
		expect(sumOf(scripts.map(({ size }) => size))).toBeLessThanOrEqual(MAX_SCRIPT_BYTES);
	});
}

test('and at most 45 KB for a client that knows gzip alone', async ({ page, helper }) => {
	const scripts = await scriptsOfStart(page, helper, 'en');
	const sizes = scripts.map(async ({ url }) => {
		const { headers } = await fetch(url, { headers: { 'accept-encoding': 'gzip' } });
		expect(headers.get('content-encoding')).toBe('gzip');
		return Number(headers.get('content-length'));
	});
	const bytes = sumOf(await Promise.all(sizes));
	expect(bytes).toBeGreaterThan(sumOf(scripts.map(({ size }) => size)));
	expect(bytes).toBeLessThanOrEqual(MAX_SCRIPT_BYTES);
});

async function scriptsOfStart(page: Page, { pageUrl }: RunningHelper, language: Language) {
	await page.goto(`${pageUrl}?language=${language}`);
	await page.waitForLoadState('networkidle');
	const resources = await page.evaluate(() =>
		performance.getEntriesByType('resource').map((entry) => ({
			url: entry.name,
			size: (entry as PerformanceResourceTiming).encodedBodySize,
		})),
	);
	return resources.filter(({ url }) => isScript(url));
}

function sumOf(sizes: number[]): number {
	return sizes.reduce((sum, size) => sum + size, 0);
}

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
		await noteShifts(page);
		await openPrefilled(page, helper, mailbox);
		await goToMicrosoft(page, helper);
		await signInAs(page, mailbox);
		await identifierBox(page).waitFor();
		await expect(page.getByRole('status')).toContainText('The mailbox check is finished.');
		expect(await shiftsOf(page)).toEqual([]);
	});
}

test('nothing moves when the script comes later than the page', async ({ page, helper }) => {
	await page.setViewportSize({ width: 1280, height: 1000 });
	await noteShifts(page);
	const release = await holdScripts(page);
	await page.goto(helper.pageUrl, { waitUntil: 'commit' });
	await page.getByRole('heading', { level: 1 }).waitFor();
	await untilPainted(page);
	release();
	await page.getByRole('button', { name: BUTTON }).waitFor();
	await untilPainted(page);
	expect(await shiftsOf(page)).toEqual([]);
});

test('nothing moves while the page is still arriving', async ({ browser, helper }) => {
	// Of its own, as it visits another server than the helper.
	const page = await browser.newPage({ viewport: { width: 1280, height: 1000 } });
	await noteShifts(page);
	const whole = await (await fetch(helper.pageUrl)).text();
	const html = whole.replace(/<script[^>]*>[^<]*<\/script>|<link[^>]*modulepreload[^>]*>/g, '');
	const cut = html.indexOf('</li>', html.indexOf('</li>', html.indexOf('class="steps"')) + 1);
	let goOn = () => {};
	const slow = createServer((request, response) => {
		const path = request.url ?? '/';
		if (!path.startsWith('/microsoft365_oauth')) return void passOn(helper.origin + path, response);
		response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
		response.write(html.slice(0, cut));
		goOn = () => response.end(html.slice(cut));
	});
	await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve));
	try {
		const { port } = slow.address() as AddressInfo;
		const address = `http://127.0.0.1:${port}/microsoft365_oauth.html`;
		await page.goto(address, { waitUntil: 'commit' });
		await page.locator('.steps li').nth(1).waitFor();
		const painted = () => page.evaluate(() => performance.getEntriesByType('paint').length);
		await expect.poll(painted, { timeout: 10_000 }).toBeGreaterThan(0);
		goOn();
		await page.locator('.steps li').nth(2).waitFor();
		await untilPainted(page);
		expect(await shiftsOf(page)).toEqual([]);
	} finally {
		await page.close();
		slow.closeAllConnections();
		slow.close();
	}
});

async function passOn(url: string, response: ServerResponse): Promise<void> {
	const answer = await fetch(url);
	const type = answer.headers.get('content-type') ?? 'text/plain';
	response.writeHead(answer.status, { 'content-type': type });
	response.end(Buffer.from(await answer.arrayBuffer()));
}
