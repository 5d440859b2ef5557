// Logging in at the mail server by XOAUTH2, protocol by protocol. Its refusal comes in two parts: a challenge with
// the reason in base64 JSON, and after an empty line the answer in words (learn.microsoft.com, "Authenticate an
// IMAP, POP or SMTP connection using OAuth", SASL XOAUTH2).

import { SMTP_NAME, UpstreamRefusal, type Protocols, type UpstreamLogin } from './protocol.ts';
import type { Wire } from './wire.ts';

/** A challenge or a capability list is far shorter. */
const MAX_LINE_LENGTH = 16_384;
const MAX_LINES = 100;

/** IMAP and POP are spoken in TLS from the first byte. */
export const upstreamLogins: Protocols<UpstreamLogin> = {
	async imap(server, dial, tag) {
		const wire = await dial.inTls();
		const greeting = await read(wire);
		if (!/^\* OK\b/i.test(greeting)) throw new UpstreamRefusal(greeting);
		wire.write(`${tag} AUTHENTICATE XOAUTH2\r\n`);
		let said = '';
		let sent = 0;
		for (let count = 0; count < MAX_LINES; count += 1) {
			const line = await read(wire);
			if (line.startsWith('+')) {
				// First the token is asked for; a second time it is the reason of a refusal.
				wire.write(sent === 0 ? `${server.xoauth2}\r\n` : '\r\n');
				sent += 1;
			} else if (line.startsWith(`${tag} `)) {
				if (!/^OK\b/i.test(line.slice(tag.length + 1))) throw new UpstreamRefusal(line);
				return { wire, said: `${said}${line}\r\n` };
			} else if (/^\* BYE\b/i.test(line)) {
				throw new UpstreamRefusal(line);
			} else {
				said += `${line}\r\n`;
			}
		}
		throw new Error('an answer without an end');
	},

	async pop(server, dial) {
		const wire = await dial.inTls();
		const greeting = await read(wire);
		if (!/^\+OK\b/i.test(greeting)) throw new UpstreamRefusal(greeting);
		wire.write('AUTH XOAUTH2\r\n');
		let answer = await read(wire);
		if (isContinuation(answer)) answer = await say(wire, server.xoauth2);
		if (isContinuation(answer)) answer = await say(wire, '');
		if (!/^\+OK\b/i.test(answer)) throw new UpstreamRefusal(answer);
		return { wire, said: `${answer}\r\n` };
	},

	async smtp(server, dial) {
		const inTls = server.security === 'tls';
		const wire = await (inTls ? dial.inTls() : dial.inClear());
		positive(await readReply(wire), 220);
		let extensions = await ehlo(wire);
		if (!inTls) {
			if (
				!extensions.includes('STARTTLS') ||
				codeOf(await sayAndReadReply(wire, 'STARTTLS')) !== 220
			) {
				throw Object.assign(new Error('no STARTTLS'), { code: 'STARTTLS_MISSING' });
			}
			await dial.startTls();
			extensions = await ehlo(wire);
		}
		let reply = await sayAndReadReply(wire, 'AUTH XOAUTH2');
		if (codeOf(reply) === 334) reply = await sayAndReadReply(wire, server.xoauth2);
		if (codeOf(reply) === 334) reply = await sayAndReadReply(wire, '');
		positive(reply, 235);
		return { wire, said: reply.map((line) => `${line}\r\n`).join(''), extensions };
	},
};

function isContinuation(line: string): boolean {
	return line === '+' || line.startsWith('+ ');
}

async function ehlo(wire: Wire): Promise<string[]> {
	const reply = await sayAndReadReply(wire, `EHLO ${SMTP_NAME}`);
	positive(reply, 250);
	return reply.slice(1).map((line) => line.slice(4));
}

async function say(wire: Wire, line: string): Promise<string> {
	wire.write(`${line}\r\n`);
	return read(wire);
}

async function sayAndReadReply(wire: Wire, line: string): Promise<string[]> {
	wire.write(`${line}\r\n`);
	return readReply(wire);
}

async function read(wire: Wire): Promise<string> {
	const line = await wire.readLine(MAX_LINE_LENGTH);
	if (line === undefined) {
		throw Object.assign(new Error('the mail server hung up'), { code: 'ECONNRESET' });
	}
	return line;
}

async function readReply(wire: Wire): Promise<string[]> {
	const lines: string[] = [];
	while (lines.length < MAX_LINES) {
		const line = await read(wire);
		lines.push(line);
		if (!/^\d{3}-/.test(line)) return lines;
	}
	throw new Error('an answer without an end');
}

function codeOf(reply: readonly string[]): number {
	return Number(reply.at(-1)?.slice(0, 3));
}

function positive(reply: readonly string[], code: number): void {
	if (codeOf(reply) !== code) throw new UpstreamRefusal(reply.join(' '));
}
