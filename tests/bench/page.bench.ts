// The page's weight before anyone has done anything, and the time from the return to the text box, beside a
// bare server-side redirect flow against the same practice Microsoft in the same run.

import { chromium, type Browser, type Page } from '@playwright/test';
import { findChromium } from '../../scripts/chromium.js';
import { chooseAtSignInPage } from '../../src/practice/microsoft/visitor.ts';
import { startTestPostgres } from '../support/postgres.ts';
import { startRunningHelper, type RunningHelper } from '../support/running-helper.ts';
import { startBareFlow, type BareFlow } from './bare-flow.ts';
import { median } from './median.ts';

type Line = 'loopback' | 'slow line';

const ROUNDS = 9;
const MAX_SCRIPT_BYTES = 45 * 1024;
const MAX_RATIO = 3;
const MAX_RATIO_ON_A_SLOW_LINE = 1.6;
const MAX_ROUND_TRIPS = 3;
const MAILBOX = 'equis@mycompany.com';

export async function run(): Promise<void> {
	const postgres = await startTestPostgres();
	const helper = await startRunningHelper(postgres.url);
	const bare = await startBareFlow();
	const executablePath = await findChromium();
	const browser = await chromium.launch({
		...(executablePath !== undefined && { executablePath }),
		args: ['--disable-background-networking', '--disable-gpu', '--no-sandbox'],
	});
	try {
		await measureWeight(browser, helper);
		await measureReturn(browser, helper, bare, 'loopback');
		await measureReturn(browser, helper, bare, 'slow line');
	} finally {
		await browser.close();
		await bare.stop();
		await helper.stop();
		await postgres.stop();
	}
}

/** Compressed bytes on the wire, as Chromium counts them. */
async function measureWeight(browser: Browser, helper: RunningHelper): Promise<void> {
	const page = await browser.newPage();
	await page.goto(helper.pageUrl, { waitUntil: 'networkidle' });
	const bytes = await page.evaluate(() =>
		performance
			.getEntriesByType('resource')
			.filter((entry) => entry.name.endsWith('.js'))
			.reduce((sum, entry) => sum + (entry as PerformanceResourceTiming).encodedBodySize, 0),
	);
	await page.close();
	report('script before the first interaction', bytes, 'bytes', MAX_SCRIPT_BYTES);
}

async function measureReturn(
	browser: Browser,
	helper: RunningHelper,
	bare: BareFlow,
	line: Line,
): Promise<void> {
	const ours: number[] = [];
	const bares: number[] = [];
	const trips: number[] = [];
	for (let round = 0; round < ROUNDS + 1; round += 1) {
		const our = await ourReturn(browser, helper, line);
		const bareTime = await bareReturn(browser, bare, line);
		// The first round warms both.
		if (round === 0) continue;
		ours.push(our.time);
		trips.push(our.roundTrips);
		bares.push(bareTime);
	}
	const ratio = median(ours) / median(bares);
	console.log(
		`  return to text box, ${line}: ${median(ours).toFixed(0)} ms, bare ${median(bares).toFixed(0)} ms`,
	);
	const goal = line === 'loopback' ? MAX_RATIO : MAX_RATIO_ON_A_SLOW_LINE;
	report(`return to text box, ours / bare, ${line}`, ratio, 'times', goal);
	report(`one after the other behind the HTML, ${line}`, median(trips), 'trips', MAX_ROUND_TRIPS);
}

/** As in a browser's own tools: 150 ms there and back, 1.6 Mbit/s, and a processor four times slower. */
async function throttle(page: Page): Promise<void> {
	const session = await page.context().newCDPSession(page);
	await session.send('Network.enable');
	await session.send('Network.emulateNetworkConditions', {
		...{ offline: false, latency: 150 },
		...{ downloadThroughput: 1_600_000 / 8, uploadThroughput: 750_000 / 8 },
	});
	await session.send('Emulation.setCPUThrottlingRate', { rate: 4 });
}

async function ourReturn(browser: Browser, helper: RunningHelper, line: Line) {
	const { context, page } = await openPage(browser, line);
	await page.goto(`${helper.pageUrl}?site=${helper.site.site}&email=${MAILBOX}`);
	await page.getByRole('button', { name: 'Sign in with Microsoft' }).click();
	await page
		.getByRole('button', { name: `Sign in as ${MAILBOX}` })
		.first()
		.click();
	const time = await timeToTextBox(page);
	const roundTrips = await page.evaluate<number>(COUNT_ROUND_TRIPS);
	await context.close();
	return { time, roundTrips };
}

/** Requests of which each began when the one before had ended, up to the text box. What is in the cache is no request, and nothing waits for pictures. */
const COUNT_ROUND_TRIPS = `(() => {
	const seenAt = Number(document.documentElement.dataset.seenAt);
	const requests = performance.getEntriesByType('resource')
		.filter(({ transferSize, startTime, initiatorType }) =>
			transferSize > 0 && startTime < seenAt && !['img', 'other'].includes(initiatorType))
		.sort((one, other) => one.startTime - other.startTime);
	const depths = [];
	for (const { startTime } of requests) {
		const before = depths.filter((_, index) => requests[index].responseEnd <= startTime);
		depths.push(1 + Math.max(0, ...before));
	}
	return Math.max(0, ...depths);
})()`;

async function bareReturn(browser: Browser, bare: BareFlow, line: Line): Promise<number> {
	const { context, page } = await openPage(browser, line);
	const returned = await chooseAtSignInPage(bare.begin(), MAILBOX);
	// The practice Microsoft answers in the fragment; a server-side flow gets the same in the query.
	await page.goto(`${bare.redirectUri}?${returned.hash.slice(1)}`);
	const time = await timeToTextBox(page);
	await context.close();
	return time;
}

// As text: tsx gives functions a helper for their names that is not there in the page.
const NOTE_TEXT_BOX = `
	requestAnimationFrame(function look() {
		const box = document.querySelector('textarea[readonly]');
		if (box) document.documentElement.dataset.seenAt = performance.now();
		else requestAnimationFrame(look);
	});`;

/** A page of its own that notes the frame in which a read-only text box is there: of ours the one that the early script makes. */
async function openPage(browser: Browser, line: Line) {
	const context = await browser.newContext();
	await context.addInitScript({ content: NOTE_TEXT_BOX });
	const page = await context.newPage();
	if (line === 'slow line') await throttle(page);
	return { context, page };
}

/** From the request for the page at the redirect URI to the text box being there. */
async function timeToTextBox(page: Page): Promise<number> {
	const noted = page.locator('html[data-seen-at]');
	await noted.waitFor();
	const [seenAt, fetchStart] = await Promise.all([
		noted.getAttribute('data-seen-at'),
		page.evaluate(() => {
			const [navigation] = performance.getEntriesByType('navigation');
			return (navigation as PerformanceNavigationTiming).fetchStart;
		}),
	]);
	return Number(seenAt) - fetchStart;
}

function report(what: string, value: number, unit: string, goal: number): void {
	const verdict = value <= goal ? 'within the goal' : 'OVER the goal';
	console.log(`  ${what}: ${Number(value.toFixed(2))} ${unit} (goal: at most ${goal}), ${verdict}`);
}
