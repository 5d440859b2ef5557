// The practice mail servers as the mailbox check sees them: each ready account, and who is let in to which mailbox.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
	checkMailbox,
	type MailboxAccess,
} from '../../src/lib/server/mailbox-checks/check-mailbox.ts';
import { createSiteSemaphore } from '../../src/lib/server/mailbox-checks/site-semaphore.ts';
import { sendTestMessage } from '../../src/lib/server/mailbox-checks/send-test-message.ts';
import { createMailClient } from '../../src/lib/server/mail/mail-client.ts';
import { startPracticeMail, type PracticeMail } from '../../src/practice/mail/practice-mail.ts';
import type { MailCheckResults } from '../../src/lib/domain/mail-check.ts';
import { testCertificate } from '../support/mail-script.ts';
import { openMailTokens, type MailTokens } from '../support/mail-tokens.ts';

let tokens: MailTokens;
let mail: PracticeMail;

beforeAll(async () => {
	tokens = await openMailTokens();
	mail = await startPracticeMail({
		microsoft: tokens.microsoft,
		certificate: testCertificate,
		ports: { imap: 0, pop: 0, smtp: 0 },
		slowMs: 5,
	});
});

afterAll(async () => {
	await mail.stop();
	await tokens.close();
});

const context = () => ({
	now: tokens.now,
	mailClient: createMailClient(mail.servers, { limitMs: 10_000 }),
	siteSemaphore: createSiteSemaphore(),
});

function outcomes(checks: Partial<MailCheckResults>) {
	return Object.fromEntries(
		Object.entries(checks).map(([protocol, { status, problem }]) => [
			protocol,
			problem?.code ?? status,
		]),
	);
}

async function check(mailbox: string, signedInAs = mailbox, changes: Partial<MailboxAccess> = {}) {
	const access = { ...(await tokens.access(mailbox, signedInAs)), ...changes };
	const { checks, smtpUser } = await checkMailbox(context(), access);
	return { ...outcomes(checks), smtpUser };
}

describe('the check of a mailbox', () => {
	test.each([
		['equis@mycompany.com', 'passed', 'passed', 'passed'],
		['slow@mycompany.com', 'passed', 'passed', 'passed'],
		['smtp-off@mycompany.com', 'passed', 'passed', 'smtp_off_for_organisation'],
		['smtp-off-mailbox@mycompany.com', 'passed', 'passed', 'smtp_off_for_mailbox'],
		['imap-off@mycompany.com', 'mailbox_not_opened', 'passed', 'passed'],
		['no-licence@mycompany.com', 'mailbox_not_opened', 'login_refused', 'login_refused'],
		['throttled@mycompany.com', 'mail_server_busy', 'mail_server_busy', 'too_many_connections'],
	])('of %s: IMAP %s, POP %s, SMTP %s', async (mailbox, imap, pop, smtp) => {
		const smtpUser = smtp === 'passed' ? mailbox : undefined;
		expect(await check(mailbox)).toEqual({ imap, pop, smtp, smtpUser });
	});

	test('a shared mailbox is sent from as the account that may use it', async () => {
		expect(await check('shared@mycompany.com', 'pat@mycompany.com')).toEqual({
			imap: 'passed',
			pop: 'passed',
			smtp: 'passed',
			smtpUser: 'pat@mycompany.com',
		});
	});

	test('whoever may not use a shared mailbox proves nothing by a login of their own', async () => {
		expect(await check('shared@mycompany.com', 'equis@mycompany.com')).toEqual({
			imap: 'no_access_to_mailbox',
			pop: 'no_access_to_mailbox',
			smtp: 'no_access_to_mailbox',
			smtpUser: undefined,
		});
	});

	test('a protocol whose right is missing is skipped and says so', async () => {
		const scopes = ['https://outlook.office.com/IMAP.AccessAsUser.All'];
		expect(await check('equis@mycompany.com', undefined, { scopes })).toEqual({
			imap: 'passed',
			pop: 'right_not_granted',
			smtp: 'right_not_granted',
			smtpUser: undefined,
		});
	});

	test('each protocol is reported on its own', async () => {
		const reported: string[] = [];
		await checkMailbox(
			context(),
			await tokens.access('smtp-off@mycompany.com'),
			(protocol, { status }) => reported.push(`${protocol} ${status}`),
		);
		expect(reported.sort()).toEqual(['imap passed', 'pop passed', 'smtp failed']);
	});

	test('nothing is sent by it', async () => {
		const before = mail.messages.length;
		await check('equis@mycompany.com');
		expect(mail.messages).toHaveLength(before);
	});
});

describe('a token', () => {
	test('of somebody else, that was revoked, or that is garbage is refused in words', async () => {
		const access = await tokens.access('pia@mycompany.com');
		const garbage = await checkMailbox(context(), { ...access, accessToken: 'garbage' });
		expect(outcomes(garbage.checks)).toEqual({
			imap: 'login_refused',
			pop: 'login_refused',
			smtp: 'login_refused',
		});
		tokens.microsoft.revokeSessions('pia@mycompany.com');
		expect(outcomes((await checkMailbox(context(), access)).checks)).toEqual({
			imap: 'login_refused',
			pop: 'login_refused',
			smtp: 'login_refused',
		});
	});

	test('that has expired is named as that', async () => {
		const access = await tokens.access('equis@mycompany.com');
		tokens.advance(2 * 60 * 60_000);
		expect(outcomes((await checkMailbox(context(), access)).checks)).toEqual({
			imap: 'token_expired',
			pop: 'token_expired',
			smtp: 'token_expired',
		});
		tokens.advance(-2 * 60 * 60_000);
	});
});

describe('a test message', () => {
	test('goes from the mailbox to itself', async () => {
		const access = await tokens.access('equis@mycompany.com');
		expect(await sendTestMessage(context(), access, undefined)).toEqual({ status: 'passed' });
		const message = mail.messages.at(-1);
		expect(message).toMatchObject({
			user: 'equis@mycompany.com',
			from: 'equis@mycompany.com',
			to: ['equis@mycompany.com'],
		});
		expect(message?.content).toContain('Auto-Submitted: auto-generated');
	});

	test('from a shared mailbox is sent as the account whose login worked', async () => {
		const access = await tokens.access('shared@mycompany.com', 'pat@mycompany.com');
		expect(await sendTestMessage(context(), access, 'pat@mycompany.com')).toEqual({
			status: 'passed',
		});
		expect(mail.messages.at(-1)).toMatchObject({
			user: 'pat@mycompany.com',
			from: 'shared@mycompany.com',
		});
	});

	test('that may not be sent as the mailbox is refused at its end, in words', async () => {
		const access = await tokens.access('shared@mycompany.com', 'pat.two@mycompany.com');
		const { status, problem } = await sendTestMessage(context(), access, 'pat.two@mycompany.com');
		expect([status, problem?.code]).toEqual(['failed', 'send_as_denied']);
	});
});
