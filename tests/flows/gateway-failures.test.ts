// What a mail client hears when a login through the gateway fails, in the words of its protocol; and that nothing a
// client sends, in whatever pieces, harms anybody else.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext, TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test, onTestFinished } from 'vitest';
import { makePracticeCertificate } from '../../src/practice/certificate.ts';
import type { MailProtocol } from '../../src/lib/domain/mail-protocol.ts';
import { LASTING } from '../../src/lib/problems/mail-answers/lasting.ts';
import {
	resolvedTo,
	SITE_KEY,
	startGatewayProcess,
	startResolveServer,
	type GatewayProcess,
	type ResolveServer,
} from '../support/gateway-process.ts';
import { EXCHANGE, good, OTHERS } from '../support/mail-answer-table.ts';
import {
	startScriptedServer,
	testCertificate,
	type Script,
	type ScriptedServer,
} from '../support/mail-script.ts';

const mailbox = 'equis@mycompany.com';
const password = `ExternalOAuthToken:12345:${mailbox}`;
const base64 = (text: string) => Buffer.from(text).toString('base64');
const plain = (user: string, pass: string) => base64(`\0${user}\0${pass}`);

let helper: ResolveServer;
let gateway: GatewayProcess;
const openUpstream = new Set<Socket>();
let servers: { imap: ScriptedServer; pop: ScriptedServer; smtp: ScriptedServer };

beforeAll(async () => {
	helper = await startResolveServer();
	servers = {
		imap: await startEcho('* OK ready', (line) => [`${line.split(' ')[0]} OK done`], 'IMAP'),
		pop: await startEcho('+OK ready', () => ['+OK in'], 'POP'),
		smtp: await startEcho('220 ready', () => ['235 2.7.0 in'], 'SMTP'),
	};
});

afterEach(() => {
	helper.fault = undefined;
	helper.answers.clear();
	helper.asked.splice(0);
	helper.answers.set(password, resolved());
});

afterAll(async () => {
	await helper.stop();
	await Promise.all(Object.values(servers).map((server) => server.stop()));
});

function resolved() {
	const { imap, pop, smtp } = servers;
	return resolvedTo({ imap: imap.server, pop: pop.server, smtp: smtp.server }, mailbox, 'a-token');
}

/** A mail server that says yes to every token, then repeats each line. */
function startEcho(greeting: string, yes: (line: string) => string[], protocol: string) {
	return startScriptedServer(async (socket, lines) => {
		openUpstream.add(socket);
		socket.once('close', () => openUpstream.delete(socket));
		socket.write(`${greeting}\r\n`);
		for (let next = await lines.next(); !next.done; next = await lines.next()) {
			const line = next.value;
			if (/ ?AUTH\S* XOAUTH2$/.test(line)) {
				socket.write('+ \r\n');
				const token = await lines.next();
				if (token.done) return;
				const [answer = ''] = yes(line);
				socket.write(`${answer}\r\n`);
			} else socket.write(`${protocol} heard ${line}\r\n`);
		}
		socket.end();
	});
}

type Client = {
	socket: Socket;
	heard(): string;
	/** Once it is with the system. */
	send(text: string): Promise<unknown>;
	/** Until it has heard it, or the connection is over. */
	hears(what: RegExp): Promise<void>;
};

/** Once it is greeted. */
async function openClient(protocol: string): Promise<Client> {
	const socket = connect(gateway.ports[protocol]!, '127.0.0.1').setNoDelay();
	let text = '';
	socket.setEncoding('latin1').on('data', (piece: string) => (text += piece));
	socket.on('error', () => undefined);
	const isOver = () => socket.destroyed || socket.readableEnded;
	const client: Client = {
		socket,
		heard: () => text,
		send: (piece) => new Promise((resolve) => socket.write(piece, 'latin1', resolve)),
		hears: async (what) => {
			const limit = AbortSignal.timeout(5_000);
			limit.addEventListener('abort', () => socket.destroy());
			while (!what.test(text) && !isOver()) {
				await Promise.race([once(socket, 'data'), once(socket, 'close')]);
			}
		},
	};
	await client.hears(/\r\n/);
	return client;
}

/** Sends the pieces one after the other and gives what came until the other side ended or said `until`. */
async function talk(protocol: string, pieces: readonly string[], until?: RegExp): Promise<string> {
	const { socket, heard, send, hears } = await openClient(protocol);
	for (const piece of pieces) {
		if (!socket.writable) break;
		void send(piece);
		await new Promise((resolve) => setImmediate(resolve));
	}
	await hears(until ?? /$^/);
	socket.destroy();
	return heard();
}

/** The helper answers nobody until it is called. */
function holdAnswers(): () => void {
	let release = () => {};
	helper.held = new Promise<void>((resolve) => (release = resolve));
	const answerAgain = () => {
		helper.held = undefined;
		release();
	};
	// A test that fails meanwhile must not leave the next one without answers.
	onTestFinished(answerAgain);
	return answerAgain;
}

/** What lay there before these was read with them at the latest: the gateway has one loop. */
async function untilAllIsRead(): Promise<void> {
	for (let round = 0; round < 2; round += 1) await talk('imap', ['a NOOP\r\n'], /^a OK/m);
}

/** One for each part: whoever was wrong too often is slowed. */
function withGateway(args?: readonly string[], siteKeys?: string): void {
	beforeAll(async () => {
		gateway = await startGatewayProcess(helper.url, args, siteKeys);
		helper.answers.set(password, resolved());
	});
	afterAll(() => gateway.stop());
}

const DIALOGUES = {
	imap: {
		login: (pass: string, user = mailbox) => [`a LOGIN ${user} ${pass}\r\n`],
		ok: /a OK done/,
		refused: /^a NO \[AUTHENTICATIONFAILED\] .+\r\n/m,
		unavailable: /^a NO \[UNAVAILABLE\] .+\r\n/m,
	},
	pop: {
		login: (pass: string, user = mailbox) => [`USER ${user}\r\n`, `PASS ${pass}\r\n`],
		ok: /\+OK in/,
		refused: /^-ERR \[AUTH\] .+\r\n/m,
		unavailable: /^-ERR \[SYS\/TEMP\] .+\r\n/m,
	},
	smtp: {
		login: (pass: string, user = mailbox) => [
			'EHLO client\r\n',
			`AUTH PLAIN ${plain(user, pass)}\r\n`,
		],
		ok: /235 2\.7\.0 in/,
		refused: /^535 5\.7\.8 .+\r\n/m,
		unavailable: /^454 4\.7\.0 .+\r\n/m,
	},
} as const;

describe.each(['imap', 'pop', 'smtp'] as const)('%s: a login', (protocol) => {
	const { login, refused, unavailable } = DIALOGUES[protocol];
	const either = new RegExp(`${refused.source}|${unavailable.source}`, 'm');
	withGateway();

	const answerTo = async (pass: string, user?: string) => talk(protocol, login(pass, user), either);

	test.each([
		['an identifier that nobody knows', `ExternalOAuthToken:9:${mailbox}`, 'not known'],
		['a password that is none', 'hunter2', 'must be the identifier'],
		[
			'the identifier of another mailbox',
			'ExternalOAuthToken:9:other@mycompany.com',
			'another mailbox',
		],
	])('with %s is refused, with the reason', async (_, pass, reason) => {
		const heard = await answerTo(pass);
		expect(heard).toMatch(refused);
		expect(heard).toContain(reason);
		expect(heard).not.toContain(pass);
		expect(gateway.output()).toContain('"mailbox":"e***@mycompany.com"');
	});

	test('of another mailbox is refused without asking the helper', async () => {
		await answerTo('ExternalOAuthToken:9:other@mycompany.com');
		expect(helper.asked).toEqual([]);
	});

	test('for which somebody has to sign in again is refused, with the link', async () => {
		const url = 'https://helper.example.com/microsoft365_oauth.html?site=x';
		const body = { error: 'sign_in_required', sign_in_url: url };
		helper.answers.set(password, { status: 409, body });
		const heard = await answerTo(password);
		expect(heard).toMatch(refused);
		expect(heard).toContain(url);
	});

	test('that is refused says first what to do: some programs show 80 characters', async () => {
		const link = 'https://helper.example.com/microsoft365_oauth.html?link=x';
		const body = { error: 'sign_in_required', sign_in_url: link };
		helper.answers.set(password, { status: 409, body });
		const [, sentence = ''] =
			/ \[?[\w.]*\]? ?(Sign in.*)\r\n$/.exec(await answerTo(password)) ?? [];
		expect(sentence.slice(0, 80)).toContain(`Sign in again: ${link}`);
		const unknown = await answerTo(`ExternalOAuthToken:9:${mailbox}`);
		expect(unknown).toContain(' Get an identifier from the sign-in page');
	});

	test('that only an administrator can make work again says so, and why', async () => {
		const link = 'https://helper.example.com/microsoft365_oauth.html?link=x';
		const who = 'microsoft_365_administrator';
		const problem = { who, title: 'The account is switched off' };
		helper.answers.set(password, {
			status: 409,
			body: { error: 'sign_in_required', sign_in_url: link, problem },
		});
		const heard = await answerTo(password);
		expect(heard).toMatch(refused);
		expect(heard).toContain(
			`Ask your Microsoft 365 administrator: The account is switched off. Then sign in again: ${link}`,
		);
	});

	test('that waits for an administrator is unavailable, and says whom to ask', async () => {
		const problem = { who: 'microsoft_365_administrator', title: 'The mail service is off' };
		helper.fault = { status: 503, body: { error: 'temporarily_unavailable', problem } };
		const heard = await answerTo(password);
		expect(heard).toMatch(unavailable);
		expect(heard).toContain('Ask your Microsoft 365 administrator: The mail service is off.');
	});

	test('for a protocol that Microsoft did not grant is refused', async () => {
		helper.answers.set(password, { status: 200, body: {} });
		expect(await answerTo(password)).toMatch(refused);
	});

	test.each([
		['503', { status: 503, body: { error: 'temporarily_unavailable' } }],
		['429', { status: 429, body: { error: 'too_many_requests' } }],
		['500', { status: 500, body: {} }],
		['404 of something that is no helper', { status: 404, body: {} }],
		['a site key that is not valid', { status: 401, body: { error: 'invalid_site_key' } }],
	])('is unavailable, not wrong, when the helper answers %s', async (_, fault) => {
		helper.fault = fault;
		expect(await answerTo(password)).toMatch(unavailable);
	});

	test('is unavailable when the mail server is not there', async () => {
		const nowhere = { security: 'tls', host: '127.0.0.1', port: 9 } as const;
		const at = { imap: nowhere, pop: nowhere, smtp: nowhere };
		helper.answers.set(password, resolvedTo(at, mailbox, 'a-token'));
		expect(await answerTo(password)).toMatch(unavailable);
	});
});

describe('imap: why a login failed', () => {
	withGateway();

	test('is an alert before the answer, which programs show that say only that it failed', async () => {
		const { login, refused, unavailable } = DIALOGUES.imap;
		const alert = (heard: string) => /^\* NO \[ALERT\] (.+)\r\na NO \[\w+\] \1\r\n/m.test(heard);
		expect(alert(await talk('imap', login('hunter2'), refused))).toBe(true);
		const [once = ''] = login('hunter2');
		const twice = await talk('imap', [once, once.replace('a ', 'b ')], /^b NO/m);
		expect(twice.match(/ALERT/g)).toHaveLength(1);
		helper.fault = { status: 503, body: {} };
		expect(alert(await talk('imap', login(password), unavailable))).toBe(true);
	});
});

describe('pieces and lines', () => {
	withGateway();

	const literal = (text: string) => `{${text.length}+}\r\n${text}`;
	const logins = {
		imap: [
			`a LOGIN ${mailbox} ${password}`,
			`a login "${mailbox}" "${password}"`,
			`a LOGIN ${literal(mailbox)} ${literal(password)}`,
			`a AUTHENTICATE PLAIN ${plain(mailbox, password)}`,
			`a AUTHENTICATE PLAIN\r\n${plain(mailbox, password)}`,
			`a AUTHENTICATE LOGIN\r\n${base64(mailbox)}\r\n${base64(password)}`,
		],
		pop: [`USER ${mailbox}\r\nPASS ${password}`, `AUTH PLAIN ${plain(mailbox, password)}`],
	};
	const cases = Object.entries(logins).flatMap(([protocol, texts]) =>
		texts.map((text) => [protocol as 'imap' | 'pop', text] as const),
	);

	test.each(cases)(
		'%s: the login %j works however it is cut, with what follows it',
		async (...its) => {
			const [protocol, login] = its;
			const all = `${login}\r\nafter the login\r\n`;
			const after = new RegExp(`${DIALOGUES[protocol].ok.source}[\\s\\S]*heard after the login`);
			expect(await talk(protocol, all.split(/(?=[\s\S])/), after)).toMatch(after);
			const heard = await cutEverywhere(protocol, all, after);
			for (const each of heard) expect(each).toMatch(after);
		},
	);

	test('smtp: a dialogue is the same however it is cut', async () => {
		const all = 'EHLO client\r\nAUTH LOGIN\r\nYQ==\r\n*\r\nNOOP\r\nQUIT\r\n';
		const whole = await talk('smtp', [all], /^221/m);
		expect(whole.match(/^\d{3} /gm)).toEqual([
			'220 ',
			'250 ',
			'334 ',
			'334 ',
			'501 ',
			'250 ',
			'221 ',
		]);
		for (const each of await cutEverywhere('smtp', all, /^221/m)) expect(each).toBe(whole);
	});

	async function cutEverywhere(protocol: string, text: string, until: RegExp): Promise<string[]> {
		const heard: string[] = [];
		for (let begin = 1; begin < text.length; begin += 25) {
			const cuts = Array.from({ length: Math.min(25, text.length - begin) }, (_, i) => begin + i);
			const talks = cuts.map((cut) => talk(protocol, [text.slice(0, cut), text.slice(cut)], until));
			heard.push(...(await Promise.all(talks)));
		}
		return heard;
	}

	test('what was sent in clear behind STARTTLS is never looked at', async () => {
		const socket = connect(gateway.ports['imap']!, '127.0.0.1');
		await once(socket, 'data');
		socket.write('a STARTTLS\r\nb CAPABILITY\r\n');
		const [answer] = (await once(socket, 'data')) as [Buffer];
		expect(answer.toString()).toBe('a OK Begin TLS.\r\n');
		const secured = connectTls({ socket, ca: testCertificate.certificate, host: 'localhost' });
		await once(secured, 'secureConnect');
		secured.write('c NOOP\r\n');
		const [first] = (await once(secured, 'data')) as [Buffer];
		secured.destroy();
		expect(first.toString()).toBe('c OK NOOP completed.\r\n');
	});

	test.each([
		['imap', 'a LOGIN {99999999999}\r\n', /BAD/],
		['imap', 'a LOGIN {5000+}\r\n', /BAD \[TOOBIG\][\s\S]*BYE/],
		['imap', `a ${'x'.repeat(20_000)}`, /BAD[\s\S]*BYE/],
		['imap', '\0\0\0\r\n', /\* BAD/],
		['imap', '* LOGIN a b\r\n', /BAD/],
		['imap', 'a LOGIN "unclosed b\r\n', /a BAD/],
		['imap', 'a AUTHENTICATE PLAIN !!!!\r\n', /a BAD/],
		['imap', 'a AUTHENTICATE GSSAPI\r\n', /a NO/],
		['imap', 'a SELECT INBOX\r\n', /a BAD/],
		['pop', `USER ${'x'.repeat(20_000)}`, /-ERR/],
		['pop', 'PASS x\r\n', /-ERR/],
		['pop', 'AUTH PLAIN AAAA\r\n', /-ERR/],
		['pop', 'RETR 1\r\n', /-ERR/],
		['smtp', `EHLO ${'x'.repeat(20_000)}`, /^500/m],
		['smtp', 'EHLO a\0b\r\n', /^501/m],
		['smtp', 'MAIL FROM:<a@b.example>\r\n', /^530/m],
		['smtp', 'AUTH PLAIN AAAA\r\n', /^503/m],
		['smtp', 'EHLO a\r\nAUTH PLAIN AAAA\r\n', /^501/m],
		['smtp', 'EHLO a\r\nAUTH GSSAPI\r\n', /^504/m],
		['smtp', 'EHLO a\r\nAUTH LOGIN\r\n*\r\n', /^501/m],
		['smtp', '\x80\xff\0\r\n', /^500/m],
	])('%s: %j gets a fault in the words of the protocol', async (protocol, text, fault) => {
		expect(await talk(protocol, [text], fault)).toMatch(fault);
		expect(gateway.output()).not.toContain('a dialogue failed');
	});

	test('three wrong logins end a connection, and the right one is taken on the next', async () => {
		const wrong = 'a LOGIN x y\r\n';
		const heard = await talk('imap', [wrong, wrong, wrong, wrong], /BYE/);
		expect(heard.match(/NO \[AUTH/g)).toHaveLength(3);
		expect(heard).toContain('* BYE');
		expect(await talk('imap', DIALOGUES.imap.login(password), /OK done/)).toContain('a OK done');
	});

	const wrongPlain = (n: number) => `AUTH PLAIN ${plain(mailbox, `hunter${n}`)}\r\n`;

	test('smtp: the end after three wrong logins says why they were wrong', async () => {
		const heard = await talk('smtp', ['EHLO client\r\n', ...[1, 2, 3].map(wrongPlain)]);
		expect(heard).toMatch(/^535 5\.7\.8 (.+)\r\n421 4\.7\.0 \1\r\n$/m);
	});

	test('pop: each of three wrong logins has one answer, also the last', async () => {
		const heard = await talk('pop', [1, 2, 3].map(wrongPlain));
		expect(heard.match(/^-ERR/gm)).toHaveLength(3);
	});

	test.each([
		['pop', [], DIALOGUES.pop.login('hunter1'), DIALOGUES.pop.login(password), /^\+OK in/m],
		['smtp', ['EHLO client\r\n'], [wrongPlain(1)], ['QUIT\r\n'], /^221/m],
	] as const)(
		'%s: one password by every mechanism is one wrong login: Thunderbird then asks for another',
		async (protocol, hello, more, next, answer) => {
			const byLogin = ['AUTH LOGIN', base64(mailbox), base64('hunter1')].map(
				(text) => `${text}\r\n`,
			);
			const wrong = [wrongPlain(1), ...byLogin, ...more];
			const heard = await talk(protocol, [...hello, ...wrong, ...next], answer);
			expect(heard.match(/^(-ERR \[AUTH\]|535)/gm)).toHaveLength(3);
			expect(heard).toMatch(answer);
		},
	);
});

describe('beyond this machine', () => {
	const everywhere = ['imap', 'pop', 'smtp'].flatMap((name) => [`--${name}`, '0.0.0.0:0']);
	withGateway([...everywhere, '--public']);

	test('no login is taken in clear', async () => {
		const { imap, pop, smtp } = DIALOGUES;
		const byImap = await talk('imap', imap.login(password), /^a NO/m);
		expect(byImap).toContain('LOGINDISABLED');
		expect(byImap).not.toContain('AUTH=');
		expect(byImap).toContain('a NO [PRIVACYREQUIRED]');
		expect(await talk('pop', pop.login(password), /-ERR[\s\S]*-ERR/)).toContain(
			'-ERR [AUTH] Use STLS',
		);
		const bySmtp = await talk('smtp', smtp.login(password), /^5/m);
		expect(bySmtp).not.toContain('AUTH PLAIN');
		expect(bySmtp).toMatch(/^538 5\.7\.11/m);
		expect(helper.asked).toEqual([]);
	});
});

describe('several sites', () => {
	const second = `mksite_${'s'.repeat(43)}`;
	withGateway([], `${SITE_KEY}\n${second}`);
	const login = () => talk('imap', DIALOGUES.imap.login(password), /^a (OK|NO)/m);

	test('have a key each; the one that fitted is tried first from then on', async () => {
		helper.siteKeys.add(second);
		helper.answers.set(password, { ...resolved(), siteKey: second });
		expect(await login()).toContain('a OK');
		expect(await login()).toContain('a OK');
		expect(helper.asked.map(({ siteKey }) => siteKey)).toEqual([SITE_KEY, second, second]);
	});

	test('while one key is not valid, an identifier that the other does not know is not called wrong', async () => {
		helper.siteKeys.delete(second);
		expect(
			await talk('imap', DIALOGUES.imap.login(`ExternalOAuthToken:7:${mailbox}`), /^a NO/m),
		).toContain('NO [UNAVAILABLE]');
	});
});

describe('a mail server', () => {
	withGateway();

	async function loginAt(script: Script, certificate = testCertificate): Promise<string> {
		const { server, stop } = await startScriptedServer(script, { certificate });
		helper.answers.set(password, resolvedTo({ imap: server }, mailbox, 'a-token'));
		const heard = await talk('imap', DIALOGUES.imap.login(password), /^a (OK|NO)/m);
		await stop();
		return heard;
	}

	test('that says no is quoted, without what it was sent', async () => {
		let heardEmpty = false;
		const heard = await loginAt(async (socket, lines) => {
			socket.write('* OK ready\r\n');
			await lines.next();
			socket.write('+ \r\n');
			await lines.next();
			socket.write('+ eyJzdGF0dXMiOiI0MDAifQ==\r\n');
			heardEmpty = (await lines.next()).value === '';
			socket.write('a NO AUTHENTICATE failed. Bearer a-token\r\n');
		});
		expect(heardEmpty).toBe(true);
		expect(heard).toMatch(DIALOGUES.imap.refused);
		expect(heard).toContain('AUTHENTICATE failed');
		expect(heard).not.toContain('a-token');
	});

	test.each<[string, Script]>([
		['is busy', (socket) => void socket.end('* BYE Too many connections\r\n')],
		['hangs up', (socket) => void socket.end()],
		['hangs up in the middle of a line', (socket) => void socket.end('* OK rea')],
		['never ends its line', (socket) => void socket.write('x'.repeat(20_000))],
		['never ends its answer', (socket) => void socket.write('* OK ready\r\n'.repeat(200))],
	])('that %s is a passing fault', async (_, script) => {
		expect(await loginAt(script)).toMatch(DIALOGUES.imap.unavailable);
	});

	/** To a login with a good token; each once. Tags of the table are left to the scripted server. */
	const toLogins = [...EXCHANGE, ...OTHERS].flatMap(([protocol, failure, context, code]) => {
		if (failure.kind !== 'refused' || failure.stage !== 'authenticate') return [];
		if (context !== good || failure.answer === '') return [];
		return [{ protocol, code, answer: failure.answer.replace(/^a[0-9] /i, ''), words: '' }];
	});
	const withWait = {
		protocol: 'imap',
		answer: 'BAD Request is throttled. Suggested Backoff Time: 89117 milliseconds',
		code: 'mail_server_busy',
		words: 'Try again in 90 seconds',
	} as const;
	const passingOnes = [
		['imap', 'NO Server Unavailable. 15', 'mail_server_busy'],
		['pop', '-ERR Server Unavailable. 21', 'mail_server_busy'],
		['smtp', '454 4.7.0 Temporary authentication failure', 'mail_server_busy'],
		['smtp', '432 4.3.2 Concurrent connections limit exceeded.', 'too_many_connections'],
	] as const;

	test.each([
		...toLogins,
		withWait,
		...passingOnes.map(([protocol, answer, code]) => ({ protocol, answer, code, words: '' })),
	])('$protocol: $answer is $code, as for the check', async ({ protocol, answer, code, words }) => {
		const heard = await answerOf(protocol, answer);
		const { unavailable, refused } = DIALOGUES[protocol];
		expect(heard).toMatch(LASTING[code] === 'temporary' ? unavailable : refused);
		expect(heard).toContain(words);
	});

	test('by SMTP is spoken to in TLS from the first byte where the helper says so, whatever its port', async () => {
		const heard = await answerOf('smtp', '550 5.7.1 heard in TLS', { tls: true });
		expect(heard).toContain('heard in TLS');
	});

	/** To a login that the mail server answers so; by SMTP to EHLO, in clear unless a test says otherwise. */
	async function answerOf(
		protocol: MailProtocol,
		answer: string,
		{ tls = protocol !== 'smtp' } = {},
	): Promise<string> {
		const greeting = { imap: '* OK', pop: '+OK', smtp: '220' }[protocol];
		const script: Script = async (socket, lines) => {
			socket.write(`${greeting} ready\r\n`);
			const next = await lines.next();
			const [tag] = next.done ? [] : next.value.split(' ');
			const isTagged = protocol === 'imap' && !answer.startsWith('*');
			socket.write(`${isTagged ? `${tag} ` : ''}${answer}\r\n`);
		};
		const { server, stop } = await startScriptedServer(script, { tls });
		helper.answers.set(password, resolvedTo({ [protocol]: server }, mailbox, 'a-token'));
		const { login, refused, unavailable } = DIALOGUES[protocol];
		const either = new RegExp(`${refused.source}|${unavailable.source}`, 'm');
		const heard = await talk(protocol, login(password), either);
		await stop();
		return heard;
	}

	test('that speaks no TLS 1.2 hears nothing', async () => {
		const tokens: string[] = [];
		const old = {
			minVersion: 'TLSv1',
			maxVersion: 'TLSv1.1',
			ciphers: 'DEFAULT@SECLEVEL=0',
		} as const;
		const { privateKey: key, certificate: cert } = testCertificate;
		const { server, stop } = await startScriptedServer(
			(plain) => {
				const secureContext = createSecureContext({ ...old, key, cert });
				const socket = new TLSSocket(plain, { isServer: true, secureContext });
				socket.on('error', () => plain.destroy()).on('data', (text) => tokens.push(String(text)));
				socket.write('* OK ready\r\n');
			},
			{ tls: false },
		);
		helper.answers.set(password, resolvedTo({ imap: server }, mailbox, 'a-token'));
		const heard = await talk('imap', DIALOGUES.imap.login(password), /^a (OK|NO)/m);
		await stop();
		expect(heard).toMatch(DIALOGUES.imap.unavailable);
		expect(tokens).toEqual([]);
	});

	test('whose certificate nobody vouches for hears nothing', async () => {
		let heard = '';
		const stranger = makePracticeCertificate(new Date(), ['localhost', '127.0.0.1']);
		const answer = await loginAt(async (_, lines) => {
			for (let next = await lines.next(); !next.done; next = await lines.next())
				heard += next.value;
		}, stranger);
		expect(answer).toMatch(DIALOGUES.imap.unavailable);
		expect(heard).toBe('');
	});
});

describe('a client that is gone', () => {
	withGateway(['--metrics', '127.0.0.1:0']);

	const moments: [string, (client: Client) => Promise<unknown>][] = [
		['the moment it has sent its login', () => Promise.resolve()],
		['while the helper is asked', () => expect.poll(() => helper.asked.length).toBe(1)],
		['once the mail server is asked', () => expect.poll(() => openUpstream.size).toBe(1)],
		['once it is logged in', (client) => client.hears(/a OK done/)],
	];

	test.each(moments)('%s leaves no connection behind', async (when, come) => {
		const release = when.includes('helper') ? holdAnswers() : () => undefined;
		const client = await startLogin();
		await come(client);
		client.socket.resetAndDestroy();
		release();
		await expect.poll(openConnections).toBe(0);
		// The mail server hears of it a moment after the gateway has let go.
		await expect.poll(() => openUpstream.size).toBe(0);
	});

	test('while the mail server says nothing leaves no connection behind', async () => {
		const { server, stop } = await startScriptedServer(async (socket, lines) => {
			openUpstream.add(socket);
			socket.once('close', () => openUpstream.delete(socket));
			while (!(await lines.next()).done);
		});
		helper.answers.set(password, resolvedTo({ imap: server }, mailbox, 'a-token'));
		const { socket } = await startLogin();
		await expect.poll(() => openUpstream.size).toBe(1);
		socket.resetAndDestroy();
		await expect.poll(openConnections).toBe(0);
		await expect.poll(() => openUpstream.size).toBe(0);
		await stop();
	});

	test('while the helper says nothing is not kept until it does', async () => {
		const release = holdAnswers();
		const clients = await Promise.all(Array.from({ length: 3 }, startLogin));
		await expect.poll(() => helper.asked.length).toBe(1);
		// A reset that comes together with unread bytes looks like an end (libuv): that client may still be reading.
		await untilAllIsRead();
		for (const { socket } of clients) socket.resetAndDestroy();
		await expect.poll(openConnections).toBe(0);
		release();
	});

	async function startLogin(): Promise<Client> {
		const client = await openClient('imap');
		await client.send(DIALOGUES.imap.login(password).join(''));
		return client;
	}

	async function openConnections(): Promise<number> {
		const metrics = await fetch(`http://127.0.0.1:${gateway.ports['metrics']}/metrics`);
		const text = await metrics.text();
		return Number(/^mailkey_gateway_connections\{protocol="imap"\} (\d+)$/m.exec(text)?.[1]);
	}
});

describe('metrics and health', () => {
	withGateway(['--metrics', '127.0.0.1:0']);
	const ask = (path: string) => fetch(`http://127.0.0.1:${gateway.ports['metrics']}${path}`);

	test('tell logins by outcome, and readiness by whether the helper answers', async () => {
		await talk('imap', DIALOGUES.imap.login(password), /OK done/);
		await talk('imap', DIALOGUES.imap.login('wrong'), /NO/);
		const text = await (await ask('/metrics')).text();
		expect(text).toContain('mailkey_gateway_logins_total{protocol="imap",outcome="ok"} 1');
		expect(text).toContain('mailkey_gateway_logins_total{protocol="imap",outcome="refused"} 1');
		expect((await ask('/healthz')).status).toBe(200);
		expect((await ask('/readyz')).status).toBe(200);
		helper.isAway = true;
		expect((await ask('/readyz')).status).toBe(503);
		expect((await ask('/healthz')).status).toBe(200);
		helper.isAway = false;
	});
});

describe('more clients than are taken', () => {
	withGateway(['--max-connections', '1']);

	test('are told to come back, and are taken when there is room', async () => {
		const first = connect(gateway.ports['imap']!, '127.0.0.1');
		await once(first, 'data');
		expect(await talk('imap', [], /\n/)).toContain('* BYE [UNAVAILABLE]');
		expect(await talk('pop', [], /\n/)).toContain('-ERR [SYS/TEMP]');
		expect(await talk('smtp', [], /\n/)).toContain('421 4.3.2');
		first.destroy();
		await expect.poll(() => talk('imap', [], /\n/)).toContain('* OK');
	});
});

describe('many clients at once', () => {
	withGateway();

	test('of one identifier are one question to the helper at a time', async () => {
		const release = holdAnswers();
		const clients = await Promise.all(Array.from({ length: 300 }, () => openClient('imap')));
		const [login = ''] = DIALOGUES.imap.login(password);
		await Promise.all(clients.map(({ send }) => send(login)));
		await untilAllIsRead();
		release();
		await Promise.all(clients.map(({ hears }) => hears(/a OK done/)));
		for (const { heard } of clients) expect(heard()).toContain('a OK done');
		expect(helper.asked).toHaveLength(1);
		for (const { socket } of clients) socket.destroy();
	});
});

describe('SIGTERM', () => {
	withGateway();

	test('says goodbye to whoever is not logged in, lets the others go, and ends with 0', async () => {
		const [waiting, carried] = [await openClient('smtp'), await openClient('imap')];
		await carried.send(DIALOGUES.imap.login(password).join(''));
		await carried.hears(/a OK done/);
		expect(carried.heard()).toContain('a OK done');
		const status = gateway.signal('SIGTERM');
		await waiting.hears(/^421 4\.3\.2/m);
		expect(waiting.heard()).toMatch(/^421 4\.3\.2/m);
		await carried.hears(/$^/);
		expect(carried.socket.destroyed || carried.socket.readableEnded).toBe(true);
		expect(await status).toBe(0);
	});
});
