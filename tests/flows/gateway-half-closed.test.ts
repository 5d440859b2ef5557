// What mail programs do to a connection that hardly anybody writes down: they send several commands at once and end
// their side, leave without a goodbye, and tell names of machines that are no host names.

import { once } from 'node:events';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
	resolvedTo,
	startGatewayProcess,
	startResolveServer,
	type GatewayProcess,
	type ResolveServer,
} from '../support/gateway-process.ts';
import {
	startScriptedServer,
	testCertificate,
	type ScriptedServer,
} from '../support/mail-script.ts';
import { startSubmissionServer, type SubmissionServer } from '../support/submission-server.ts';

const mailbox = 'equis@mycompany.com';
const password = `ExternalOAuthToken:12345:${mailbox}`;
const base64 = (text: string) => Buffer.from(text).toString('base64');

/** Before each answer: long enough that the client's end is there first. */
const ANSWER_DELAY_MS = 100;

let helper: ResolveServer;
let gateway: GatewayProcess;
let servers: { imap: ScriptedServer; pop: ScriptedServer; smtp: SubmissionServer };
let openUpstream = 0;

beforeAll(async () => {
	helper = await startResolveServer();
	servers = {
		imap: await startSlow('* OK ready', (line) => `${line.split(' ')[0]} OK ${line}`, 'LOGOUT'),
		pop: await startSlow('+OK ready', (line) => `+OK ${line}`, 'QUIT'),
		smtp: await startSubmissionServer(['PIPELINING', 'CHUNKING']),
	};
	const { imap, pop, smtp } = servers;
	const at = { imap: imap.server, pop: pop.server, smtp: smtp.server };
	helper.answers.set(password, resolvedTo(at, mailbox, 'a-token'));
	gateway = await startGatewayProcess(helper.url);
});

afterEach(() => {
	servers.smtp.messages.splice(0);
	servers.smtp.names.splice(0);
});

afterAll(async () => {
	await gateway.stop();
	await helper.stop();
	await Promise.all(Object.values(servers).map((server) => server.stop()));
});

/** Answers each line after a while, and nobody who has ended: like Exchange Online. */
function startSlow(greeting: string, answer: (line: string) => string, goodbye: string) {
	return startScriptedServer(async (socket, lines) => {
		openUpstream += 1;
		socket.once('close', () => (openUpstream -= 1)).once('end', () => socket.destroy());
		const say = (text: string) => socket.write(`${text}\r\n`);
		say(greeting);
		for (let next = await lines.next(); !next.done; next = await lines.next()) {
			if (next.value.includes('XOAUTH2')) {
				say('+ ');
				await lines.next();
			} else await sleep(ANSWER_DELAY_MS);
			say(answer(next.value));
			if (next.value.endsWith(goodbye)) return void socket.end();
		}
	});
}

/** Sends all at once, ends, and gives what came. */
async function sayAndEnd(
	protocol: string,
	text: string,
	{ inTls = false, until }: { inTls?: boolean; until?: RegExp } = {},
): Promise<string> {
	const port = gateway.ports[inTls ? `${protocol}s` : protocol]!;
	const at = { port, host: '127.0.0.1', allowHalfOpen: true };
	const ca = testCertificate.certificate;
	const socket = inTls ? connectTls({ ...at, ca, minVersion: 'TLSv1.3' }) : connect(at);
	let heard = '';
	socket.setEncoding('latin1').on('data', (more: string) => (heard += more));
	await once(socket, inTls ? 'secureConnect' : 'connect');
	const ended = once(socket, 'end');
	socket.end(text);
	await (until ? expect.poll(() => heard).toMatch(until) : ended);
	socket.destroy();
	return heard;
}

const lines = (...texts: string[]) => texts.map((text) => `${text}\r\n`).join('');
const plain = base64(`\0${mailbox}\0${password}`);
const message = 'Subject: once\r\n\r\nHello\r\n';

const SESSIONS = {
	imap: {
		early: lines('a CAPABILITY', 'b NOOP', 'c LOGOUT'),
		earlyAnswers: [/^a OK/m, /^b OK/m, /^c OK/m],
		late: lines(`a LOGIN ${mailbox} ${password}`, 'b SELECT', 'c FETCH'),
		lateAnswers: [/^a OK/m, /^b OK b SELECT/m, /^c OK c FETCH/m],
		goodbye: lines('d LOGOUT'),
		goodbyeAnswer: /^d OK d LOGOUT/m,
	},
	pop: {
		early: lines('CAPA', 'NOOP', 'QUIT'),
		earlyAnswers: [/^SASL/m, /^-ERR/m, /^\+OK Goodbye/m],
		late: lines(`USER ${mailbox}`, `PASS ${password}`, 'STAT', 'RETR 1'),
		lateAnswers: [/^\+OK AUTH/m, /^\+OK STAT/m, /^\+OK RETR/m],
		goodbye: lines('QUIT'),
		goodbyeAnswer: /^\+OK QUIT/m,
	},
	smtp: {
		early: lines('EHLO me', 'NOOP', 'QUIT'),
		earlyAnswers: [/^250 AUTH/m, /^250 2\.0\.0 OK/m, /^221/m],
		late:
			lines('EHLO me', `AUTH PLAIN ${plain}`, 'MAIL FROM:<a@b.example>', 'RCPT TO:<c@d.example>') +
			`BDAT ${message.length} LAST\r\n${message}`,
		lateAnswers: [/^235/m, /^250 sender/m, /^250 taken/m],
		goodbye: lines('QUIT'),
		goodbyeAnswer: /^221 bye/m,
	},
} as const;

describe.each(['imap', 'pop', 'smtp'] as const)(
	'%s: commands in one go and an early end',
	(name) => {
		const { early, earlyAnswers, late, lateAnswers, goodbye, goodbyeAnswer } = SESSIONS[name];

		test.each([
			['before the login', false],
			['before the login, in TLS', true],
		])('are all answered %s', async (_, inTls) => {
			const heard = await sayAndEnd(name, early, { inTls });
			for (const answer of earlyAnswers) expect(heard).toMatch(answer);
		});

		test.each([
			['after the login', false],
			['after the login, in TLS', true],
		])('are all answered %s', async (_, inTls) => {
			const heard = await sayAndEnd(name, late + goodbye, { inTls });
			for (const answer of [...lateAnswers, goodbyeAnswer]) expect(heard).toMatch(answer);
			if (name === 'smtp')
				expect(servers.smtp.messages.map(({ content }) => content)).toEqual([message]);
		});

		test('are all answered without a goodbye', async () => {
			const heard = await sayAndEnd(name, late, { until: lateAnswers.at(-1)! });
			for (const answer of lateAnswers) expect(heard).toMatch(answer);
		});
	},
);

test('a client that leaves when it was answered is soon left by its connection to the mail server', async () => {
	const before = openUpstream;
	const socket = connect(gateway.ports['imap']!, '127.0.0.1');
	let heard = '';
	socket.setEncoding('latin1').on('data', (more: string) => (heard += more));
	socket.write(lines(`a LOGIN ${mailbox} ${password}`, 'b SELECT'));
	await expect.poll(() => heard).toMatch(/^b OK/m);
	expect(openUpstream).toBe(before + 1);
	socket.destroy();
	await expect.poll(() => openUpstream, { timeout: 10_000 }).toBe(before);
});

describe('a mail program whose machine', () => {
	test.each(['mylaptopname.', 'host.example.com:8080', '[127.0.0.1]', 'büro-pc'])(
		'is called %s logs in, and the mail server hears the name of the gateway',
		async (name) => {
			const heard = await sayAndEnd('smtp', lines(`EHLO ${name}`, `AUTH PLAIN ${plain}`, 'QUIT'));
			expect(heard).toMatch(/^235/m);
			expect(servers.smtp.names).toEqual(['mailkey-gateway', 'mailkey-gateway']);
		},
	);
});

test.each([
	['imap', lines('a AUTHENTICATE LOGIN ', base64(mailbox), base64(password), 'b LOGOUT'), /^a OK/m],
	['pop', lines('AUTH LOGIN ', base64(mailbox), base64(password), 'QUIT'), /^\+OK AUTH/m],
	['smtp', lines('EHLO me', 'AUTH LOGIN ', base64(mailbox), base64(password), 'QUIT'), /^235/m],
])('%s: a blank at the end of the login command is no user name', async (name, text, ok) => {
	expect(await sayAndEnd(name, text)).toMatch(ok);
});

describe('TLS', () => {
	const failures = () =>
		[...gateway.output().matchAll(/^\{.*a TLS handshake failed.*\}$/gm)].map(
			([line]) => JSON.parse(line) as Record<string, unknown>,
		);

	async function shakeHands(options: object): Promise<unknown> {
		const at = { port: gateway.ports['imaps']!, host: '127.0.0.1' };
		const socket = connectTls({ ...at, ca: testCertificate.certificate, ...options });
		const outcome = await new Promise((resolve) => {
			socket.resume().once('secureConnect', () => socket.end());
			socket.once('end', () => resolve('ok'));
			socket.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code));
		});
		socket.destroy();
		return outcome;
	}

	const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' };

	test('before 1.2 is not spoken, and the log says to whom and why', async () => {
		expect(await shakeHands(old)).toBe('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION');
		await expect
			.poll(failures)
			.toMatchObject([
				{ level: 'warn', protocol: 'imap', reason: 'unsupported protocol', address: '127.0.0.1' },
			]);
		expect(await shakeHands({ maxVersion: 'TLSv1.2' })).toBe('ok');
		expect(await shakeHands({})).toBe('ok');
		expect(failures()).toHaveLength(1);
	});

	test('with a client that does not know the authority is logged, and a look at the port is not', async () => {
		const before = failures().length;
		connect(gateway.ports['imaps']!, '127.0.0.1').end().resume();
		await shakeHands({ ca: undefined });
		await expect
			.poll(() => failures().slice(before))
			.toMatchObject([{ reason: 'the client left' }]);
	});

	test('with something that speaks no TLS is logged', async () => {
		const before = failures().length;
		connect(gateway.ports['smtps']!, '127.0.0.1').end('EHLO me\r\n').resume();
		await expect
			.poll(() => failures().slice(before))
			.toMatchObject([{ protocol: 'smtp', reason: 'wrong version number' }]);
	});
});
