// A way to PostgreSQL that can be cut: to a client, the database is then down, as after a failover or a pulled plug.

import { createServer, connect, type Socket } from 'node:net';

export type DatabaseProxy = {
	/** The database's URL by way of this proxy. */
	url: string;
	/** Breaks what is open and refuses what comes. */
	cut(): void;
	/** Keeps everything open and passes nothing on any more, on these connections and on new ones. */
	silence(): void;
	/** New connections are passed on again. */
	restore(): void;
	/** Connections that came while it was cut. */
	refused(): number;
	stop(): Promise<void>;
};

export async function startDatabaseProxy(databaseUrl: string): Promise<DatabaseProxy> {
	const url = new URL(databaseUrl);
	const target = { host: url.hostname, port: Number(url.port || 5432) };
	const sockets = new Set<Socket>();
	let isCut = false;
	let isSilent = false;
	let refused = 0;
	const breakAll = () => sockets.forEach((socket) => socket.resetAndDestroy());
	const server = createServer((client) => {
		if (isCut) {
			refused += 1;
			client.resetAndDestroy();
			return;
		}
		if (isSilent) {
			sockets.add(client.on('error', () => undefined));
			return;
		}
		const upstream = connect(target);
		for (const [one, other] of [
			[client, upstream],
			[upstream, client],
		] as const) {
			sockets.add(one);
			one.on('error', () => other.destroy());
			one.on('close', () => {
				sockets.delete(one);
				other.destroy();
			});
			one.pipe(other);
		}
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const address = server.address();
	if (address === null || typeof address === 'string') throw new Error('no port');
	url.hostname = '127.0.0.1';
	url.port = String(address.port);
	return {
		url: url.href,
		refused: () => refused,
		cut() {
			isCut = true;
			breakAll();
		},
		silence() {
			isSilent = true;
			for (const socket of sockets) socket.unpipe().pause();
		},
		restore() {
			isCut = false;
			isSilent = false;
		},
		stop() {
			breakAll();
			return new Promise((resolve) => server.close(() => resolve()));
		},
	};
}
