// Binds a server to its address. What the system refuses becomes one sentence, the same for every server of the program.

import type { Server } from 'node:net';
import { OperatorError } from '../domain/operator-error.ts';

export type ListenAddress = { host: string; port: number; backlog?: number };

/**
 * The port that it got: 0 takes any free one. Throws OperatorError, whose sentence begins with `who` and ends with
 * `advice`.
 */
export function listen(
	server: Server,
	address: ListenAddress,
	who: string,
	advice = '',
): Promise<number> {
	return new Promise((resolve, reject) => {
		const refuse = (cause: NodeJS.ErrnoException) => {
			const { host, port } = address;
			const sentence = `${who} cannot listen on ${host}, port ${port}: ${reasonOf(cause)}.`;
			reject(new OperatorError(`${sentence} ${advice}`.trimEnd(), { cause }));
		};
		server.once('error', refuse);
		server.listen(address, () => {
			server.off('error', refuse);
			const bound = server.address();
			resolve(typeof bound === 'object' && bound ? bound.port : address.port);
		});
	});
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
	switch (code) {
		case 'EADDRINUSE':
			return 'another program uses that port';
		case 'EACCES':
			return 'this user may not use that port';
		case 'EADDRNOTAVAIL':
		case 'ENOTFOUND':
			return 'this machine has no such address';
		default:
			return code ?? message;
	}
}
