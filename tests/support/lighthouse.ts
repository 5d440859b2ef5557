// Lighthouse at the start page and at the result, as on a phone. It drives Chromium by puppeteer, so the sign-in whose
// result it looks at is done there too. It reports to nobody: only its command line asks whether it may.

import { chromium } from '@playwright/test';
import lighthouse, { type Flags, type Result } from 'lighthouse';
import { launch, type Page } from 'puppeteer-core';
import { findChromium } from '../../scripts/chromium.js';
import type { RunningHelper } from './running-helper.ts';

export type Lighthouse = {
	/** With empty fields. */
	startPage(): Promise<Result>;
	/** After a sign-in; the identifier is there from the first byte on. */
	resultPage(mailbox: string): Promise<Result>;
	close(): Promise<void>;
};

export async function openLighthouse(helper: RunningHelper): Promise<Lighthouse> {
	const browser = await launch({
		executablePath: (await findChromium()) ?? chromium.executablePath(),
		args: ['--disable-background-networking', '--disable-gpu', '--no-sandbox'],
	});
	async function look(prepare?: (page: Page) => Promise<void>): Promise<Result> {
		for (let round = 0; round < ROUNDS; round += 1) {
			const context = await browser.createBrowserContext();
			const page = await context.newPage();
			await prepare?.(page);
			const result = await lighthouse(helper.pageUrl, FLAGS, undefined, page);
			const hasIdentifier = (await page.$('textarea[readonly]')) !== null;
			await context.close();
			if (result === undefined || result.lhr.runtimeError !== undefined) continue;
			if (hasIdentifier === (prepare !== undefined)) return result.lhr;
			throw new Error('Lighthouse did not see the page that it was shown.');
		}
		throw new Error('Lighthouse came to nothing.');
	}
	return {
		startPage: () => look(),
		resultPage: (mailbox) => look((page) => signIn(page, helper, mailbox)),
		close: () => browser.close(),
	};
}

/** On a busy machine a trace can lack its beginning; then Lighthouse itself asks to be run again. */
const ROUNDS = 3;

const FLAGS: Flags = {
	onlyCategories: ['performance', 'accessibility', 'best-practices'],
	// The session is what makes it the result page.
	disableStorageReset: true,
	logLevel: 'silent',
};

async function signIn(page: Page, helper: RunningHelper, mailbox: string): Promise<void> {
	const query = new URLSearchParams({ site: helper.site.site, email: mailbox });
	await page.goto(`${helper.pageUrl}?${query}`);
	await page.locator('::-p-aria(Sign in with Microsoft)').click();
	await page.locator(`::-p-aria(Sign in as ${mailbox})`).click();
	await page.waitForFunction(`document.querySelector('textarea[readonly]') !== null`);
	// What the mailbox check still says would move the page.
	await page.waitForFunction(
		`document.querySelector('[role=status]').textContent.startsWith('The mailbox check is finished')`,
	);
}

/** What keeps a category from 100, with Lighthouse's own words; empty when nothing does. */
export function shortcomings({ categories, audits }: Result, category: string): string[] {
	return (categories[category]?.auditRefs ?? [])
		.filter(({ weight }) => weight > 0)
		.map(({ id }) => audits[id])
		.filter((audit) => audit !== undefined)
		.filter(({ score, errorMessage }) => errorMessage !== undefined || (score ?? 1) < 1)
		.map(({ id, title, displayValue, errorMessage }) =>
			[id, title, displayValue ?? errorMessage].filter(Boolean).join(': '),
		);
}

/** 0 to 100. */
export function scoreOf({ categories }: Result, category: string): number {
	return Math.round((categories[category]?.score ?? 0) * 100);
}
