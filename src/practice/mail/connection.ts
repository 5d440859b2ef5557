// The sockets under the practice servers for IMAP and POP3: loopback only, in TLS, one conversation of lines per
// connection.

import type { Socket } from 'node:net';
import { createServer } from 'node:tls';
import { listen } from '../../lib/server/listen.ts';
import type { PracticeCertificate } from '../certificate.ts';

export type MailConnection = {
	// The next line without its end; undefined when the client is gone.
	read(): Promise<string | undefined>;
	// So many octets, as they come; undefined when the client is gone before.
	readOctets(length: number): Promise<string | undefined>;
	// Octets (latin1), each piece with a line end after it.
	write(...lines: readonly string[]): void;
};

export type MailListener = { port: number; stop(): Promise<void> };

// A client that says nothing for so long has gone.
export const IDLE_MS = 120_000;

// As much as SMTP takes; Exchange Online takes more.
export const MAX_MESSAGE_BYTES = 10 * 1024 * 1024;

// An access token weighs a few kilobytes; a client that sends more without a line end is none.
const MAX_LINE_LENGTH = 64 * 1024;

// `converse` ends the connection by returning. Throws OperatorError if the port cannot be opened.
export async function listenForMail(options: {
	port: number;
	certificate: PracticeCertificate;
	converse: (connection: MailConnection) => Promise<void>;
}): Promise<MailListener> {
	const { privateKey: key, certificate: cert } = options.certificate;
	const open = new Set<Socket>();
	const server = createServer({ key, cert }, (socket) => {
		options.converse(openConversation(socket)).then(
			() => socket.end(),
			(error: unknown) => {
				process.emitWarning(error instanceof Error ? error : String(error));
				socket.destroy();
			},
		);
	});
	server.on('connection', (socket: Socket) => {
		open.add(socket);
		socket.setTimeout(IDLE_MS, () => socket.destroy());
		socket.once('close', () => open.delete(socket));
	});
	const address = { host: '127.0.0.1', port: options.port };
	const port = await listen(server, address, 'A practice mail server');
	return {
		port,
		stop: () =>
			new Promise((resolve) => {
				server.close(() => resolve());
				for (const socket of open) socket.destroy();
			}),
	};
}

function openConversation(socket: Socket): MailConnection {
	let received = '';
	let isOver = false;
	// How many octets are awaited: a line may be no longer than an access token needs, a literal as long as it says.
	let limit = MAX_LINE_LENGTH;
	let wake: () => void = () => undefined;

	socket.on('data', (chunk: Buffer) => {
		received += chunk.toString('latin1');
		if (received.length >= limit + MAX_LINE_LENGTH) socket.pause();
		wake();
	});
	socket.once('close', () => {
		isOver = true;
		wake();
	});
	// A client that went away is nobody's fault.
	socket.on('error', () => socket.destroy());

	const more = () => {
		socket.resume();
		return new Promise<void>((next) => (wake = next));
	};
	const take = (length: number) => {
		const taken = received.slice(0, length);
		received = received.slice(length);
		return taken;
	};
	return {
		async read() {
			limit = MAX_LINE_LENGTH;
			for (;;) {
				const end = received.indexOf('\n');
				if (end >= 0) return take(end + 1).replace(/\r?\n$/, '');
				if (received.length > MAX_LINE_LENGTH) socket.destroy();
				if (isOver) return undefined;
				await more();
			}
		},
		async readOctets(length) {
			limit = length;
			while (received.length < length && !isOver) await more();
			return received.length < length ? undefined : take(length);
		},
		write(...answer) {
			if (!socket.writable) return;
			socket.write(answer.map((line) => `${line}\r\n`).join(''), 'latin1');
		},
	};
}
