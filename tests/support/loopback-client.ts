// A mail client as the gateway sees it, from any address of loopback (127.0.0.0/8): attacks come from several.

import { connect, type Socket } from 'node:net';
import { until } from './until.ts';

export type LoopbackClient = {
	socket: Socket;
	send(text: string): void;
	heard(): string;
	/** The other side has ended. */
	isEnded(): boolean;
	/** Nothing can be sent any more either. */
	isClosed(): boolean;
	/** What was heard until it matches, the connection is closed, or the time is over. */
	until(pattern: RegExp, limitMs: number): Promise<string>;
};

export function openClient(port: number, from: string): LoopbackClient {
	const socket = connect({
		port,
		host: '127.0.0.1',
		localAddress: from,
		allowHalfOpen: true,
	}).setNoDelay();
	let heard = '';
	socket.setEncoding('latin1').on('data', (text: string) => (heard += text));
	socket.on('error', () => undefined);
	const client: LoopbackClient = {
		socket,
		send(text) {
			if (socket.writable) socket.write(text, 'latin1');
		},
		heard: () => heard,
		isEnded: () => socket.readableEnded || socket.destroyed,
		isClosed: () => socket.destroyed,
		async until(pattern, limitMs) {
			const isOver = () => pattern.test(heard) || client.isEnded();
			await until(String(pattern), isOver, limitMs).catch(() => undefined);
			return heard;
		},
	};
	return client;
}

export type ImapLogin = { from: string; mailbox: string; password: string };

/** The tagged answer, and after how many milliseconds; an empty one if there was none in time. */
export async function logInByImap(
	port: number,
	{ from, mailbox, password }: ImapLogin,
	limitMs: number,
): Promise<{ answer: string; ms: number }> {
	const begun = performance.now();
	const client = openClient(port, from);
	client.send(`a LOGIN ${mailbox} ${password}\r\n`);
	const heard = await client.until(/^a (OK|NO).*\r\n/m, limitMs);
	client.socket.destroy();
	const [answer = ''] = /^a (OK|NO).*/m.exec(heard) ?? [];
	return { answer, ms: performance.now() - begun };
}
