// A PostgreSQL of a test's own that can be stopped and started again while helpers are connected. Behind a fixed address,
// because the embedded server takes another port at each start; while it is stopped, nobody listens there.

import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, connect, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres, { type Sql } from 'postgres';
import {
	openEmbeddedPostgres,
	type EmbeddedPostgres,
} from '../../src/embedded-postgres/embedded-postgres.ts';

export type StoppableDatabase = {
	/** The same over every restart. */
	url: string;
	start(): Promise<void>;
	/** As `pg_ctl stop -m fast`: connections are told and cut. */
	stop(): Promise<void>;
	/** One statement on a connection of its own, as the operator of the database. */
	asOperator<Result>(work: (sql: Sql) => Promise<Result>): Promise<Result>;
	remove(): Promise<void>;
};

export async function startStoppableDatabase(): Promise<StoppableDatabase> {
	const directory = await mkdtemp(join(tmpdir(), 'mailkey-vault-database-'));
	let server: EmbeddedPostgres | undefined;
	let door: Door | undefined;
	let doorPort = 0;
	let stopping: Promise<void> | undefined;
	const start = async () => {
		await stopping;
		server = await openEmbeddedPostgres({ directory, role: 'server', durability: 'none' });
		door = await openDoor(doorPort, Number(new URL(server.url).port));
		doorPort = door.port;
	};
	const stop = () =>
		(stopping = (async () => {
			door?.shut();
			await server?.stop();
			door?.cut();
		})());
	await start();
	const url = new URL(server?.url ?? '');
	url.port = String(doorPort);
	return {
		url: url.href,
		start,
		stop,
		async asOperator(work) {
			const sql = postgres(url.href, { max: 1, onnotice: () => undefined });
			try {
				return await work(sql);
			} finally {
				await sql.end({ timeout: 5 });
			}
		},
		async remove() {
			await stop();
			await rm(directory, { recursive: true, force: true });
		},
	};
}

type Door = { port: number; shut(): void; cut(): void };

function openDoor(port: number, behind: number): Promise<Door> {
	const sockets = new Set<Socket>();
	const door = createServer((client) => {
		const database = connect(behind, '127.0.0.1');
		for (const [socket, other] of [
			[client, database],
			[database, client],
		] as const) {
			sockets.add(socket);
			socket.pipe(other);
			// Whatever ends the one ends the other; why does not matter here.
			socket.on('error', () => other.destroy()).on('close', () => sockets.delete(socket));
		}
	});
	return new Promise((resolve, reject) => {
		door.once('error', reject);
		door.listen(port, '127.0.0.1', () => resolve(doorOf(door, sockets)));
	});
}

function doorOf(door: Server, sockets: ReadonlySet<Socket>): Door {
	const address = door.address();
	return {
		port: typeof address === 'object' && address ? address.port : 0,
		shut: () => void door.close(),
		cut: () => sockets.forEach((socket) => socket.destroy()),
	};
}
