// The mailbox check against a real mail server, and mail that is sent and read with nothing but what resolve gave.

import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ImapFlow } from 'imapflow';
import { createTransport } from 'nodemailer';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
	checkMailbox,
	type MailboxAccess,
} from '../../src/lib/server/mailbox-checks/check-mailbox.ts';
import { createSiteSemaphore } from '../../src/lib/server/mailbox-checks/site-semaphore.ts';
import type { Resolved } from '../../src/lib/server/tokens/resolve-identifier.ts';
import { createMailClient } from '../../src/lib/server/mail/mail-client.ts';
import { ensureDovecot, startDovecot, type Dovecot } from '../support/dovecot.ts';
import { startMailRelay, type MailRelay } from '../support/mail-relay.ts';
import { openMailTokens, type MailTokens } from '../support/mail-tokens.ts';
import { testCertificate } from '../support/mail-script.ts';
import { startTestHelper, type TestHelper } from '../support/test-helper.ts';
import { VISITOR } from '../support/visitor.ts';

const run = promisify(execFile);
const hasDovecot = await ensureDovecot();

describe.skipIf(!hasDovecot)('Dovecot: the check', () => {
	let tokens: MailTokens;
	let dovecot: Dovecot;

	beforeAll(async () => {
		tokens = await openMailTokens();
		dovecot = await startDovecot(tokens.microsoft, 9);
	});
	afterAll(async () => {
		await dovecot.stop();
		await tokens.close();
	});

	async function check(access: MailboxAccess) {
		const { checks } = await checkMailbox(
			{
				now: tokens.now,
				mailClient: createMailClient(dovecot.servers),
				siteSemaphore: createSiteSemaphore(),
			},
			access,
		);
		return Object.fromEntries(
			Object.entries(checks).map(([name, { status, problem }]) => [name, problem?.code ?? status]),
		);
	}
	const all = (outcome: string) => ({ imap: outcome, pop: outcome, smtp: outcome });

	test('passes with a good token', async () => {
		expect(await check(await tokens.access('equis@mycompany.com'))).toEqual(all('passed'));
	});

	test('fails in words with a token that has expired', async () => {
		const access = await tokens.access('equis@mycompany.com');
		tokens.advance(2 * 60 * 60_000);
		expect(await check(access)).toEqual(all('token_expired'));
		tokens.advance(-2 * 60 * 60_000);
	});

	test('fails in words with a token of somebody else', async () => {
		const access = await tokens.access('equis@mycompany.com', 'pat@mycompany.com');
		expect(await check(access)).toEqual({
			imap: 'no_access_to_mailbox',
			pop: 'no_access_to_mailbox',
			smtp: 'no_access_to_mailbox',
		});
	});

	test('fails in words with a token that was revoked', async () => {
		const access = await tokens.access('gone@mycompany.com');
		tokens.microsoft.revokeSessions('gone@mycompany.com');
		expect(await check(access)).toEqual(all('login_refused'));
	});
});

describe.skipIf(!hasDovecot)('Dovecot: with nothing but what resolve gave', () => {
	const mailbox = 'reader@mycompany.com';
	let its: TestHelper;
	let dovecot: Dovecot;
	let relay: MailRelay;
	let resolved: Resolved;
	let folder: string;

	beforeAll(async () => {
		folder = await mkdtemp(join(tmpdir(), 'mailkey-curl-'));
		relay = await startMailRelay(({ content }) => append(content));
		its = await startTestHelper({
			startMail: async (microsoft) => {
				dovecot = await startDovecot(microsoft, relay.port);
				return dovecot.servers;
			},
		});
		const status = await its.openBrowser().signIn(mailbox);
		if (status.status !== 'ready') throw new Error(status.status);
		const { identifier } = status;
		resolved = await its.app
			.forSite(its.siteKey, VISITOR)
			.resolveIdentifier({ identifier, minTtl: undefined });
	});
	afterAll(async () => {
		await its.stop();
		await dovecot.stop();
		await relay.stop();
		await rm(folder, { recursive: true, force: true });
	});

	function imap() {
		const { host, port, user } = resolved.imap!;
		const auth = { user, accessToken: resolved.access_token };
		const tls = { ca: testCertificate.certificate };
		return new ImapFlow({ host, port, secure: true, auth, tls, logger: false });
	}

	/** The delivery: what was submitted to this mailbox stands in its inbox. */
	async function append(content: string) {
		const client = imap();
		await client.connect();
		await client.append('INBOX', content);
		await client.logout();
	}

	test('a mail is sent by nodemailer and read by imapflow', async () => {
		const { host, port, user, xoauth2 } = resolved.smtp!;
		const transport = createTransport({
			host,
			port,
			requireTLS: true,
			tls: { ca: testCertificate.certificate },
			auth: { type: 'custom', method: 'TWO-LINES', user, pass: '' },
			customAuth: {
				// nodemailer's own goes in one line, which is too long for Dovecot.
				'TWO-LINES': async ({ sendCommand }) => {
					await sendCommand('AUTH XOAUTH2');
					const { status } = await sendCommand(xoauth2);
					if (status !== 235) throw new Error(`AUTH was answered by ${status}`);
				},
			},
		});
		await transport.sendMail({
			from: mailbox,
			to: mailbox,
			subject: 'By nodemailer',
			text: 'Hello',
		});
		transport.close();
		const client = imap();
		await client.connect();
		await client.mailboxOpen('INBOX', { readOnly: true });
		const message = await client.fetchOne('*', { envelope: true });
		await client.logout();
		expect(message && message.envelope?.subject).toBe('By nodemailer');
	});

	test('a mail is sent and read by curl', async () => {
		const file = join(folder, 'mail.txt');
		await writeFile(
			file,
			`From: <${mailbox}>\r\nTo: <${mailbox}>\r\nSubject: By curl\r\n\r\nHello\r\n`,
		);
		const curl = async (...args: string[]) => {
			const login = [
				...['--silent', '--show-error', '--cacert', dovecot.authorityFile],
				...['--oauth2-bearer', resolved.access_token, '--login-options', 'AUTH=XOAUTH2'],
			];
			return (await run('curl', [...login, ...args])).stdout;
		};
		const { smtp, imap: reading, pop } = resolved;
		await curl(
			...['--ssl-reqd', '--user', smtp!.user, '--mail-from', mailbox, '--mail-rcpt', mailbox],
			...['--upload-file', file, `smtp://${smtp!.host}:${smtp!.port}`],
		);
		const inbox = `imaps://${reading!.host}:${reading!.port}/INBOX`;
		const read = await curl('--user', reading!.user, `${inbox};MAILINDEX=2`);
		expect(read).toContain('Subject: By curl');
		const fetched = await curl('--user', pop!.user, `pop3s://${pop!.host}:${pop!.port}/2`);
		expect(fetched).toContain('Subject: By curl');
	});
});
