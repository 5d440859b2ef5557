// Whoever looks at the result while the mailbox is checked goes on looking at the same places: the end of the check moves
// nothing, whatever it found.

import { mailAccounts } from '../../src/practice/mail/accounts.ts';
import { connect, expect, holdStatus, test } from '../support/browser-test.ts';
import { noteShifts, shiftsOf, untilPainted } from '../support/layout-shifts.ts';

const ACCOUNTS = [
	...['equis', 'read-only'].map((name) => `${name}@mycompany.com`),
	...mailAccounts.map(({ username }) => username),
];

for (const [device, width, height] of [
	['desk', 1280, 800],
	['phone', 390, 844],
] as const) {
	for (const account of ACCOUNTS) {
		test(`on a ${device} the end of the check moves nothing: ${account}`, async ({
			page,
			helper,
		}) => {
			await page.setViewportSize({ width, height });
			await noteShifts(page);
			const release = await holdStatus(page);
			await connect(page, helper, account);
			// The answer to the code mostly comes before the end of the check, but need not.
			await expect(page.getByRole('heading', { level: 2 }).first()).toBeVisible();
			await untilPainted(page);
			release();
			await expect(page.getByRole('status')).toContainText('The mailbox check is finished.', {
				timeout: 30_000,
			});
			await untilPainted(page);
			expect(await shiftsOf(page)).toEqual([]);
		});
	}
}
