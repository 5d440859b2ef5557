// POP3: XOAUTH2 in two lines, as Exchange wants it, then STAT, which counts the messages and touches none.
// By hand, as the clients that are kept log in with passwords alone (docs/decisions/005-dependencies.md).

import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';
import { isIP } from 'node:net';
import type { MailLoginResult } from '../../domain/mail-login.ts';
import {
	goodbye,
	MailRefusal,
	withinLimit,
	xoauth2,
	type MailLoginRequest,
	type MailClientOptions,
} from './mail-login.ts';

/** RFC 1939 allows 512 octets; a challenge in base64 is longer. Nothing honest comes near this. */
const MAX_LINE = 16_384;

export function loginByPop(
	{ limitMs }: MailClientOptions,
	{ server, user, accessToken }: MailLoginRequest,
): Promise<MailLoginResult> {
	return withinLimit(limitMs, async (closeBy) => {
		const { host, port } = server;
		const socket = connect({
			host,
			port,
			...(isIP(host) === 0 && { servername: host }),
			...(server.ca !== undefined && { ca: server.ca }),
		});
		// Whatever is wrong with the connection ends the conversation as well.
		socket.on('error', () => undefined);
		closeBy(() => socket.destroy());
		const say = conversation(socket);
		await once(socket, 'secureConnect');
		positive(await say(undefined), 'authenticate');
		await authenticate(say, xoauth2(user, accessToken));
		positive(await say('STAT'), 'select');
		await goodbye(say('QUIT'));
	});
}

/** Sends a line, or nothing, and gives the server's next one. */
type Say = (line: string | undefined) => Promise<string>;

async function authenticate(say: Say, token: string): Promise<void> {
	let answer = await say('AUTH XOAUTH2');
	if (isContinuation(answer)) answer = await say(token);
	// A second question is the refusal in base64 JSON; the answer in words follows after an empty line.
	if (isContinuation(answer)) answer = await say('');
	positive(answer, 'authenticate');
}

function isContinuation(line: string): boolean {
	return line === '+' || line.startsWith('+ ');
}

function positive(line: string, stage: 'authenticate' | 'select'): void {
	if (/^\+OK\b/i.test(line)) return;
	if (/^-ERR\b/i.test(line)) throw new MailRefusal(stage, line);
	throw new Error('no answer of a POP3 server');
}

function conversation(socket: TLSSocket): Say {
	const lines = readLines(socket);
	return async (line) => {
		if (line !== undefined) socket.write(`${line}\r\n`);
		const next = await lines.next();
		if (next.done) throw Object.assign(new Error('connection lost'), { code: 'ECONNRESET' });
		return next.value;
	};
}

async function* readLines(socket: TLSSocket): AsyncGenerator<string, undefined> {
	let rest = '';
	for await (const chunk of socket.setEncoding('latin1')) {
		rest += String(chunk);
		for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
			const line = rest.slice(0, end).replace(/\r$/, '');
			rest = rest.slice(end + 1);
			yield line;
		}
		if (rest.length > MAX_LINE) throw new Error('a line without an end');
	}
	return undefined;
}
