// The mail gateway beside direct logins at the same Dovecot in the same run, with one client and with eight; its own
// processor time for a login; a large fetch while two other processes are busy; and what it and an idle connection weigh.

import { spawn, type ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { MailServers } from '../../src/lib/domain/mail-protocol.ts';
import { ensureDovecot, startDovecot, type Dovecot } from '../support/dovecot.ts';
import {
	resolvedTo,
	MAILKEY,
	SITE_KEY,
	startGatewayProcess,
	startResolveServer,
	type GatewayProcess,
} from '../support/gateway-process.ts';
import { startScriptedServer, testCertificate } from '../support/mail-script.ts';
import { startTestPostgres } from '../support/postgres.ts';
import { startRunningHelper, type RunningHelper } from '../support/running-helper.ts';
import { median } from './median.ts';
import { storeTokenFor } from './store-token-for.ts';

const MAILBOX = 'equis@mycompany.com';
const ROUNDS = 5;
const SECONDS = 4;
const MIN_LOGINS = [
	{ clients: 1, least: 0.85 },
	{ clients: 8, least: 0.9 },
];
const MAX_PROCESSOR_MS = 2;
const MESSAGE_MB = 64;
const MESSAGES = 16;
const MIN_FETCH = 0.8;
const BUSY_PROCESSES = 2;
const IDLE = 2_000;
const MAX_IDLE_KB = 45;

/** One IMAP connection, logged in or not yet. */
type Session = { socket: Socket; say(line: string, until: string): Promise<number> };
type OpenSession = () => Promise<Session>;

export async function run(): Promise<void> {
	if (!(await ensureDovecot())) return console.log('  not run: Dovecot cannot be had here');
	const postgres = await startTestPostgres();
	let dovecot: Dovecot | undefined;
	const helper = await startRunningHelper(postgres.url, async (microsoft) => {
		dovecot = await startDovecot(microsoft, 9);
		return { ...mailVariables(dovecot.servers), LIMITS: 'resolve=0', LOG_LEVEL: 'warn' };
	});
	const program = await asTheUnitStartsIt();
	const gateway = await startGatewayProcess(helper.origin, [], helper.site.key, program);
	try {
		const identifier = await storeTokenFor(helper, MAILBOX);
		const ours = throughGateway(gateway, identifier);
		const direct = await directly(helper, identifier);
		console.log(`  memory of a fresh gateway: ${((await gateway.memory()) / 1e6).toFixed(0)} MB`);
		for (const goal of MIN_LOGINS) await compareLogins(gateway, ours, direct, goal);
		await whileBusy(() => compareFetch(ours, direct));
	} finally {
		await gateway.stop();
		await helper.stop();
		await dovecot?.stop();
		await postgres.stop();
	}
	await weighIdle();
}

/** With the flags that an operator's service manager gives to Node.js. */
async function asTheUnitStartsIt(): Promise<string[]> {
	const unit = await readFile(
		new URL('../../deploy/systemd/mailkey-gateway.service', import.meta.url),
		'utf8',
	);
	const [, flags = ''] = /^ExecStart=\/usr\/bin\/env node ((?:--\S+ )*)/m.exec(unit) ?? [];
	return [...flags.split(' ').filter(Boolean), MAILKEY, 'gateway'];
}

function mailVariables({ imap, pop, smtp }: MailServers): Record<string, string> {
	return {
		MAIL_IMAP: `imaps://127.0.0.1:${imap.port}`,
		MAIL_POP: `pop3s://127.0.0.1:${pop.port}`,
		MAIL_SMTP: `smtp://127.0.0.1:${smtp.port}`,
	};
}

function throughGateway({ ports }: GatewayProcess, identifier: string): OpenSession {
	return async () => {
		const session = talkOver(connect(ports['imap']!, '127.0.0.1'));
		await session.say(`a LOGIN ${MAILBOX} ${identifier}`, 'a OK');
		return session;
	};
}

async function directly({ origin, site }: RunningHelper, identifier: string): Promise<OpenSession> {
	const answer = await fetch(`${origin}/api/v1/resolve`, {
		method: 'POST',
		headers: { authorization: `Bearer ${site.key}`, 'content-type': 'application/json' },
		body: JSON.stringify({ identifier }),
	});
	const { imap } = (await answer.json()) as { imap: { port: number; xoauth2: string } };
	return async () => {
		const tls = { port: imap.port, host: '127.0.0.1', ca: testCertificate.certificate };
		const session = talkOver(connectTls(tls));
		// In one line the token is too long for Dovecot.
		await session.say('a AUTHENTICATE XOAUTH2', '\\+');
		await session.say(imap.xoauth2, 'a OK');
		return session;
	};
}

function talkOver(socket: Socket): Session {
	socket.setNoDelay();
	let fail: (error: Error) => void = () => undefined;
	socket.on('error', (error) => fail(error));
	socket.on('close', () => fail(new Error('the connection was closed')));
	return {
		socket,
		/** How many bytes came until a line began with `until`, with its end. */
		say: (line, until) =>
			new Promise((resolve, reject) => {
				fail = reject;
				let bytes = 0;
				let tail = '';
				const ending = new RegExp(`(^|\\n)${until}[^\\n]*\\n`);
				const look = (chunk: Buffer) => {
					bytes += chunk.length;
					tail = `${tail}${chunk.subarray(-2_000).toString('latin1')}`.slice(-4_000);
					if (!ending.test(tail)) return;
					socket.off('data', look);
					resolve(bytes);
				};
				socket.on('data', look);
				socket.write(`${line}\r\n`);
			}),
	};
}

async function compareLogins(
	gateway: GatewayProcess,
	ours: OpenSession,
	direct: OpenSession,
	{ clients, least }: (typeof MIN_LOGINS)[number],
): Promise<void> {
	await loginsFor(1, ours, clients);
	await loginsFor(1, direct, clients);
	const rates: number[] = [];
	const processorMs: number[] = [];
	for (let round = 0; round < ROUNDS; round += 1) {
		const before = await gateway.processorMs();
		const our = await loginsFor(SECONDS, ours, clients);
		const own = ((await gateway.processorMs()) - before) / our.count;
		const limit = await loginsFor(SECONDS, direct, clients);
		console.log(
			`  ${clients} at a time: ours ${our.perSecond.toFixed(0)}/s, p50 ${our.p50.toFixed(1)} ms, own processor time ${own.toFixed(2)} ms; direct ${limit.perSecond.toFixed(0)}/s, p50 ${limit.p50.toFixed(1)} ms`,
		);
		rates.push(our.perSecond / limit.perSecond);
		processorMs.push(own);
	}
	judge(`logins with ${clients} at a time, ours / direct`, median(rates), least, 'least');
	judge('own processor time of a login, ms', median(processorMs), MAX_PROCESSOR_MS, 'most');
}

/** As on a machine that has other work. */
async function whileBusy(work: () => Promise<void>): Promise<void> {
	const busy: ChildProcess[] = Array.from({ length: BUSY_PROCESSES }, () =>
		spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }),
	);
	try {
		await work();
	} finally {
		for (const child of busy) child.kill('SIGKILL');
	}
}

async function loginsFor(seconds: number, open: OpenSession, connections: number) {
	const until = performance.now() + seconds * 1000;
	const took: number[] = [];
	const one = async () => {
		while (performance.now() < until) {
			const begun = performance.now();
			const session = await open();
			took.push(performance.now() - begun);
			await session.say('b LOGOUT', 'b OK');
			session.socket.destroy();
		}
	};
	await Promise.all(Array.from({ length: connections }, one));
	return { count: took.length, perSecond: took.length / seconds, p50: median(took) };
}

async function compareFetch(ours: OpenSession, direct: OpenSession): Promise<void> {
	const { socket, say } = await direct();
	const line = `${'x'.repeat(1022)}\r\n`;
	const message = `Subject: Large\r\n\r\n${line.repeat(MESSAGE_MB * 1024)}`;
	await say(`c APPEND INBOX {${message.length}}`, '\\+');
	await say(message, 'c OK');
	await say('d SELECT INBOX', 'd OK');
	for (let copy = 1; copy < MESSAGES; copy += 1) await say('e COPY 1 INBOX', 'e OK');
	socket.destroy();
	const rates: number[] = [];
	for (let round = 0; round < 3; round += 1) {
		const our = await fetchAll(ours);
		const limit = await fetchAll(direct);
		console.log(`  fetch: ours ${our.toFixed(0)} MB/s; direct ${limit.toFixed(0)} MB/s`);
		rates.push(our / limit);
	}
	judge('fetch of 1 GB, ours / direct', median(rates), MIN_FETCH, 'least');
}

async function fetchAll(open: OpenSession): Promise<number> {
	const { socket, say } = await open();
	await say('b EXAMINE INBOX', 'b OK');
	const begun = performance.now();
	const bytes = await say('c FETCH 1:* BODY.PEEK[]', 'c OK');
	const seconds = (performance.now() - begun) / 1000;
	socket.destroy();
	if (bytes < MESSAGES * MESSAGE_MB * 1024 * 1024) throw new Error('not all of it came');
	return bytes / 1e6 / seconds;
}

/** The mail server here is a script: thousands of Dovecot's processes would weigh on everything else. */
async function weighIdle(): Promise<void> {
	const identifier = `ExternalOAuthToken:1:${MAILBOX}`;
	const { server, stop } = await startScriptedServer(async (socket, lines) => {
		socket.write('* OK ready\r\n');
		await lines.next();
		socket.write('+ \r\n');
		await lines.next();
		socket.write('a OK in\r\n');
		while (!(await lines.next()).done) socket.write('+ idling\r\n');
	});
	const helper = await startResolveServer();
	helper.answers.set(identifier, resolvedTo({ imap: server }, MAILBOX, 'token'));
	const program = await asTheUnitStartsIt();
	const gateway = await startGatewayProcess(helper.url, [], SITE_KEY, program);
	const open = throughGateway(gateway, identifier);
	const sockets: Socket[] = [];
	const openMany = async (count: number) => {
		for (let left = count; left > 0; left -= 50) {
			const sessions = await Promise.all(Array.from({ length: 50 }, open));
			await Promise.all(sessions.map(({ say }) => say('i IDLE', '\\+')));
			sockets.push(...sessions.map(({ socket }) => socket));
		}
		await new Promise((resolve) => setTimeout(resolve, 3_000));
		return gateway.memory();
	};
	try {
		const few = await openMany(200);
		const many = await openMany(IDLE);
		judge('memory of an idle connection, KB', (many - few) / IDLE / 1024, MAX_IDLE_KB, 'most');
	} finally {
		for (const socket of sockets) socket.destroy();
		await gateway.stop();
		await helper.stop();
		await stop();
	}
}

function judge(what: string, value: number, goal: number, side: 'least' | 'most'): void {
	const isWithin = side === 'least' ? value >= goal : value <= goal;
	console.log(
		`  ${what}: ${value.toFixed(2)} (goal: at ${side} ${goal}), ${isWithin ? 'within the goal' : 'MISSED'}`,
	);
}
