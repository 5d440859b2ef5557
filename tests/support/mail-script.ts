// A mail server that does what a test tells it, line by line or worse: for the faults that no proper server has.

import { createServer, type AddressInfo, type Socket } from 'node:net';
import { TLSSocket, createSecureContext } from 'node:tls';
import type { MailServer } from '../../src/lib/domain/mail-protocol.ts';
import { makePracticeCertificate } from '../../src/practice/certificate.ts';

/** One for all tests: making a key takes a while. */
export const testCertificate = makePracticeCertificate(new Date(), ['localhost', '127.0.0.1']);

export type Script = (socket: Socket, lines: AsyncIterator<string>) => Promise<void> | void;

export type ScriptedServer = { server: MailServer; stop(): Promise<void> };

/** `tls: false`: the connection stays in clear until the script upgrades it. */
export async function startScriptedServer(
	script: Script,
	{ tls = true, certificate = testCertificate } = {},
): Promise<ScriptedServer> {
	const open = new Set<Socket>();
	const { privateKey: key, certificate: cert } = certificate;
	// One for all, so that sessions can be resumed as at Exchange Online.
	const secureContext = createSecureContext({ key, cert });
	const listener = createServer((plain) => {
		open.add(plain);
		plain.on('error', () => plain.destroy());
		const socket = tls ? new TLSSocket(plain, { isServer: true, secureContext }) : plain;
		socket.on('error', () => socket.destroy());
		void Promise.resolve(script(socket, linesOf(socket))).catch(() => socket.destroy());
	});
	await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
	const { port } = listener.address() as AddressInfo;
	return {
		server: {
			security: tls ? 'tls' : 'starttls',
			host: '127.0.0.1',
			port,
			ca: testCertificate.certificate,
		},
		stop: () =>
			new Promise((resolve) => {
				listener.close(() => resolve());
				for (const socket of open) socket.destroy();
			}),
	};
}

export async function* linesOf(socket: Socket): AsyncGenerator<string, undefined> {
	let rest = '';
	for await (const chunk of socket) {
		rest += String(chunk);
		for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
			yield rest.slice(0, end).trimEnd();
			rest = rest.slice(end + 1);
		}
	}
	return undefined;
}
