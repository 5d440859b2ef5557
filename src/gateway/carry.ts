// Bytes, carried both ways between a client that is logged in and its mail server. Whoever is slower sets the pace;
// when one side has said all, the other may still answer.

import { once } from 'node:events';
import type { Socket } from 'node:net';

/** RFC 9051, 5.4: not before 30 minutes. Exchange Online closes about then. */
const IDLE_MS = 31 * 60_000;
/** Once one side has said all, the other has this long to answer the rest. */
const HALF_CLOSED_MS = 2 * 60_000;

export type Side = { socket: Socket; rest: Buffer };

/** Resolves when both are closed; throws nothing. */
export async function carry(client: Side, server: Side): Promise<void> {
	const sides = [client.socket, server.socket] as const;
	const closed = Promise.all(sides.map((socket) => closing(socket)));
	join(client, server.socket);
	join(server, client.socket);
	for (const socket of sides) {
		socket.setTimeout(IDLE_MS, () => sides.forEach((side) => side.destroy()));
		socket.setKeepAlive(true, 60_000);
		socket.once('end', () => socket.setTimeout(HALF_CLOSED_MS));
		socket.once('error', () => sides.forEach((side) => side.destroy()));
		// Without its end first, the other side would wait for ever.
		socket.once('close', () => sides.forEach((side) => side !== socket && closeAfterWriting(side)));
	}
	await closed;
}

function join({ socket, rest }: Side, to: Socket): void {
	if (rest.length > 0) to.write(rest);
	socket.pipe(to);
}

function closeAfterWriting(socket: Socket): void {
	if (!socket.writableEnded) socket.end();
	socket.resume();
	socket.setTimeout(HALF_CLOSED_MS, () => socket.destroy());
}

async function closing(socket: Socket): Promise<void> {
	if (!socket.closed) await once(socket, 'close').catch(() => undefined);
}
