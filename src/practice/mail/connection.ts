// The sockets under the practice mail servers: loopback only, one conversation of lines per connection, in TLS from
// the start or from STARTTLS on.

import { createServer, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import { listen } from '../../lib/server/listen.ts';
import type { PracticeCertificate } from '../certificate.ts';

export type MailConnection = {
	// The next line without its end; undefined when the client is gone.
	read(): Promise<string | undefined>;
	write(...lines: readonly string[]): void;
	// After the answer to STARTTLS.
	startTls(): void;
};

export type MailListener = { port: number; stop(): Promise<void> };

// An access token weighs a few kilobytes; a client that sends more without a line end is none.
const longestLine = 64 * 1024;

// A client that says nothing for so long has gone.
const idleMs = 120_000;

// `converse` ends the connection by returning. Throws OperatorError if the port cannot be opened.
export async function listenForMail(options: {
	port: number;
	security: 'tls' | 'starttls';
	certificate: PracticeCertificate;
	converse: (connection: MailConnection) => Promise<void>;
}): Promise<MailListener> {
	const { privateKey: key, certificate: cert } = options.certificate;
	const secureContext = createSecureContext({ key, cert });
	const open = new Set<Socket>();
	const server = createServer((socket) => {
		open.add(socket);
		socket.setTimeout(idleMs, () => socket.destroy());
		socket.once('close', () => open.delete(socket));
		const lines = openConversation(socket, secureContext);
		if (options.security === 'tls') lines.connection.startTls();
		options.converse(lines.connection).then(lines.end, (error: unknown) => {
			process.emitWarning(error instanceof Error ? error : String(error));
			socket.destroy();
		});
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

function openConversation(
	plain: Socket,
	secureContext: ReturnType<typeof createSecureContext>,
): { connection: MailConnection; end: () => void } {
	const lines: string[] = [];
	let rest = '';
	let isOver = false;
	let wake: () => void = () => undefined;
	let socket = plain;

	function take(chunk: Buffer): void {
		const pieces = (rest + chunk.toString('latin1')).split('\n');
		rest = pieces.pop() ?? '';
		if (rest.length > longestLine) plain.destroy();
		lines.push(...pieces.map((line) => line.replace(/\r$/, '')));
		wake();
	}
	function finish(): void {
		isOver = true;
		wake();
	}
	function attach(): void {
		socket.on('data', take);
		socket.once('close', finish);
		// A client that went away is nobody's fault.
		socket.on('error', () => socket.destroy());
	}

	attach();
	return {
		connection: {
			async read() {
				while (lines.length === 0 && !isOver) await new Promise<void>((next) => (wake = next));
				return lines.shift();
			},
			write(...answer) {
				if (socket.writable) socket.write(answer.map((line) => `${line}\r\n`).join(''));
			},
			startTls() {
				plain.off('data', take);
				lines.length = 0;
				socket = new TLSSocket(plain, { isServer: true, secureContext });
				attach();
			},
		},
		end: () => void socket.end(),
	};
}
