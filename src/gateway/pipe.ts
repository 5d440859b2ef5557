// Bytes, both ways between a client that is logged in and its mail server. The slower side sets the pace. A client
// that ends its side may still be owed answers, and servers differ in what they answer to someone who has ended:
// its end is passed on only when nothing more is to be expected.

import type { Socket } from 'node:net';

/** RFC 9051, 5.4: not before 30 minutes. Exchange Online closes about then. */
const IDLE_MS = 31 * 60_000;
/** An answer may take this long. Exchange holds back its yes to a message for up to 30 seconds, and checks it first. */
const ANSWER_MS = 2 * 60_000;
/** A client that left without a goodbye keeps one of the few connections that Exchange allows a mailbox. */
const QUIET_MS = 5_000;
/** Once the server has ended; what is written by then is delivered all the same. */
const LINGER_MS = 30_000;

/** After these the server ends by itself. */
const GOODBYE = /(?:QUIT|LOGOUT)\r?\n$/i;

export type Side = { socket: Socket; rest: Buffer };

/** Resolves when both are closed; throws nothing. Thousands of them wait at a time, so that little is kept for each. */
export function pipe(client: Side, server: Side): Promise<void> {
	const sockets = [client.socket, server.socket];
	const owed = watchAnswers(client, server.socket);
	let deadline: NodeJS.Timeout | undefined;
	const cut = () => sockets.forEach((socket) => socket.destroy());
	const cutWithin = (ms: number) => (deadline ??= setTimeout(cut, ms));

	function waitForAnswers(): void {
		server.socket.off('timeout', cut).setTimeout(owed() ? ANSWER_MS : QUIET_MS, () => {
			server.socket.end();
			cutWithin(ANSWER_MS);
		});
	}

	function letClientGo(): void {
		client.socket.unpipe(server.socket).resume().end();
		server.socket.end();
		cutWithin(LINGER_MS);
	}

	join(client, server.socket, { end: false });
	join(server, client.socket, { end: true });
	return new Promise((resolve) => {
		for (const socket of sockets) {
			socket.setTimeout(IDLE_MS, cut).setKeepAlive(true, 60_000).on('error', cut);
			socket.on('close', goOn);
		}
		whenEnded(client.socket, waitForAnswers);
		whenEnded(server.socket, letClientGo);
		// Either may have gone during the login.
		if (sockets.some(({ destroyed }) => destroyed)) cut();
		goOn();

		function goOn(): void {
			// Nobody is left to answer.
			if (client.socket.closed) server.socket.destroySoon();
			else if (server.socket.closed) letClientGo();
			if (!sockets.every(({ closed }) => closed)) return;
			clearTimeout(deadline);
			resolve();
		}
	});
}

/** Says whether the server may owe an answer: the client spoke last, or said goodbye. */
function watchAnswers(client: Side, server: Socket): () => boolean {
	let saidGoodbye = false;
	let isOwed = false;
	const heard = (words: Buffer) => {
		saidGoodbye = GOODBYE.test(words.subarray(-10).toString('latin1'));
		isOwed = true;
	};
	if (client.rest.length > 0) heard(client.rest);
	client.socket.on('data', heard);
	server.on('data', () => (isOwed = saidGoodbye));
	return () => isOwed;
}

function join({ socket, rest }: Side, to: Socket, options: { end: boolean }): void {
	if (rest.length > 0) to.write(rest);
	socket.pipe(to, options);
}

function whenEnded(socket: Socket, act: () => void): void {
	if (socket.readableEnded) act();
	else socket.on('end', act);
}
