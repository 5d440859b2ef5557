// A client that resets its connection as soon as the answer begins.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export type Target = {
	port: number;
	path: string;
	/** Where the client comes from: any address of 127.0.0.0/8 on Linux. */
	from?: string;
};

const PIPELINED = 10;

const AT_ONCE = 20;

function ask({ port, path, from = '127.0.0.1' }: Target): Socket {
	const socket = connect({ port, host: '127.0.0.1', localAddress: from });
	socket.on('error', () => undefined);
	const request = `GET ${path} HTTP/1.1\r\nHost: localhost:${port}\r\n\r\n`;
	socket.write(request.repeat(PIPELINED));
	return socket;
}

/** Ten pipelined requests on each connection, which is reset after the first bytes. */
export async function abortDownloads(target: Target, requests: number): Promise<void> {
	let left = requests;
	async function abortInTurn(): Promise<void> {
		while (left > 0) {
			left -= PIPELINED;
			const socket = ask(target);
			const closed = once(socket, 'close');
			socket.once('data', () => socket.resetAndDestroy());
			await closed;
		}
	}
	await Promise.all(Array.from({ length: AT_ONCE }, abortInTurn));
}
