// Bytes, both ways between a client that is logged in and its mail server. Whoever is slower sets the pace;
// when one side has said all, the other may still answer.

import type { Socket } from 'node:net';

/** RFC 9051, 5.4: not before 30 minutes. Exchange Online closes about then. */
const IDLE_MS = 31 * 60_000;
/** Once one side has said all, the other has this long to answer the rest. */
const HALF_CLOSED_MS = 2 * 60_000;

export type Side = { socket: Socket; rest: Buffer };

/** Resolves when both are closed; throws nothing. Thousands of them wait at a time, so that little is kept for each. */
export function pipe(client: Side, server: Side): Promise<void> {
	const sides = [client.socket, server.socket];
	const cut = () => sides.forEach((side) => side.destroy());
	const closeOthers = () => sides.filter(({ closed }) => !closed).forEach(closeAfterWriting);
	join(client, server.socket);
	join(server, client.socket);
	return new Promise((resolve) => {
		// The client may have gone during the login.
		if (sides.every(({ closed }) => closed)) return resolve();
		if (sides.some(({ destroyed }) => destroyed)) cut();
		for (const socket of sides) {
			socket.setTimeout(IDLE_MS, cut).setKeepAlive(true, 60_000);
			socket.on('error', cut);
			socket.once('end', () => socket.setTimeout(HALF_CLOSED_MS));
			// Without its end first, the other side would wait for ever.
			socket.once('close', () => {
				if (sides.every(({ closed }) => closed)) resolve();
				else closeOthers();
			});
		}
	});
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
