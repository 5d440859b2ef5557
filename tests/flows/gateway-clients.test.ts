// The mail gateway between mail software that nobody here wrote and a real mail server: each logs in with nothing
// but its mailbox and the identifier.

import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createTransport } from 'nodemailer';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ensureDebianPackages } from '../support/debian.ts';
import { ensureDovecot } from '../support/dovecot.ts';
import { SITE_KEY, type GatewayProcess } from '../support/gateway-process.ts';
import {
	openGatewayWorld,
	OTHER,
	READER,
	type GatewayWorld,
	type MailboxLogin,
} from '../support/gateway-world.ts';
import type { DeliveredMessage } from '../support/mail-relay.ts';
import { testCertificate } from '../support/mail-script.ts';
import { findSecrets } from '../support/secret-search.ts';

const run = promisify(execFile);
const programs = ['curl', 'mbsync', 'fetchmail', 'msmtp', 'swaks', 'python3'];
const hasClients =
	(await ensureDovecot()) &&
	(await ensureDebianPackages(
		['curl', 'isync', 'fetchmail', 'msmtp', 'swaks', 'libnet-ssleay-perl', 'python3-minimal'],
		programs.map((name) => `/usr/bin/${name}`),
	));

describe.skipIf(!hasClients)('through the gateway', () => {
	let world: GatewayWorld;
	let gateway: GatewayProcess;
	let delivered: DeliveredMessage[];
	let folder: string;
	const mailbox = READER.user;
	const password = READER.password;
	const other = OTHER.user;

	beforeAll(async () => {
		world = await openGatewayWorld();
		({ gateway, delivered, folder } = world);
		await world.append(READER, letter(mailbox, 'Hello reader'));
		await world.append(OTHER, letter(other, 'Hello other'));
	}, 120_000);

	afterEach(() => void delivered.splice(0));
	afterAll(() => world.close());

	const curl = async (...args: string[]) =>
		(
			await run('curl', ['--silent', '--show-error', '--cacert', gateway.authorityFile, ...args], {
				maxBuffer: 64e6,
			})
		).stdout;

	const python = (script: string) => run('/usr/bin/python3', ['-c', script]);

	test.each(['imap', 'imaps', 'imap with STARTTLS'])('curl reads by %s', async (how) => {
		const [scheme = '', withStartTls] = how.split(' with ');
		const at = `${scheme}://127.0.0.1:${gateway.ports[scheme]}/INBOX;MAILINDEX=1`;
		const read = await curl(
			...['--user', `${mailbox}:${password}`, at],
			...(withStartTls ? ['--ssl-reqd'] : []),
		);
		expect(read).toContain('Subject: Hello reader');
	});

	test.each(['AUTH=PLAIN', 'AUTH=LOGIN'])('curl reads by IMAP and %s', async (method) => {
		const at = `imap://127.0.0.1:${gateway.ports['imap']}/INBOX;MAILINDEX=1`;
		const read = await curl('--user', `${mailbox}:${password}`, '--login-options', method, at);
		expect(read).toContain('Subject: Hello reader');
	});

	test.each(['pop', 'pops'])('curl fetches by %s', async (name) => {
		const scheme = name === 'pops' ? 'pop3s' : 'pop3';
		const at = `${scheme}://127.0.0.1:${gateway.ports[name]}/1`;
		const read = await curl('--user', `${mailbox}:${password}`, at);
		expect(read).toContain('Subject: Hello reader');
	});

	test.each(['smtp', 'smtps', 'smtp with STARTTLS'])('curl sends by %s', async (how) => {
		const [scheme = '', withStartTls] = how.split(' with ');
		const file = join(folder, 'letter.txt');
		await writeFile(file, letter(mailbox, `By curl, ${how}`));
		await curl(
			...['--user', `${mailbox}:${password}`, '--mail-from', mailbox, '--mail-rcpt', other],
			...['--upload-file', file, `${scheme}://127.0.0.1:${gateway.ports[scheme]}`],
			...(withStartTls ? ['--ssl-reqd'] : []),
		);
		expect(delivered).toMatchObject([{ to: [other] }]);
		expect(delivered[0]?.content).toContain(`Subject: By curl, ${how}`);
	});

	test('mbsync fetches a whole mailbox', async () => {
		const store = join(folder, 'mbsync');
		const file = join(folder, 'mbsyncrc');
		await writeFile(
			file,
			`IMAPAccount gateway
Host 127.0.0.1
Port ${gateway.ports['imap']}
User ${mailbox}
Pass "${password}"
SSLType None

IMAPStore far
Account gateway

MaildirStore near
Path ${store}/
Inbox ${store}/INBOX

Channel all
Far :far:
Near :near:
Patterns INBOX
Create Near
Sync Pull
SyncState *
`,
		);
		await run('mkdir', ['-p', store]);
		await run('mbsync', ['-c', file, 'all']);
		const inbox = join(store, 'INBOX');
		const files = (await readdir(inbox, { recursive: true })).filter((name) =>
			/^(new|cur)\//.test(name),
		);
		const mails = await Promise.all(files.map((name) => readFile(join(inbox, name), 'utf8')));
		expect(mails.join('')).toContain('Subject: Hello reader');
	});

	test.each(['pop3', 'imap'])('fetchmail fetches by %s', async (protocol) => {
		const port = gateway.ports[protocol === 'imap' ? 'imap' : 'pop'];
		const file = join(folder, 'fetchmailrc');
		const into = join(folder, `fetched-${protocol}`);
		await writeFile(
			file,
			`poll 127.0.0.1 protocol ${protocol} port ${port} auth password
user "${mailbox}" password "${password}" sslproto "" keep fetchall mda "cat >> ${into}"
`,
			{ mode: 0o600 },
		);
		const environment = { ...process.env, FETCHMAILHOME: folder };
		await run('fetchmail', ['--fetchmailrc', file, '--silent'], { env: environment });
		expect(await readFile(into, 'utf8')).toContain('Subject: Hello reader');
	});

	test.each(['off', 'on'])('msmtp sends, TLS %s', async (tls) => {
		const sending = run('msmtp', [
			...['--file=/dev/null', '--host=127.0.0.1', `--port=${gateway.ports['smtp']}`],
			...['--auth=plain', `--user=${mailbox}`, `--passwordeval=echo ${password}`],
			...[`--from=${mailbox}`, `--tls=${tls}`, '--tls-starttls=on'],
			...(tls === 'on' ? [`--tls-trust-file=${gateway.authorityFile}`] : []),
			other,
		]);
		sending.child.stdin!.end(letter(mailbox, 'By msmtp'));
		await sending;
		expect(delivered[0]?.content).toContain('Subject: By msmtp');
	});

	test.each(['PLAIN', 'LOGIN'])('swaks sends with AUTH %s in TLS', async (method) => {
		await run('swaks', [
			...['--server', '127.0.0.1', '--port', String(gateway.ports['smtp']), '--tls'],
			...['--auth', method, '--auth-user', mailbox, '--auth-password', password],
			...['--from', mailbox, '--to', other, '--header', 'Subject: By swaks'],
		]);
		expect(delivered[0]?.content).toContain('Subject: By swaks');
	});

	test('Python reads, fetches and sends with its standard library', async () => {
		const { stdout } = await python(`
import imaplib, poplib, smtplib
user, password = ${JSON.stringify(mailbox)}, ${JSON.stringify(password)}
with imaplib.IMAP4('127.0.0.1', ${gateway.ports['imap']}) as imap:
    imap.login(user, password)
    imap.select('INBOX', readonly=True)
    print(imap.fetch('1', '(BODY[HEADER.FIELDS (SUBJECT)])')[1][0][1])
pop = poplib.POP3('127.0.0.1', ${gateway.ports['pop']})
pop.user(user)
pop.pass_(password)
print(pop.stat()[0] > 0)
pop.quit()
with smtplib.SMTP('127.0.0.1', ${gateway.ports['smtp']}) as smtp:
    smtp.login(user, password)
    smtp.sendmail(user, ['${other}'], 'Subject: By Python\\r\\n\\r\\nHello\\r\\n')
`);
		expect(stdout).toContain('Subject: Hello reader');
		expect(stdout).toContain('True');
		expect(delivered[0]?.content).toContain('Subject: By Python');
	});

	test('nodemailer sends', async () => {
		const transport = createTransport({
			host: '127.0.0.1',
			port: gateway.ports['smtps']!,
			secure: true,
			tls: { ca: testCertificate.certificate },
			auth: { user: mailbox, pass: password },
		});
		await transport.sendMail({ from: mailbox, to: other, subject: 'By nodemailer', text: 'Hello' });
		transport.close();
		expect(delivered[0]?.content).toContain('Subject: By nodemailer');
	});

	test('imapflow hears of new mail while it waits (IDLE)', async () => {
		const client = world.imap(OTHER, true);
		await client.connect();
		const { exists } = await client.mailboxOpen('INBOX');
		const news = once(client, 'exists');
		void client.idle();
		await world.append(OTHER, letter(other, 'News'));
		const [told] = (await news) as [{ count: number }];
		expect(told.count).toBe(exists + 1);
		await client.logout();
	});

	test('a message of 30 MB is appended, fetched and sent whole', async () => {
		const body = Array.from({ length: 30 * 1024 }, (_, index) =>
			String(index).padStart(8, '0').repeat(128).slice(0, 1022),
		).join('\r\n');
		const client = world.imap(READER);
		await client.connect();
		await client.append('INBOX', letter(mailbox, 'Large', body));
		await client.mailboxOpen('INBOX', { readOnly: true });
		const message = await client.fetchOne('*', { source: true });
		await client.logout();
		expect(message && message.source?.toString('latin1').includes(body)).toBe(true);

		const file = join(folder, 'large.txt');
		await writeFile(file, letter(mailbox, 'Large', body));
		await curl(
			...['--user', `${mailbox}:${password}`, '--mail-from', mailbox, '--mail-rcpt', other],
			...['--upload-file', file, `smtp://127.0.0.1:${gateway.ports['smtp']}`],
		);
		expect(delivered[0]?.content.includes(body)).toBe(true);
	}, 120_000);

	test('two mailboxes at once see their own mail each', async () => {
		const subjects = async (login: MailboxLogin) => {
			const client = world.imap(login);
			await client.connect();
			await client.mailboxOpen('INBOX', { readOnly: true });
			const message = await client.fetchOne('1', { envelope: true });
			await client.logout();
			return message && message.envelope?.subject;
		};
		const rounds = Array.from({ length: 20 }, (_, index) =>
			subjects(index % 2 === 0 ? READER : OTHER),
		);
		const seen = await Promise.all(rounds);
		expect(seen).toEqual(
			seen.map((_, index) => (index % 2 === 0 ? 'Hello reader' : 'Hello other')),
		);
	});

	test('no secret stands in the log', () => {
		expect(gateway.output()).toContain('"outcome":"ok"');
		expect(
			findSecrets(gateway.output(), [
				{ name: 'site key', value: SITE_KEY },
				{ name: 'identifier', value: password },
				...world.accessTokens.map((value) => ({ name: 'access token', value })),
			]),
		).toEqual([]);
		expect(gateway.output()).not.toContain(mailbox);
	});
});

function letter(to: string, subject: string, body = 'Hello'): string {
	return `From: <${to}>\r\nTo: <${to}>\r\nSubject: ${subject}\r\n\r\n${body}\r\n`;
}
