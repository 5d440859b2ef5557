// A thief who has the whole database, everything that was logged, and everything the browser was sent.

import {
	connect,
	expect,
	goToMicrosoft,
	openPrefilled,
	signInAs,
	test,
} from '../support/browser-test.ts';
import { dumpDatabase, findSecrets, type Secret } from '../support/secret-search.ts';

test('neither the database nor the log nor any answer holds a secret', async ({
	page,
	helper,
	mailbox,
}) => {
	const sent: string[] = [];
	const codeAnswers: string[] = [];
	page.on('response', (response) => {
		if (!response.url().startsWith(helper.origin)) return;
		sent.push(response.url().replace(/#.*/, ''), JSON.stringify(response.headers()));
		void response.text().then(
			(text) => (response.url().endsWith('/code') ? codeAnswers : sent).push(text),
			() => undefined, // A redirect has no body.
		);
	});
	await connect(page, helper, mailbox);
	await openPrefilled(page, helper, mailbox);
	await goToMicrosoft(page, helper);
	await page.getByRole('button', { name: /^Cancel/ }).click();
	await page.getByRole('heading', { level: 2, name: 'You came back' }).waitFor();
	for (const fault of [
		{ kind: 'error', error: 'invalid_grant', aadsts: 70000 },
		{ kind: 'wrong_signature' },
		{ kind: 'garbage' },
	] as const) {
		await openPrefilled(page, helper, mailbox);
		await goToMicrosoft(page, helper);
		helper.microsoft.nextTokenAnswer(fault);
		await signInAs(page, mailbox);
		await page.getByRole('heading', { level: 2 }).first().waitFor();
	}
	await expect(page.getByRole('status')).not.toHaveText('Finishing the sign-in…');
	const idTokens = helper.microsoft.issued().filter(({ kind }) => kind === 'id_token');
	const secrets: Secret[] = [
		...helper.microsoft.issued().map(({ kind, value }) => ({ name: kind, value })),
		...helper.ownSecrets.map((value) => ({ name: 'own', value })),
	];
	expect(secrets.length).toBeGreaterThan(12);
	const dump = await dumpDatabase(helper.sql);
	expect(dump).toContain(mailbox);
	expect(findSecrets(dump, secrets), 'in the database').toEqual([]);
	expect(helper.output()).toContain('token stored');
	expect(findSecrets(helper.output(), secrets), 'in the log').toEqual([]);
	expect(findSecrets(sent.join('\n'), secrets), 'in an answer').toEqual([]);
	const others = secrets.filter(({ value }) => !idTokens.some((token) => token.value === value));
	expect(findSecrets(codeAnswers.join('\n'), others), 'in the answer to the code').toEqual([]);
	const planted = `${dump}\n${encodeURIComponent(String(secrets[0]?.value))}`;
	expect(findSecrets(planted, secrets), 'the search finds what is there').toHaveLength(1);
});
