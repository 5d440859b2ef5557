// What the operator has the page say and show, with text that would be markup and a logo that would be a program.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, goToMicrosoft, identifierBox, signInAs, test } from '../support/browser-test.ts';
import { STATES } from '../support/page-states.ts';

const NAME = `<b>"&</b>`;
const ADVICE = `<script>document.title = 'taken'</script><img src=x onerror="document.title = 'taken'">`;
const LOGO = `<?xml version="1.0"?>
<svg xmlns="http://www.w3.org/2000/svg" width="160" height="48" onload="this.setAttribute('ran', '')">
	<style>rect { fill: #14488f }</style>
	<rect width="160" height="48" rx="8"/>
	<script>document.documentElement.setAttribute('ran', '')</script>
</svg>`;

test.use({
	settings: [
		// eslint-disable-next-line no-empty-pattern -- Playwright wants the pattern
		async ({}, use) => {
			const folder = mkdtempSync(join(tmpdir(), 'mailkey-wording-'));
			const file = join(folder, 'logo');
			writeFileSync(file, LOGO);
			await use({
				HELPER_NAME: NAME,
				HELPER_ADVICE: ADVICE,
				HELPER_LOGO: file,
				SUPPORT_URL: 'help@mycompany.com',
				PRIVACY_URL: 'https://mycompany.com/privacy',
			});
			rmSync(folder, { recursive: true });
		},
		{ scope: 'worker' },
	],
});

test('it is text, and the logo is drawn with the helper’s name', async ({ page, helper }) => {
	for (const path of ['/microsoft365_oauth.html', '/mailboxes', '/nothing-here']) {
		await page.goto(helper.origin + path);
		const banner = page.getByRole('banner');
		const logo = banner.getByRole('img', { name: NAME, exact: true });
		await expect(logo).toBeVisible();
		await expect(logo).toHaveJSProperty('complete', true);
		await expect(logo).toHaveJSProperty('naturalWidth', 160);
		await expect(page.getByRole('link', { name: 'Privacy' })).toHaveAttribute(
			'href',
			'https://mycompany.com/privacy',
		);
		// Drawn, and nothing beside it that would be read out a second time.
		await expect(banner).toMatchAriaSnapshot(`- banner:\n  - img ${JSON.stringify(NAME)}`);
	}
	await page.goto(helper.pageUrl);
	await expect(page.getByRole('listitem').filter({ hasText: ADVICE })).toHaveText(ADVICE);
	expect(await page.title()).not.toBe('taken');
	const support = page.getByRole('link', { name: 'Contact support' });
	await expect(support).toHaveAttribute('href', 'mailto:help@mycompany.com');
});

test('what only the operator can mend leads to the operator', async ({ page, helper }) => {
	await STATES['fault of the operator']?.(page, helper);
	const card = page.getByRole('region', { name: /does not know this page/ });
	await expect(page.locator('main .primary')).toHaveText(['Contact support']);
	await expect(card.getByRole('link', { name: 'Contact support' })).toHaveAttribute(
		'href',
		'mailto:help@mycompany.com',
	);
	await expect(card.getByRole('button')).toHaveText(['Copy the details']);
});

test('the face of a site is text and a picture, below the helper’s own, and comes with what is typed', async ({
	page,
	helper,
	mailbox,
}) => {
	const [digest, url] = ['a'.repeat(43), 'https://sends.example.com'];
	await helper.sql`
		with site as (
			insert into sites (url, name, any_mailbox, created_at, protocols, advice, support_url)
			values (${url}, ${NAME}, true, now(), '{smtp}', ${ADVICE}, 'https://help.example.com/')
			returning id
		)
		insert into site_logos (site_id, content_type, bytes, digest)
		select id, 'image/svg+xml', convert_to(${LOGO}, 'UTF8'), ${digest} from site`;
	await page.goto(helper.pageUrl);
	const face = page.getByRole('region', { name: 'The site that you connect the mailbox to' });
	await page.getByRole('textbox', { name: 'Site URL' }).fill(url);
	await expect(page.getByText('The site says:')).toContainText(ADVICE);
	await expect(face).toContainText('sends.example.com');
	await expect(face.locator('img')).toHaveJSProperty('naturalWidth', 160);
	await expect(
		page.getByRole('banner').getByRole('img', { name: NAME, exact: true }),
	).toBeVisible();
	await expect(page.getByText('will be able to send mail as')).toBeVisible();
	await page.getByRole('textbox', { name: 'Site URL' }).fill('https://else.example.com');
	await expect(face).toHaveCount(0);
	expect(await page.title()).not.toBe('taken');
	await page.goto(`${helper.pageUrl}?${new URLSearchParams({ site: url, email: mailbox })}`);
	await expect(face).toBeVisible();

	await goToMicrosoft(page, helper);
	await signInAs(page, mailbox);
	await identifierBox(page).waitFor();
	const result = page.getByRole('main');
	await expect(result).toContainText('Outgoing mail: SMTP');
	await expect(result).not.toContainText(/IMAP|POP|incoming/i);
});

// In a context of its own: what is refused here would count as a fault of the page elsewhere.
test('a logo that is opened by itself runs no script', async ({ browser, helper }) => {
	const context = await browser.newContext();
	const page = await context.newPage();
	const refused: string[] = [];
	page.on('console', (message) => refused.push(message.text()));
	await page.goto(`${helper.origin}/logo`);
	expect(await page.evaluate(() => document.documentElement.hasAttribute('ran'))).toBe(false);
	await expect.poll(() => refused.join()).toContain('script');
	// Its own colours are no program.
	expect(refused.join()).not.toContain('style');
	await context.close();
});
