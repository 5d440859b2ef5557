// The sockets of one pool. postgres.js is given them, so that a pool that is replaced can be closed for good: it would
// finish what it began to connect after its end, and keep that for half an hour.

import { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { DatabaseHost } from './database-url.ts';

export type HostSource = {
	/** Undefined for what the URL says. Throws where there is none for now. */
	find(): Promise<DatabaseHost | undefined>;
	/** It was lost: the next one is looked for. */
	forget(): void;
};

/** What postgres.js has read from the URL. */
type Target = { host: readonly string[]; port: readonly number[]; path?: string | false };

export type Connections = {
	/** A socket that is connecting: what goes wrong comes as its event, as the driver expects it. */
	open(target: Target): Promise<Duplex>;
	/** Ends what is open, and whatever is opened later. */
	close(): void;
};

export function createConnections(hosts: HostSource): Connections {
	const sockets = new Set<Socket>();
	let isClosed = false;
	return {
		async open(target) {
			const found = await hosts.find().catch((error: unknown) => ({ error }));
			if (isClosed) return failing(new Error('this pool is closed'));
			if (found && 'error' in found) return failing(found.error);
			const socket = new Socket();
			sockets.add(socket);
			socket.once('error', hosts.forget).once('close', () => sockets.delete(socket));
			connect(socket, target, found);
			return socket;
		},
		close() {
			isClosed = true;
			sockets.forEach((socket) => socket.destroy());
		},
	};
}

function connect(socket: Socket, target: Target, found: DatabaseHost | undefined): void {
	const host = found?.host ?? target.host[0] ?? 'localhost';
	// The driver reads it there for TLS.
	Object.assign(socket, { host });
	if (target.path) socket.connect(target.path);
	else socket.connect(found?.port ?? target.port[0] ?? 5432, host);
}

/**
 * In place of a socket where there is no host to connect to. It fails once the driver has written its first message, as a
 * real one does: bytes that are not taken by then stay in the driver, and it sends nothing on that connection again.
 */
function failing(reason: unknown): Duplex {
	const stream = new Duplex({
		read: () => undefined,
		write: (_chunk, _encoding, done) => done(),
	});
	const error = reason instanceof Error ? reason : new Error(String(reason));
	setImmediate(() => setImmediate(() => stream.destroy(error)));
	return stream;
}
