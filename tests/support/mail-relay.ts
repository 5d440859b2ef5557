// Where Dovecot's submission hands its messages on: an SMTP server that puts them into the recipients' maildirs, so that
// what was sent can be read.

import { randomUUID } from 'node:crypto';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { linesOf } from './mail-script.ts';

export type DeliveredMessage = { from: string; to: string[]; content: string; id: string };

export type MailRelay = {
	port: number;
	stop(): Promise<void>;
};

export async function startMailRelay(
	deliver: (message: DeliveredMessage) => Promise<void>,
): Promise<MailRelay> {
	const open = new Set<Socket>();
	const server = createServer((socket) => {
		open.add(socket);
		socket.on('error', () => socket.destroy());
		void converse(socket, deliver).catch(() => socket.destroy());
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	return {
		port: (server.address() as AddressInfo).port,
		stop: () =>
			new Promise((resolve) => {
				server.close(() => resolve());
				for (const socket of open) socket.destroy();
			}),
	};
}

async function converse(
	socket: Socket,
	deliver: (message: DeliveredMessage) => Promise<void>,
): Promise<void> {
	const lines = linesOf(socket);
	const address = (line: string) => /<([^<>]*)>/.exec(line)?.[1] ?? '';
	let message = { from: '', to: [] as string[] };
	socket.write('220 relay\r\n');
	for (;;) {
		const next = await lines.next();
		if (next.done) return;
		const line = next.value;
		const verb = line.slice(0, 4).toUpperCase();
		if (verb === 'EHLO') socket.write('250-relay\r\n250 8BITMIME\r\n');
		else if (verb === 'MAIL') {
			message = { from: address(line), to: [] };
			socket.write('250 OK\r\n');
		} else if (verb === 'RCPT') {
			message.to.push(address(line));
			socket.write('250 OK\r\n');
		} else if (verb === 'DATA') {
			socket.write('354 go on\r\n');
			const content: string[] = [];
			for (let got = await lines.next(); !got.done && got.value !== '.'; got = await lines.next()) {
				content.push(got.value.replace(/^\./, ''));
			}
			await deliver({ ...message, content: content.join('\r\n'), id: randomUUID() });
			socket.write('250 OK\r\n');
		} else if (verb === 'QUIT') {
			socket.end('221 bye\r\n');
			return;
		} else socket.write('250 OK\r\n');
	}
}
