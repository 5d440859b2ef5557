// Clients that harm by how they read: one resets its connection as soon as an answer begins, one never reads.

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

/** Ten pipelined requests, and a reset after the first bytes of the first answer. */
export async function abortDownload(target: Target): Promise<void> {
	const socket = ask(target);
	socket.once('data', () => socket.resetAndDestroy());
	await new Promise((resolve) => socket.once('close', resolve));
}

/** So many requests, ten on each connection. */
export async function abortDownloads(target: Target, requests: number): Promise<void> {
	let left = requests;
	async function abortInTurn(): Promise<void> {
		while (left > 0) {
			left -= PIPELINED;
			await abortDownload(target);
		}
	}
	await Promise.all(Array.from({ length: AT_ONCE }, abortInTurn));
}

/** Ten pipelined requests whose answers are never read. */
export function askAndNeverRead(target: Target): Socket {
	return ask(target).pause();
}
