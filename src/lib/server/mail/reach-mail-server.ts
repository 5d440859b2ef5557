// Whether a mail server is there: connects as a login would, encryption and certificate included, reads the
// greeting, and leaves without a login.

import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { PROTOCOL_FACTS, type MailProtocol, type MailServer } from '../../domain/mail-protocol.ts';

/** A greeting is a line or a few. */
const MAX_GREETING_BYTES = 16_384;

/** Throws when there is no such server, it is not encrypted as configured, or does not answer in time. */
export async function reachMailServer(
	protocol: MailProtocol,
	server: MailServer,
	timeoutMs: number,
): Promise<void> {
	const signal = AbortSignal.timeout(timeoutMs);
	const plain = server.security === 'starttls';
	const socket = plain
		? connect({ host: server.host, port: server.port })
		: connectTls({ host: server.host, port: server.port, ...serverName(server.host) });
	const giveUp = () => socket.destroy(new Error('no answer in time'));
	// A pending answer reports an error; between two answers nobody does.
	socket.on('error', () => undefined);
	signal.addEventListener('abort', giveUp);
	try {
		await answer(socket, PROTOCOL_FACTS[protocol].greeting);
		if (plain) await startTls(socket, server.host);
	} finally {
		signal.removeEventListener('abort', giveUp);
		socket.destroy();
	}
}

/** RFC 3207: the certificate is the server's only once this is done. */
async function startTls(socket: Socket, host: string): Promise<void> {
	socket.write('EHLO mailkey.invalid\r\n');
	const offered = await answer(socket, /^(250-.*\r\n)*250 .*\r\n/);
	if (!/^250[- ]STARTTLS\r$/im.test(offered)) throw new Error('it does not offer STARTTLS');
	socket.write('STARTTLS\r\n');
	await answer(socket, PROTOCOL_FACTS.smtp.greeting);
	await new Promise<void>((resolve, reject) => {
		const secure = connectTls({ socket, ...serverName(host) }, resolve);
		secure.once('error', reject);
		socket.once('error', reject);
		socket.once('close', () => reject(new Error('it closed the connection')));
	});
}

/** Server name indication knows no addresses (RFC 6066, 3). */
function serverName(host: string) {
	return isIP(host) === 0 ? { servername: host } : {};
}

function answer(socket: Socket, expected: RegExp): Promise<string> {
	return new Promise((resolve, reject) => {
		let text = '';
		const onData = (chunk: Buffer) => {
			text += chunk.toString('latin1');
			if (expected.test(text)) settle(() => resolve(text));
			else if (text.length > MAX_GREETING_BYTES) fail(new Error('it answers something else'));
		};
		const fail = (error: Error) => settle(() => reject(error));
		const onClose = () => fail(new Error('it closed the connection'));
		const settle = (end: () => void) => {
			socket.off('data', onData).off('error', fail).off('close', onClose);
			end();
		};
		socket.on('data', onData).on('error', fail).on('close', onClose);
	});
}
