// Every state that the pages can be in, and how a browser comes there: for the tests that look at all of them, and for
// the pictures in docs/images.

import type { Page } from '@playwright/test';
import {
	approvalLink,
	BUTTON,
	connect,
	emailField,
	expect,
	goToMicrosoft,
	openApproval,
	openPrefilled,
	signInAs,
	siteField,
} from './browser-test.ts';
import type { RunningHelper } from './running-helper.ts';

export type Reach = (page: Page, helper: RunningHelper) => Promise<unknown>;

/** Mailboxes of their own, so that no state sees what another has left. */
const box = (name: string) => `${name}@mycompany.com`;

export const STATES: Record<string, Reach> = {
	start: async (page, helper) => {
		await page.goto(helper.pageUrl);
		// Shown when the script of the page runs.
		await page.getByRole('button', { name: BUTTON }).waitFor();
	},
	prefilled: async (page, helper) => {
		await openPrefilled(page, helper, box('prefilled'));
		await page.getByRole('button', { name: BUTTON }).waitFor();
	},
	'faults of the fields': async (page, helper) => {
		await page.goto(helper.pageUrl);
		await page.getByRole('button', { name: BUTTON }).click();
		await page.getByRole('alert').waitFor();
	},
	leaving: async (page, helper) => {
		await openPrefilled(page, helper, box('leaving'));
		// Nobody answers: the page stands as it is while it leaves.
		await page.route('**/api/sign-ins', () => undefined);
		await page.getByRole('button', { name: BUTTON }).click();
		await page.getByText('Taking you to Microsoft…').waitFor();
	},
	finishing: async (page, helper) => {
		await openPrefilled(page, helper, box('finishing'));
		await goToMicrosoft(page, helper);
		await page.route('**/code', () => undefined);
		await signInAs(page, box('finishing'));
		await page.getByText('Finishing the sign-in…').waitFor();
	},
	'no answer': async (page, helper) => {
		await openPrefilled(page, helper, box('no-answer'));
		await goToMicrosoft(page, helper);
		await page.route('**/api/**', (route) => route.abort());
		await signInAs(page, box('no-answer'));
		await page.getByRole('button', { name: 'Check again' }).waitFor();
	},
	'check running': async (page, helper) => {
		await connect(page, helper, 'slow@mycompany.com');
		await page.getByRole('heading', { name: 'Checking the mailbox…' }).waitFor();
	},
	connected: async (page, helper) => {
		await connect(page, helper, box('connected'));
		await page.getByText('The mailbox check is finished.').waitFor();
	},
	'check failed': async (page, helper) => {
		await connect(page, helper, 'smtp-off@mycompany.com');
		await page.getByText('The mailbox check is finished.').waitFor();
	},
	'somebody else signed in': async (page, helper) => {
		await openPrefilled(page, helper, 'shared@mycompany.com');
		await goToMicrosoft(page, helper);
		await signInAs(page, 'equis@mycompany.com');
		await page.getByRole('button', { name: 'Choose another account' }).waitFor();
	},
	'approval needed': async (page, helper) => {
		await refusedBy(page, helper, 'AADSTS90094: the grant requires administrator permission.');
		await approvalLink(page).waitFor();
	},
	cancelled: async (page, helper) => {
		await openPrefilled(page, helper, box('cancelled'));
		await goToMicrosoft(page, helper);
		await page.getByRole('button', { name: /^Cancel/ }).click();
		await page.getByRole('heading', { level: 2, name: /without signing in/ }).waitFor();
		await approvalLink(page).waitFor();
	},
	'fault of the operator': async (page, helper) => {
		await refusedBy(page, helper, 'AADSTS700016: the application was not found.');
		await page.getByRole('heading', { level: 2, name: /does not know this page/ }).waitFor();
	},
	expired: async (page, helper) => {
		await openPrefilled(page, helper, box('expired'));
		await goToMicrosoft(page, helper);
		await helper.sql`
			update sign_ins set created_at = created_at - interval '61 minutes'
			where mailbox = ${box('expired')}`;
		// The server tells it with the page already; the code is handed on all the same.
		const answered = page.waitForResponse('**/code');
		await signInAs(page, box('expired'));
		await answered;
		await page.getByRole('heading', { level: 2, name: 'took too long' }).waitFor();
	},
	revoked: async (page, helper) => {
		await connect(page, helper, box('revoked'));
		await page.getByText('Disconnect this mailbox').click();
		await page.getByRole('button', { name: 'Revoke the identifier' }).click();
		await page.getByRole('button', { name: 'Yes, revoke it' }).click();
		await page.getByRole('heading', { level: 2, name: 'no longer connected' }).waitFor();
	},
	'a return of somebody else': async (page, helper) => {
		await page.goto(`${helper.pageUrl}#error=access_denied&state=x`);
		await page.getByRole('heading', { level: 2 }).first().waitFor();
	},
	approved: async (page, helper) => {
		await openPrefilled(page, helper, box('approved'));
		await openApproval(page);
		const href = (await approvalLink(page).getAttribute('href')) ?? '';
		const state = new URL(href).searchParams.get('state') ?? '';
		await page.goto(`${helper.pageUrl}?admin_consent=True&state=${state}`);
		await page.getByRole('heading', { level: 2, name: /^Approved/ }).waitFor();
	},
	'own mailboxes, unknown': (page, helper) => page.goto(`${helper.origin}/mailboxes`),
	'own mailboxes': openOwnMailboxes,
	'own mailboxes, about to revoke': async (page, helper) => {
		await openOwnMailboxes(page, helper);
		await page.getByRole('button', { name: 'Revoke' }).click();
		await page.getByRole('button', { name: 'Yes, revoke it' }).waitFor();
	},
	'link builder': async (page, helper) => {
		await page.goto(`${helper.origin}/link-builder`);
		await page.locator('html[data-alive]').waitFor();
		await siteField(page).fill(helper.site.site);
		await emailField(page).fill('equis+orders@mycompany.com');
		await page.getByRole('button', { name: 'Copy Link' }).waitFor();
	},
	'nothing there': (page, helper) => page.goto(`${helper.origin}/nothing-here`),
};

/** With what its check said: the page shows what was known when it was loaded. */
async function openOwnMailboxes(page: Page, helper: RunningHelper): Promise<void> {
	await connect(page, helper, box('own'));
	await page.getByText('The mailbox check is finished.').waitFor();
	await expect(async () => {
		await page.goto(`${helper.origin}/mailboxes`);
		await expect(page.getByText('Last check')).toBeVisible({ timeout: 1_000 });
	}).toPass();
	await page.locator('html[data-alive]').waitFor();
}

/** Microsoft answers with an error in place of a code. */
async function refusedBy(page: Page, helper: RunningHelper, description: string): Promise<void> {
	const mailbox = box(`refused-${/\d+/.exec(description)?.[0] ?? ''}`);
	await openPrefilled(page, helper, mailbox);
	await goToMicrosoft(page, helper);
	const state = new URL(page.url()).searchParams.get('state') ?? '';
	const answer = new URLSearchParams({
		error: 'invalid_request',
		error_description: `${description} Trace ID: 1 Correlation ID: 7c1b2c5e-0000-4000-8000-000000000000 Timestamp: 2026-11-24 09:00:00Z`,
		state,
	});
	await page.goto(`${helper.pageUrl}#${answer}`);
}
