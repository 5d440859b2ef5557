// Mail programs that nobody here wrote, through the gateway to a real mail server: each logs in with nothing but its
// mailbox and the identifier, reads a message with an attachment, keeps one, sends 5 MB, and says what is wrong. The
// settings are those of docs/mail-programs.md. `npm test -- programs` runs the slow ones too.

import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ensureDebianPackages } from '../support/debian.ts';
import { ensureDovecot } from '../support/dovecot.ts';
import {
	resolvedTo,
	startGatewayProcess,
	startResolveServer,
	type GatewayProcess,
	type ResolveServer,
} from '../support/gateway-process.ts';
import { openGatewayWorld, OTHER, READER, type GatewayWorld } from '../support/gateway-world.ts';
import { startSubmissionServer, type SubmissionServer } from '../support/submission-server.ts';
import { startExim, startPostfix, type Mta, type Relays } from '../support/unpacked-mta.ts';

const PROGRAMS = {
	Neomutt: { packages: ['neomutt'], path: '/usr/bin/neomutt' },
	offlineimap3: { packages: ['offlineimap3'], path: '/usr/bin/offlineimap' },
	getmail6: { packages: ['getmail6'], path: '/usr/bin/getmail' },
	mpop: { packages: ['mpop'], path: '/usr/bin/mpop' },
	's-nail': { packages: ['s-nail'], path: '/usr/bin/s-nail' },
	'git send-email': { packages: ['git-email'], path: '/usr/lib/git-core/git-send-email' },
	// Later Debians have no php-imap.
	PHP: { packages: ['php-cli', 'php-imap'], path: '/usr/share/php8.2-imap' },
	Perl: {
		packages: ['libmail-imapclient-perl', 'libauthen-sasl-perl'],
		path: '/usr/share/perl5/Mail/IMAPClient.pm',
	},
	Ruby: { packages: ['ruby'], path: '/usr/bin/ruby', isSlow: true },
	Java: {
		packages: ['default-jre-headless', 'libmail-java', 'ecj'],
		path: '/usr/share/java/javax.mail.jar',
		isSlow: true,
	},
	Mono: { packages: ['mono-runtime', 'mono-mcs'], path: '/usr/bin/mcs', isSlow: true },
} as const satisfies Record<string, { packages: string[]; path: string; isSlow?: true }>;

type ProgramName = keyof typeof PROGRAMS;

const withSlow = process.env['SLOW_PROGRAMS'] === 'yes';
const hasDovecot = await ensureDovecot();
const wanted = Object.values(PROGRAMS).filter((program) => withSlow || !('isSlow' in program));
if (hasDovecot) {
	await ensureDebianPackages(
		wanted.flatMap(({ packages }) => packages),
		wanted.map(({ path }) => path),
	);
}

/** Why it is not run; undefined when it is. */
function whyNot(name: ProgramName): string | undefined {
	const { packages, path, ...more } = PROGRAMS[name];
	if ('isSlow' in more && !withSlow)
		return 'it takes long to install: npm test -- programs runs it';
	return existsSync(path) ? undefined : `Debian's ${packages.join(', ')} cannot be installed here`;
}

function program(name: ProgramName, define: () => void): void {
	const reason = whyNot(name);
	describe(name, () => {
		if (reason === undefined) define();
		else test.skip(`skipped: ${reason}`);
	});
}

const SUBJECT = 'Grüße, Σ';
const ENCODED_SUBJECT = '=?utf-8?B?R3LDvMOfZSwgzqM=?=';
const LARGE_BYTES = 5_000_000;
const WORDS = 'Get an identifier from the sign-in page';

const attachment = randomBytes(200_000);
const attachmentInBase64 = attachment.toString('base64');
const attachmentDigest = createHash('md5').update(attachment).digest('hex');
const large = `${'x'.repeat(75)}\n`.repeat(Math.ceil(LARGE_BYTES / 76));
const largeMessage = `Subject: ${ENCODED_SUBJECT}\n\n${large}`;

describe.skipIf(!hasDovecot)('through the gateway', () => {
	let world: GatewayWorld;
	const wrong = 'ExternalOAuthToken:9:reader@mycompany.com';
	const to = OTHER.user;

	beforeAll(async () => {
		world = await openGatewayWorld();
		await world.append(READER, messageWithAttachment());
		await writeFile(file('large.txt'), large);
	}, 120_000);

	afterEach(() => void world.delivered.splice(0));
	afterAll(() => world.close());

	const file = (name: string) => join(world.folder, name);
	const port = (protocol: 'imap' | 'pop' | 'smtp') => world.gateway.ports[protocol] ?? 0;

	/** What it said, on both streams, and whether it was content. Nothing of the machine's own settings is used. */
	function run(name: string, args: readonly string[], input = '', env = {}) {
		const environment = {
			PATH: process.env['PATH'],
			HOME: world.folder,
			LC_ALL: 'C.UTF-8',
			TERM: 'xterm',
		};
		const options = { env: { ...environment, ...env }, cwd: world.folder, timeout: 20_000 };
		return new Promise<{ isContent: boolean; said: string }>((resolve) => {
			const running = execFile(name, args, options, (error, stdout, stderr) =>
				resolve({ isContent: error === null, said: stdout + stderr }),
			);
			running.stdin?.on('error', () => undefined).end(input);
		});
	}

	async function expectSent(): Promise<void> {
		await expect.poll(() => world.delivered.length, { timeout: 15_000 }).toBeGreaterThan(0);
		expect(world.delivered).toHaveLength(1);
		const content = world.delivered[0]?.content ?? '';
		expect(content.length).toBeGreaterThan(LARGE_BYTES);
		const [, subject = ''] = /^Subject: (.*(?:\r\n .*)*)\r$/m.exec(content) ?? [];
		expect(decodeWords(subject)).toContain(SUBJECT);
	}

	const expectAttachment = (message: string) =>
		expect(message.replace(/\s/g, '').includes(attachmentInBase64)).toBe(true);

	async function subjectsIn(folder: string): Promise<string[]> {
		const client = world.imap(READER);
		await client.connect();
		await client.mailboxOpen(folder, { readOnly: true });
		const messages = await client.fetchAll('1:*', { envelope: true });
		await client.logout();
		return messages.map(({ envelope }) => envelope?.subject ?? '');
	}

	program('Neomutt', () => {
		const settings = (password: string) => `set imap_user="${READER.user}"
set imap_pass="${password}"
set folder="imap://127.0.0.1:${port('imap')}/"
set spoolfile="+INBOX"
set smtp_url="smtp://${encodeURIComponent(READER.user)}@127.0.0.1:${port('smtp')}"
set smtp_pass="${password}"
set from="${READER.user}"
set ssl_starttls=no
set ssl_force_tls=no
set record=""
set sort=mailbox-order
set confirmappend=no
set confirmcreate=no
set crypt_use_gpgme=no
set quit=yes
`;

		const onScreen = (...keys: string[]) =>
			run('/usr/bin/script', ['-qec', `neomutt -F muttrc -e 'push ${keys.join('')}'`, '/dev/null']);

		test('reads, and keeps a message on the server', async () => {
			await writeFile(file('muttrc'), settings(READER.password));
			const copy = (where: string) => `<copy-message>${where}<enter>`;
			await onScreen('1<enter>', copy(file('mutt.mbox')), copy('=Kept'), '<quit>');
			expectAttachment(await readFile(file('mutt.mbox'), 'utf8'));
			expect(await subjectsIn('Kept')).toEqual([SUBJECT]);
		});

		test('sends', async () => {
			await writeFile(file('muttrc'), settings(READER.password));
			await run('neomutt', ['-F', 'muttrc', '-s', SUBJECT, '-a', 'large.txt', '--', to], 'Hello');
			await expectSent();
		});

		test('says what is wrong', async () => {
			await writeFile(file('muttrc'), settings(wrong));
			const env = { PATH: process.env['PATH'], HOME: world.folder, TERM: 'xterm' };
			const args = ['-qec', 'neomutt -F muttrc', '/dev/null'];
			const running = execFile('/usr/bin/script', args, { env, cwd: world.folder });
			let said = '';
			running.stdout?.on('data', (text: string) => (said += text));
			await expect.poll(() => said, { timeout: 15_000 }).toContain(`[ALERT] ${WORDS}`);
			running.kill();
		});
	});

	program('offlineimap3', () => {
		const sync = async (password: string) => {
			const settings = `[general]
accounts = gateway
metadata = ${file('offlineimap.state')}
ui = basic
[Account gateway]
localrepository = near
remoterepository = far
[Repository near]
type = Maildir
localfolders = ${file('offlineimap')}
[Repository far]
type = IMAP
remotehost = 127.0.0.1
remoteport = ${port('imap')}
remoteuser = ${READER.user}
remotepass = ${password}
auth_mechanisms = PLAIN
ssl = no
starttls = no
`;
			await writeFile(file('offlineimaprc'), settings);
			return run('offlineimap', ['-c', 'offlineimaprc', '-o']);
		};

		test('reads, and brings up what is new here', async () => {
			await sync(READER.password);
			expectAttachment(await readAll(file('offlineimap/INBOX')));
			const message = `From: <${to}>\nSubject: kept by offlineimap\nMessage-ID: <o@x>\n\nHello\n`;
			await writeFile(file('offlineimap/INBOX/new/1.1.x:2,'), message);
			await sync(READER.password);
			expect(await subjectsIn('INBOX')).toContain('kept by offlineimap');
		});

		test('says what is wrong', async () => {
			expect((await sync(wrong)).said).toContain(WORDS);
		});
	});

	program('getmail6', () => {
		const fetch = async (kind: string, at: number, password: string) => {
			const folder = file(`getmail-${kind}`);
			for (const name of ['cur', 'new', 'tmp', 'state']) {
				await mkdir(join(folder, name), { recursive: true });
			}
			// It delivers as root to nobody.
			await promisify(execFile)('chown', ['-R', 'nobody', folder]);
			const settings = `[retriever]
type = ${kind}
server = 127.0.0.1
port = ${at}
username = ${READER.user}
password = ${password}
[destination]
type = Maildir
path = ${folder}/
user = nobody
`;
			await writeFile(join(folder, 'state/rc'), settings);
			const done = await run('getmail', ['--getmaildir', join(folder, 'state'), '--rcfile', 'rc']);
			return { ...done, folder };
		};

		test.each([
			['SimpleIMAPRetriever', 'imap'],
			['SimplePOP3Retriever', 'pop'],
		] as const)('reads by its %s, and says what is wrong', async (kind, protocol) => {
			const { folder } = await fetch(kind, port(protocol), READER.password);
			expectAttachment(await readAll(folder));
			expect((await fetch(kind, port(protocol), wrong)).said).toContain(WORDS);
		});
	});

	program('mpop', () => {
		test('reads, and says what is wrong', async () => {
			const fetch = async (password: string) => {
				const settings = `account gateway
host 127.0.0.1
port ${port('pop')}
tls off
auth user
user ${READER.user}
password ${password}
delivery mbox ${file('mpop.mbox')}
uidls_file ${file('mpop.uidls')}
keep on
`;
				await writeFile(file('mpoprc'), settings, { mode: 0o600 });
				return run('mpop', ['-C', 'mpoprc', '--quiet', 'gateway']);
			};
			expect(await fetch(READER.password)).toEqual({ isContent: true, said: '' });
			expectAttachment(await readFile(file('mpop.mbox'), 'utf8'));
			expect((await fetch(wrong)).said).toContain(WORDS);
		});
	});

	program('s-nail', () => {
		const flags = ['-:/', '-Sv15-compat', '-Sttycharset=utf-8'];
		const url = (scheme: string, at: number, password: string) =>
			`${scheme}://${encodeURIComponent(READER.user)}:${encodeURIComponent(password)}@127.0.0.1:${at}`;
		const send = (password: string) =>
			run(
				's-nail',
				[
					...[...flags, `-Sfrom=${READER.user}`, '-Ssmtp-config=-all,plain,ehlo'],
					...[`-Smta=${url('smtp', port('smtp'), password)}`, '-a', 'large.txt', '-s', SUBJECT, to],
				],
				'Hello',
			);

		test.each(['imap', 'pop'] as const)('reads by %s', async (protocol) => {
			const from = url(protocol === 'pop' ? 'pop3' : 'imap', port(protocol), READER.password);
			await run('s-nail', [...flags, '-R', '-f', from], `copy 1 ${file(`snail-${protocol}`)}\nx\n`);
			expectAttachment(await readFile(file(`snail-${protocol}`), 'utf8'));
		});

		test('sends', async () => {
			await send(READER.password);
			await expectSent();
		});

		test('says what is wrong', async () => {
			expect((await send(wrong)).said).toContain(WORDS);
		});
	});

	program('git send-email', () => {
		const send = async (password: string) => {
			const settings = `[user]
name = Reader
email = ${READER.user}
[sendemail]
smtpServer = 127.0.0.1
smtpServerPort = ${port('smtp')}
smtpUser = ${READER.user}
smtpPass = ${password}
suppressCc = all
confirm = never
`;
			const patch = `From 0000000 Mon Sep 17 00:00:00 2001
From: Reader <${READER.user}>
Date: Thu, 26 Nov 2026 05:00:00 +0000
Subject: [PATCH] ${ENCODED_SUBJECT}

${large}`;
			await writeFile(file('gitconfig'), settings);
			await writeFile(file('one.patch'), patch);
			const env = { GIT_CONFIG_GLOBAL: file('gitconfig'), GIT_CONFIG_NOSYSTEM: '1' };
			return run('git', ['send-email', '--no-validate', `--to=${to}`, 'one.patch'], '', env);
		};

		test('sends, and says what is wrong', async () => {
			await send(READER.password);
			await expectSent();
			expect((await send(wrong)).said).toContain(WORDS);
		});
	});

	/** A script in its language does everything once; it prints what it read, or what is wrong. */
	const languages: Partial<Record<ProgramName, (args: string[]) => ReturnType<typeof run>>> = {
		PHP: (args) => run('php', ['-d', 'display_errors=0', script('mail.php'), ...args]),
		Perl: (args) => run('perl', [script('mail.pl'), ...args]),
		Ruby: (args) => run('ruby', [script('mail.rb'), ...args]),
		async Java(args) {
			const jars = '/usr/share/java/javax.mail.jar:/usr/share/java/javax.activation.jar';
			await run('ecj', ['-proc:none', '-17', '-cp', jars, '-d', '.', script('Mail.java')]);
			return run('java', ['-cp', `${jars}:.`, 'Mail', ...args]);
		},
		async Mono(args) {
			await run('mcs', ['-out:Mail.exe', script('Mail.cs')]);
			return run('mono', ['Mail.exe', ...args]);
		},
	};
	const script = (name: string) =>
		fileURLToPath(new URL(`../support/mail-programs/${name}`, import.meta.url));

	for (const [name, start] of Object.entries(languages)) {
		const withPassword = (password: string) =>
			start([
				...(['imap', 'pop', 'smtp'] as const).map(port).map(String),
				READER.user,
				password,
				to,
			]);

		program(name as ProgramName, () => {
			test.runIf(name !== 'Mono')('reads, and keeps a message on the server', async () => {
				const { said } = await withPassword(READER.password);
				expect(said).toContain(`${SUBJECT}\n${attachmentDigest}\nby POP3 too`);
				expect(await subjectsIn('INBOX')).toContain(`kept by ${name}`);
			});

			test.runIf(name !== 'PHP')('sends', async () => {
				await withPassword(READER.password);
				await expectSent();
			});

			test('says what is wrong', async () => {
				expect((await withPassword(wrong)).said).toContain(WORDS);
			});
		});
	}

	describe.each([
		['Postfix', startPostfix],
		['Exim', startExim],
	])('%s', (name, start) => {
		let mta: Mta | undefined;
		let exchange: SubmissionServer;
		let helper: ResolveServer;
		let gateway: GatewayProcess;
		const senders = { wrong: 'wrong@mycompany.com', atExchange: 'exchange@mycompany.com' };

		beforeAll(async () => {
			exchange = await startSubmissionServer(['PIPELINING', '8BITMIME', 'CHUNKING', 'SMTPUTF8']);
			helper = await startResolveServer();
			const at = resolvedTo({ smtp: exchange.server }, READER.user, 'a-token');
			helper.answers.set(READER.password, at);
			gateway = await startGatewayProcess(helper.url);
			const relays: Relays = {
				[READER.user]: { port: port('smtp'), ...READER },
				[senders.wrong]: { port: port('smtp'), user: READER.user, password: wrong },
				[senders.atExchange]: { port: gateway.ports['smtp'] ?? 0, ...READER },
			};
			mta = await start(file(name), relays);
		}, 120_000);

		afterAll(async () => {
			await mta?.stop();
			await gateway.stop();
			await helper.stop();
			await exchange.stop();
		});

		const running = (context: { skip: (note: string) => never }) =>
			mta ?? context.skip('its package cannot be had here');

		test('sends', async (context) => {
			await running(context).send(READER.user, to, largeMessage);
			await expectSent();
		});

		test('says what is wrong', async (context) => {
			const { send, log } = running(context);
			await send(senders.wrong, to, 'Subject: x\n\nHello\n');
			await expect.poll(log, { timeout: 15_000 }).toContain(`535 5.7.8 ${WORDS}`);
		});

		test('delivers once where the mail server answers nobody who has ended', async (context) => {
			const { send, log } = running(context);
			await send(senders.atExchange, to, 'Subject: once\n\nHello\n');
			await expect.poll(() => exchange.messages.length, { timeout: 15_000 }).toBe(1);
			const isDone = name === 'Exim' ? 'Completed' : 'status=sent';
			await expect.poll(log).toMatch(new RegExp(isDone));
			expect(exchange.messages.map(({ content }) => /once/.test(content))).toEqual([true]);
			exchange.messages.splice(0);
		});

		test.runIf(name === 'Postfix')(
			'sends in UTF-8 before anybody has logged in',
			async (context) => {
				const { send, log } = running(context);
				await gateway.stop();
				gateway = await startGatewayProcess(helper.url, [
					'--smtp',
					`127.0.0.1:${gateway.ports['smtp']}`,
				]);
				await send(senders.atExchange, 'grüße@mycompany.com', `Subject: ${SUBJECT}\n\nHello\n`);
				await expect.poll(() => exchange.messages.length, { timeout: 15_000 }).toBe(1);
				expect(exchange.messages[0]?.from).toContain('SMTPUTF8');
				expect(await log()).not.toContain('bounced');
			},
		);
	});

	function messageWithAttachment(): string {
		const lines = attachmentInBase64.replace(/.{76}/g, '$&\r\n');
		return `From: <${to}>\r
To: <${READER.user}>\r
Subject: ${ENCODED_SUBJECT}\r
Date: Thu, 26 Nov 2026 05:00:00 +0000\r
Message-ID: <attachment@mycompany.com>\r
MIME-Version: 1.0\r
Content-Type: multipart/mixed; boundary=b\r
\r
--b\r
Content-Type: text/plain\r
\r
Hello\r
--b\r
Content-Type: application/octet-stream; name=data.bin\r
Content-Disposition: attachment; filename=data.bin\r
Content-Transfer-Encoding: base64\r
\r
${lines}\r
--b--\r
`;
	}
});

async function readAll(folder: string): Promise<string> {
	const names = (await readdir(folder, { recursive: true })).filter((name) =>
		/(^|\/)(new|cur)\//.test(name),
	);
	const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
	return texts.join('\n');
}

/** RFC 2047, in UTF-8. */
function decodeWords(header: string): string {
	return header
		.replace(/\?=\s+=\?/g, '?==?')
		.replace(/=\?utf-8\?([BQ])\?([^?]*)\?=/gi, (_, kind: string, text: string) => {
			if (kind.toUpperCase() === 'B') return Buffer.from(text, 'base64').toString('utf8');
			const octets = text
				.replaceAll('_', ' ')
				.replace(/=([\dA-F]{2})/gi, (__, hex: string) => String.fromCharCode(parseInt(hex, 16)));
			return Buffer.from(octets, 'latin1').toString('utf8');
		});
}
