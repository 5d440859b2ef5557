// The sockets under the practice servers for IMAP and POP3: loopback only, in TLS, one conversation of lines per
// connection.

import type { Socket } from 'node:net';
import { createServer } from 'node:tls';
import { listen } from '../../lib/server/listen.ts';
import type { PracticeCertificate } from '../certificate.ts';

export type MailConnection = {
	// The next line without its end; undefined when the client is gone.
	read(): Promise<string | undefined>;
	write(...lines: readonly string[]): void;
};

export type MailListener = { port: number; stop(): Promise<void> };

// A client that says nothing for so long has gone.
export const IDLE_MS = 120_000;

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
	const lines: string[] = [];
	let rest = '';
	let isOver = false;
	let wake: () => void = () => undefined;

	socket.on('data', (chunk: Buffer) => {
		const pieces = (rest + chunk.toString('latin1')).split('\n');
		rest = pieces.pop() ?? '';
		if (rest.length > MAX_LINE_LENGTH) socket.destroy();
		lines.push(...pieces.map((line) => line.replace(/\r$/, '')));
		wake();
	});
	socket.once('close', () => {
		isOver = true;
		wake();
	});
	// A client that went away is nobody's fault.
	socket.on('error', () => socket.destroy());
	return {
		async read() {
			while (lines.length === 0 && !isOver) await new Promise<void>((next) => (wake = next));
			return lines.shift();
		},
		write(...answer) {
			if (socket.writable) socket.write(answer.map((line) => `${line}\r\n`).join(''));
		},
	};
}
