// A submission server as particular as Exchange Online: it takes only host names in EHLO, offers what a test says, takes
// its time, and answers nobody who has ended. STARTTLS, XOAUTH2 with any token, DATA and BDAT.

import type { Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import { setTimeout as sleep } from 'node:timers/promises';
import { startScriptedServer, testCertificate, type ScriptedServer } from './mail-script.ts';

export type SubmissionServer = ScriptedServer & {
	/** Of every EHLO that came. */
	names: string[];
	/** What was accepted, with the arguments of its MAIL command. */
	messages: { from: string; content: string }[];
};

/** Before each answer to MAIL and what follows it. */
const ANSWER_DELAY_MS = 100;

export async function startSubmissionServer(
	extensions: readonly string[],
): Promise<SubmissionServer> {
	const names: string[] = [];
	const messages: SubmissionServer['messages'] = [];
	const secureContext = createSecureContext({
		key: testCertificate.privateKey,
		cert: testCertificate.certificate,
	});

	async function converse(first: Socket): Promise<void> {
		let socket = first;
		let input = createInput(socket);
		let isSecure = false;
		let message = { from: '', content: '' };
		const say = (text: string) => socket.write(`${text}\r\n`);
		const accept = () => {
			messages.push(message);
			message = { from: '', content: '' };
		};
		say('220 ready');
		for (let line = await input.line(); line !== undefined; line = await input.line()) {
			const [verb = '', ...rest] = line.split(' ');
			const command = verb.toUpperCase();
			if (['MAIL', 'RCPT', 'BDAT', 'QUIT'].includes(command)) await sleep(ANSWER_DELAY_MS);
			if (command === 'EHLO') {
				names.push(rest.join(' '));
				const more = isSecure ? ['AUTH LOGIN XOAUTH2', ...extensions] : ['STARTTLS'];
				const lines = ['me', ...more];
				say(lines.map((text, i) => `250${i === lines.length - 1 ? ' ' : '-'}${text}`).join('\r\n'));
			} else if (command === 'STARTTLS') {
				say('220 go on');
				input.detach();
				socket = new TLSSocket(socket, { isServer: true, secureContext });
				socket.on('error', () => socket.destroy());
				input = createInput(socket);
				isSecure = true;
			} else if (command === 'AUTH') {
				say('334 ');
				await input.line();
				say('235 2.7.0 in');
			} else if (command === 'MAIL') {
				message.from = rest.join(' ');
				say('250 sender');
			} else if (command === 'DATA') {
				say('354 go on');
				for (let text = await input.line(); text !== '.'; text = await input.line()) {
					if (text === undefined) return;
					message.content += `${text.replace(/^\./, '')}\r\n`;
				}
				await sleep(ANSWER_DELAY_MS);
				accept();
				say('250 taken');
			} else if (command === 'BDAT') {
				message.content += (await input.bytes(Number(rest[0]))) ?? '';
				if (rest[1]) accept();
				say(rest[1] ? '250 taken' : '250 more');
			} else if (command === 'QUIT') {
				socket.end('221 bye\r\n');
				return;
			} else say('250 OK');
		}
		socket.destroy();
	}

	const server = await startScriptedServer((socket) => converse(socket), { tls: false });
	return { ...server, names, messages };
}

/** Reads by lines and by bytes, and gives up the connection when the client has ended: nothing is answered any more. */
function createInput(socket: Socket) {
	let read = '';
	let wake: () => void = () => undefined;
	const onData = (chunk: Buffer) => {
		read += chunk.toString('latin1');
		wake();
	};
	const onEnd = () => {
		socket.destroy();
		wake();
	};
	socket.on('data', onData).on('end', onEnd).on('close', onEnd);
	async function until<T>(find: () => T | undefined): Promise<T | undefined> {
		for (;;) {
			if (socket.destroyed) return undefined;
			const found = find();
			if (found !== undefined) return found;
			await new Promise<void>((resolve) => (wake = resolve));
		}
	}
	const take = (count: number, skip = 0) => {
		const taken = read.slice(0, count);
		read = read.slice(count + skip);
		return taken;
	};
	return {
		line: () =>
			until(() => (read.includes('\n') ? take(read.indexOf('\n'), 1).trimEnd() : undefined)),
		/** An octet a character. */
		bytes: (count: number) => until(() => (read.length >= count ? take(count) : undefined)),
		detach: () => void socket.off('data', onData).off('end', onEnd).off('close', onEnd),
	};
}
