// Mail servers that misbehave: each fault ends in a plain sentence within the limit, and nothing is shown that was sent.

import { afterEach, describe, expect, test } from 'vitest';
import type { MailServer, MailProtocol } from '../../src/lib/domain/mail-protocol.ts';
import type { MailLoginResult } from '../../src/lib/domain/mail-login.ts';
import { explainMailAnswer } from '../support/explain-mail-answer.ts';
import { createMailClient } from '../../src/lib/server/mail/mail-client.ts';
import { makePracticeCertificate } from '../../src/practice/certificate.ts';
import { findFreePort } from '../support/free-port.ts';
import { startScriptedServer, testCertificate, type Script } from '../support/mail-script.ts';

const LIMIT_MS = 700;
const TOKEN = `a-token-${'x'.repeat(3_000)}`;
const USER = 'equis@mycompany.com';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
	await Promise.all(stops.splice(0).map((stop) => stop()));
});

async function serve(script: Script, options = {}): Promise<MailServer> {
	const { server, stop } = await startScriptedServer(script, options);
	stops.push(stop);
	return server;
}

function login(protocol: MailProtocol, server: MailServer, limitMs = LIMIT_MS) {
	const room = createMailClient({ imap: server, pop: server, smtp: server }, { limitMs });
	return room.login(protocol, { user: USER, accessToken: TOKEN });
}

function codeOf(protocol: MailProtocol, result: MailLoginResult): string {
	if (result.kind === 'passed') return 'passed';
	const context = {
		mailbox: USER,
		signedInAs: USER,
		right: 'granted',
		tokenLeftSeconds: 3_000,
	} as const;
	const {
		code,
		title,
		next_step: nextStep,
		reference,
	} = explainMailAnswer(protocol, result, context);
	expect(title).toMatch(/^[A-Z]/);
	expect(nextStep).toMatch(/\.$/);
	expect(reference?.answer ?? '').not.toContain('xxxxxxxx');
	return code;
}

const write =
	(text: string): Script =>
	(socket) =>
		void socket.write(text);
const GREETINGS: Record<MailProtocol, string> = {
	imap: '* OK ready\r\n',
	pop: '+OK ready\r\n',
	smtp: '220 ready\r\n',
};
const protocols = ['imap', 'pop', 'smtp'] as const;
const hang: Script = () => undefined;

describe.each(protocols)('a server for %s', (protocol) => {
	test.each<[string, Script, string]>([
		['never says a word', hang, 'timed_out'],
		['hangs after its greeting', write(GREETINGS[protocol]), 'timed_out'],
		['hangs up at once', (socket) => void socket.end(), 'connection_lost'],
		[
			'drops the connection in the middle of a line',
			(socket) => {
				socket.write(GREETINGS[protocol].slice(0, 5), () => socket.destroy());
			},
			'connection_lost',
		],
	])('that %s', async (_what, script, code) => {
		expect(codeOf(protocol, await login(protocol, await serve(script)))).toBe(code);
	});

	test('whose certificate is of another authority is told nothing', async () => {
		const heard: string[] = [];
		const server = await serve(
			async (_socket, lines) => {
				for (let next = await lines.next(); !next.done; next = await lines.next()) {
					heard.push(next.value);
				}
			},
			{ certificate: makePracticeCertificate(new Date(), ['127.0.0.1']) },
		);
		expect(codeOf(protocol, await login(protocol, server))).toBe('certificate_not_trusted');
		expect(heard).toEqual([]);
	});

	test('whose certificate bears another name', async () => {
		const certificate = makePracticeCertificate(new Date(), ['mail.example.com']);
		const server = await serve(hang, { certificate });
		const trusted = { ...server, ca: certificate.certificate };
		expect(codeOf(protocol, await login(protocol, trusted))).toBe('certificate_not_trusted');
	});

	test('that does not speak TLS where it should', async () => {
		const server = await serve(write(GREETINGS[protocol]), { tls: false });
		const result = await login(protocol, { ...server, security: 'tls' });
		expect(codeOf(protocol, result)).toBe('answer_not_understood');
	});

	test('that is not there', async () => {
		const server: MailServer = { security: 'tls', host: '127.0.0.1', port: await findFreePort() };
		expect(codeOf(protocol, await login(protocol, server))).toBe('connection_refused');
	});

	test('whose name does not exist', async () => {
		const server: MailServer = { security: 'tls', host: 'no-such-host.invalid', port: 993 };
		expect(codeOf(protocol, await login(protocol, server, 10_000))).toBe('server_name_unknown');
	});
});

test.each(['pop', 'smtp'] as const)('something else than a mail server at %s', async (protocol) => {
	const server = await serve(write('HTTP/1.1 400 Bad Request\r\n\r\n'));
	expect(codeOf(protocol, await login(protocol, server))).toBe('answer_not_understood');
});

describe('the refusal as a challenge in base64 JSON', () => {
	const challenge = Buffer.from('{"status":"401","schemes":"bearer"}').toString('base64');
	const expected = `user=${USER}\u0001auth=Bearer ${TOKEN}\u0001\u0001`;

	test('is answered by an empty line at IMAP', async () => {
		const heard: string[] = [];
		const server = await serve(async (socket, lines) => {
			socket.write('* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2] ready\r\n');
			for (;;) {
				const line = String((await lines.next()).value);
				const [tag, command] = line.split(' ');
				if (command === 'CAPABILITY') {
					socket.write(`* CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2\r\n${tag} OK done\r\n`);
				}
				if (command !== 'AUTHENTICATE') continue;
				heard.push(Buffer.from(line.split(' ')[3] ?? '', 'base64').toString());
				socket.write(`+ ${challenge}\r\n`);
				heard.push(String((await lines.next()).value));
				socket.write(`${tag} NO AUTHENTICATE failed.\r\n`);
			}
		});
		expect(codeOf('imap', await login('imap', server, 5_000))).toBe('login_refused');
		expect(heard).toEqual([expected, '']);
	});

	test('is answered by an empty line at POP, whose AUTH has two lines', async () => {
		const heard: string[] = [];
		const server = await serve(async (socket, lines) => {
			const hear = async () => heard.push(String((await lines.next()).value));
			socket.write('+OK ready\r\n');
			await hear();
			socket.write('+ \r\n');
			await hear();
			socket.write(`+ ${challenge}\r\n`);
			await hear();
			socket.write('-ERR Authentication failure: unknown user name or bad password.\r\n');
		});
		expect(codeOf('pop', await login('pop', server, 5_000))).toBe('login_refused');
		const token = Buffer.from(expected).toString('base64');
		expect(heard).toEqual(['AUTH XOAUTH2', token, '']);
	});

	test('is answered by an empty line at SMTP, whose AUTH has two lines', async () => {
		const heard: string[] = [];
		const server = await serve(async (socket, lines) => {
			const hear = async () => heard.push(String((await lines.next()).value));
			socket.write('220 ready\r\n');
			await lines.next();
			socket.write('250-ready\r\n250 AUTH LOGIN XOAUTH2\r\n');
			await hear();
			socket.write('334 \r\n');
			await hear();
			socket.write(`334 ${challenge}\r\n`);
			await hear();
			socket.write('535 5.7.3 Authentication unsuccessful\r\n');
		});
		expect(codeOf('smtp', await login('smtp', server, 5_000))).toBe('login_refused');
		const token = Buffer.from(expected).toString('base64');
		expect(heard).toEqual(['AUTH XOAUTH2', token, '']);
	});
});

describe('SMTP that starts in clear', () => {
	test('is told nothing where it offers no STARTTLS', async () => {
		const heard: string[] = [];
		const server = await serve(
			async (socket, lines) => {
				socket.write('220 ready\r\n');
				for (;;) {
					const line = String((await lines.next()).value);
					heard.push(line.split(' ')[0] ?? '');
					socket.write(line.startsWith('EHLO') ? '250 AUTH XOAUTH2\r\n' : '502 not here\r\n');
				}
			},
			{ tls: false },
		);
		expect(codeOf('smtp', await login('smtp', server))).toBe('starttls_missing');
		expect(heard).toEqual(['EHLO', 'STARTTLS']);
	});

	test('and has a wrong certificate after STARTTLS', async () => {
		const { startPracticeMail } = await import('../../src/practice/mail/practice-mail.ts');
		const mail = await startPracticeMail({
			microsoft: {
				introspect: () => Promise.resolve({ active: false }),
				findMailbox: () => undefined,
			},
			certificate: makePracticeCertificate(new Date(), ['127.0.0.1']),
			ports: { imap: 0, pop: 0, smtp: 0 },
		});
		stops.push(() => mail.stop());
		const server = { ...mail.servers.smtp, ca: testCertificate.certificate };
		expect(codeOf('smtp', await login('smtp', server))).toBe('certificate_not_trusted');
	});
});

test('answers that come in pieces are put together', async () => {
	const server = await serve(async (socket, lines) => {
		const answer = async (text: string) => {
			for (const piece of text) {
				socket.write(piece);
				await new Promise(setImmediate);
			}
		};
		await answer('+OK ready\r\n');
		await lines.next();
		await answer('+ \r\n');
		await lines.next();
		await answer('+OK User successfully authenticated.\r\n');
		expect((await lines.next()).value).toBe('STAT');
		await answer('+OK 3 1024\r\n');
		await lines.next();
		await answer('+OK bye\r\n');
	});
	expect(await login('pop', server, 5_000)).toEqual({ kind: 'passed' });
});

test.each<[MailProtocol, Script]>([
	[
		'imap',
		async (socket, lines) => {
			socket.write('* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\r\n');
			for (;;) {
				const [tag] = String((await lines.next()).value).split(' ');
				socket.write(`* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n${tag} OK done\r\n`);
			}
		},
	],
	[
		'smtp',
		async (socket, lines) => {
			socket.write('220 ready\r\n');
			await lines.next();
			socket.write('250 AUTH PLAIN LOGIN\r\n');
		},
	],
])('a server for %s that takes passwords alone', async (protocol, script) => {
	const result = await login(protocol, await serve(script), 5_000);
	expect(codeOf(protocol, result)).toBe('token_login_not_offered');
});

test('a server for imap that is full says so at once', async () => {
	const server = await serve((socket) => void socket.end('* BYE Too many connections\r\n'));
	expect(codeOf('imap', await login('imap', server))).toBe('mail_server_busy');
});
