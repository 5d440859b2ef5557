// The practice mail servers as the mailbox check sees them: each ready account, and who is let in to which mailbox. And as
// mail programs see them: what is sent is there to be read.

import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ImapFlow } from 'imapflow';
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
import { until } from '../support/until.ts';
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
		['pop-off@mycompany.com', 'passed', 'login_refused', 'passed'],
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

describe('a mailbox', () => {
	let folder: string;
	beforeAll(async () => {
		folder = await mkdtemp(join(tmpdir(), 'mailkey-practice-mail-'));
		await writeFile(join(folder, 'authority.pem'), testCertificate.certificate);
	});
	afterAll(() => rm(folder, { recursive: true }));

	/** `SCHEME` in the URL is where that server listens. */
	async function curl(mailbox: string, url: string, ...args: string[]): Promise<string> {
		const { accessToken } = await tokens.access(mailbox);
		const { imap, pop, smtp } = mail.servers;
		const at = { imaps: imap, pop3s: pop, smtp } as Record<string, { port: number }>;
		const where = url.replace(/^(\w+):\/\//, (_, scheme: string) => {
			return `${scheme}://127.0.0.1:${at[scheme]?.port}/`;
		});
		const options = ['--cacert', join(folder, 'authority.pem'), '--ssl-reqd', '--silent'];
		const login = ['--user', `${mailbox}:`, '--oauth2-bearer', accessToken];
		const all = [...options, '--show-error', '--login-options', 'AUTH=XOAUTH2', ...login];
		const run = promisify(execFile)('curl', [...all, where, ...args], { encoding: 'latin1' });
		return (await run).stdout;
	}

	async function openImap(mailbox: string): Promise<ImapFlow> {
		const { accessToken } = await tokens.access(mailbox);
		const client = new ImapFlow({
			host: '127.0.0.1',
			port: mail.servers.imap.port,
			secure: true,
			auth: { user: mailbox, accessToken },
			tls: { ca: testCertificate.certificate },
			logger: false,
		});
		await client.connect();
		return client;
	}

	test('holds a few messages from the start, an attachment among them', async () => {
		const client = await openImap('wendy@mycompany.com');
		await client.mailboxOpen('INBOX');
		const found = await client.fetchAll('1:*', {
			envelope: true,
			bodyStructure: true,
			flags: true,
		});
		expect(found.map(({ envelope }) => envelope?.subject)).toEqual([
			'Welcome to practice mode',
			'Grüße aus Zürich',
			'Measurements of today',
		]);
		expect(found.at(-1)?.envelope?.to?.[0]?.address).toBe('wendy@mycompany.com');
		expect(found.at(-1)?.bodyStructure?.childNodes?.[1]).toMatchObject({
			type: 'text/csv',
			dispositionParameters: { filename: 'measurements.csv' },
		});
		const { content } = await client.download('3', '2');
		let attachment = '';
		for await (const chunk of content ?? []) attachment += String(chunk);
		expect(attachment).toContain('B-17,2.5,0.31');
		await client.logout();
	});

	test('gives to IMAP and POP, octet by octet, what was sent to it, and the sender keeps a copy', async () => {
		const [from, to] = ['sender@mycompany.com', 'reader@mycompany.com'];
		const message = `Subject: octets\r\n\r\n.\r\n..two dots\r\nGr\u00fc\u00dfe\r\n`;
		await writeFile(join(folder, 'message'), message, 'latin1');
		const toFrom = ['--mail-from', from, '--mail-rcpt', to, '--mail-rcpt', 'a@elsewhere.example'];
		await curl(from, 'smtp://', ...toFrom, '--upload-file', join(folder, 'message'));
		expect(await curl(to, 'imaps://INBOX;MAILINDEX=4')).toBe(message);
		expect(await curl(to, 'pop3s://4')).toBe(message);
		expect(await curl(from, 'imaps://Sent%20Items;UID=1')).toBe(message);
		expect(await curl(from, 'imaps://INBOX?SUBJECT%20octets')).toBe('* SEARCH\r\n');
	});

	test('is worked on by IMAP: flags, search, folders, moves', async () => {
		const client = await openImap('worker@mycompany.com');
		await client.mailboxOpen('INBOX');
		const search = (query: object) => client.search(query, { uid: true });
		await client.messageFlagsAdd('1', ['\\Seen', '$Done']);
		expect(await search({ seen: false })).toEqual([2, 3]);
		expect(await search({ keyword: '$Done', subject: 'practice mode' })).toEqual([1]);
		expect(await search({ or: [{ uid: '3' }, { body: 'not at Microsoft' }] })).toEqual([1, 3]);
		expect(await search({ since: new Date(tokens.now().getTime() - 172_800_000) })).toHaveLength(3);
		await client.mailboxCreate('Done');
		expect(await client.messageMove('1', 'Done')).toMatchObject({ destination: 'Done' });
		await client.append('INBOX', 'Subject: appended\n\nHello\n', ['\\Flagged']);
		await client.messageDelete('2', { uid: true });
		expect(await search({ all: true })).toEqual([3, 4]);
		expect(await client.status('Done', { messages: true, unseen: true })).toMatchObject({
			messages: 1,
			unseen: 0,
		});
		expect((await client.list()).map(({ path }) => path)).toContain('Done');
		await client.logout();
	});

	test('tells a client that idles of what arrives', async () => {
		const access = await tokens.access('idle@mycompany.com');
		const client = await openImap('idle@mycompany.com');
		await client.mailboxOpen('INBOX');
		const counts: number[] = [];
		client.on('exists', ({ count }: { count: number }) => counts.push(count));
		const idling = client.idle();
		await sendTestMessage(context(), access, undefined);
		await until('the client was told', () => counts.includes(4));
		await client.logout();
		await idling;
	});

	test('loses what POP deletes at the end of that session, and not before', async () => {
		const list = () => curl('pop@mycompany.com', 'pop3s://');
		expect((await list()).match(/^\d/gm)).toHaveLength(3);
		await curl('pop@mycompany.com', 'pop3s://2', '--request', 'DELE', '--list-only');
		expect((await list()).match(/^\d/gm)).toHaveLength(2);
	});
});
