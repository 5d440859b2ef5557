// A way to PostgreSQL that counts the statements which are sent over it, as the protocol marks them.

import { connect, createServer, type Socket } from 'node:net';

export type StatementCount = {
	/** The database's URL by way of this counter. */
	url: string;
	count(): number;
	stop(): Promise<void>;
};

export async function startStatementCount(databaseUrl: string): Promise<StatementCount> {
	const url = new URL(databaseUrl);
	const target = { host: url.hostname, port: Number(url.port || 5432) };
	const sockets = new Set<Socket>();
	let statements = 0;
	const server = createServer((client) => {
		const upstream = connect(target);
		const countIn = createCounter(() => (statements += 1));
		client.on('data', countIn);
		for (const [one, other] of [
			[client, upstream],
			[upstream, client],
		] as const) {
			sockets.add(one);
			one.on('error', () => other.destroy()).on('close', () => other.destroy());
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
		count: () => statements,
		async stop() {
			sockets.forEach((socket) => socket.destroy());
			await new Promise<void>((resolve) => server.close(() => resolve()));
		},
	};
}

/** After the start-up message, which has no type: a type byte, and a length that counts itself. */
function createCounter(counted: () => void): (chunk: Buffer) => void {
	let rest = Buffer.alloc(0);
	let typeLength = 0;
	return (chunk) => {
		rest = Buffer.concat([rest, chunk]);
		while (rest.length >= typeLength + 4) {
			const length = typeLength + rest.readInt32BE(typeLength);
			if (rest.length < length) return;
			// Execute, or a simple query.
			if (typeLength === 1 && 'EQ'.includes(String.fromCharCode(rest[0] ?? 0))) counted();
			rest = rest.subarray(length);
			typeLength = 1;
		}
	};
}
