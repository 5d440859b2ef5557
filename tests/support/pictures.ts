// The pictures in docs/images and the page that shows them: each state as a browser shows it, in one look for all and in
// others for those that are looked at most.

import { mkdir, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser } from '@playwright/test';
import { findChromium } from '../../scripts/chromium.js';
import { ensureDebianPackages } from './debian.ts';
import { STATES } from './page-states.ts';
import { createPracticeHelper, type PracticeHelper } from './practice-helper.ts';
import { startTestPostgres } from './postgres.ts';
import { startRunningHelper, type RunningHelper } from './running-helper.ts';

/** Of the page of components. */
const OUTCOMES = /^(result|right account|back to|completed|site,)/;

type Look = { colorScheme: 'light' | 'dark'; width: number; height: number };

const EVERY_STATE: Look = { colorScheme: 'light', width: 1280, height: 800 };
const ON_A_PHONE: Look = { colorScheme: 'dark', width: 390, height: 844 };
const ALSO_ON_A_PHONE = ['start', 'faults of the fields', 'connected', 'somebody else signed in'];

/** What the operator would have set, so that the pictures show no port of this machine as a name. */
const SETTINGS = { HELPER_NAME: 'Mailkey', SUPPORT_URL: 'https://support.example.com' };

const DOCS = fileURLToPath(new URL('../../docs/', import.meta.url));

/** For the name of the Japanese language. */
const JAPANESE_FONT = '/usr/share/fonts/opentype/ipafont-gothic/ipag.ttf';

export async function takePictures(): Promise<void> {
	if (!(await ensureDebianPackages(['fonts-ipafont-gothic'], [JAPANESE_FONT]))) {
		throw new Error(`the pictures need ${JAPANESE_FONT} (Debian: fonts-ipafont-gothic)`);
	}
	const postgres = await startTestPostgres();
	const helper = await startRunningHelper(postgres.url, SETTINGS);
	// What the practice servers are called says nothing to whoever looks at a picture.
	await helper.sql`
		update sites set imap_server = 'imaps://outlook.office365.com',
			pop_server = 'pop3s://outlook.office365.com', smtp_server = 'smtp://smtp.office365.com'`;
	const executablePath = await findChromium();
	const browser = await chromium.launch({
		...(executablePath !== undefined && { executablePath }),
		args: ['--disable-background-networking', '--disable-gpu', '--no-sandbox'],
	});
	const practice = await createPracticeHelper();
	try {
		await rm(`${DOCS}images`, { recursive: true, force: true });
		await mkdir(`${DOCS}images`);
		for (const state of Object.keys(STATES)) await takeState(browser, helper, state);
		await practice.start();
		const outcomes = await takeOutcomes(browser, practice);
		await writeFile(`${DOCS}screens.md`, `${listed()}\n${sheet(outcomes)}`);
	} finally {
		await browser.close();
		await Promise.all([helper.stop(), practice.stop()]);
		await postgres.stop();
	}
}

async function takeState(browser: Browser, helper: RunningHelper, state: string): Promise<void> {
	const context = await browser.newContext();
	const page = await context.newPage();
	await STATES[state]?.(page, helper);
	for (const look of looksOf(state)) {
		await page.emulateMedia({ colorScheme: look.colorScheme });
		await page.setViewportSize(look);
		// As text: the scripts' types know of no document.
		await page.evaluate('document.activeElement?.blur()');
		await page.screenshot({ path: `${DOCS}images/${fileOf(state, look)}`, fullPage: true });
	}
	await context.close();
}

/** The outcomes as the page of components shows them, and the sites with a face of their own: side by side. */
async function takeOutcomes(browser: Browser, { origin }: PracticeHelper): Promise<string[]> {
	const page = await browser.newPage({ viewport: EVERY_STATE });
	await page.goto(`${origin}/practice/components`);
	const names = await page.locator('main a').allTextContents();
	const outcomes = names.filter((name) => OUTCOMES.test(name));
	for (const name of outcomes) {
		await page.goto(`${origin}/practice/components?${new URLSearchParams({ state: name })}`);
		await page.locator('html[data-alive]').waitFor();
		await page.screenshot({ path: `${DOCS}images/${outcomeFile(name)}` });
	}
	await page.close();
	return outcomes;
}

function outcomeFile(name: string): string {
	return `outcome-${name.toLowerCase().replaceAll(/[^a-z]+/g, '-')}.png`;
}

function sheet(outcomes: string[]): string {
	const cells = outcomes.map(
		(name) =>
			`<td width="50%">${name}<br><img src="images/${outcomeFile(name)}" alt="${name}"></td>`,
	);
	const rows = cells.flatMap((cell, index) =>
		index % 2 === 0 ? [`<tr>${cell}${cells[index + 1] ?? ''}</tr>`] : [],
	);
	const intro =
		'What a sign-in can come to, as a laptop shows it, and two sites with a face of their own, below the helper’s. ' +
		'In practice mode `/practice/components` has every component in every state.';
	return `## All outcomes side by side\n\n${intro}\n\n<table>\n${rows.join('\n')}\n</table>\n`;
}

function looksOf(state: string): Look[] {
	return ALSO_ON_A_PHONE.includes(state) ? [EVERY_STATE, ON_A_PHONE] : [EVERY_STATE];
}

function fileOf(state: string, look: Look): string {
	const name = state.replaceAll(/[^a-z]+/g, '-');
	return look === EVERY_STATE ? `${name}.png` : `${name}-${look.colorScheme}-${look.width}.png`;
}

function listed(): string {
	const shown = Object.keys(STATES).map((state) => {
		const images = looksOf(state).map((look) => {
			const what = `The page: ${state}, ${look.colorScheme}, ${look.width} pixels wide`;
			return `![${what}](images/${fileOf(state, look)})`;
		});
		return `## ${state.charAt(0).toUpperCase()}${state.slice(1)}\n\n${images.join('\n')}\n`;
	});
	const intro =
		'Every state of the pages. `npm run pictures` takes them anew and writes this list.';
	return `# Screens\n\n${intro}\n\n${shown.join('\n')}`;
}
