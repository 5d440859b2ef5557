// The sockets of one pool. postgres.js is given them, so that a pool that is replaced can be closed for good: it would
// finish what it began to connect after its end, and keep that for half an hour.

import { Socket } from 'node:net';
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
	open(target: Target): Promise<Socket>;
	/** Ends what is open, and whatever is opened later. */
	close(): void;
};

export function createConnections(hosts: HostSource): Connections {
	const sockets = new Set<Socket>();
	let isClosed = false;
	return {
		async open(target) {
			const socket = new Socket();
			sockets.add(socket);
			socket.once('error', hosts.forget).once('close', () => sockets.delete(socket));
			try {
				connect(socket, target, await hosts.find());
			} catch (error) {
				breakOff(socket, error);
			}
			if (isClosed) breakOff(socket, new Error('this pool is closed'));
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

/** Once the driver listens. */
function breakOff(socket: Socket, error: unknown): void {
	setImmediate(() => socket.destroy(error instanceof Error ? error : new Error(String(error))));
}
