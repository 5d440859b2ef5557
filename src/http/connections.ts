// The connections of the server, and what keeps them few and short: how many one client address may have, how many
// requests it may send ahead, how long an answer may stall, and how long it may take. Node by itself bounds none of
// these, and forgets answers that were still queued when their connection broke.

import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { clientAddressOf, type ClientAddress } from '../lib/server/client-address.ts';

export type ConnectionBounds = {
	/** Connections of one client address at a time; 0 is no bound. */
	perAddress: number;
	/** Answers that one connection may wait for at a time. */
	pipelined: number;
	/** An answer whose bytes nobody takes is looked at this often, and cut off at the second look. */
	stalledMs: number;
	/** From the request to the last byte of its answer. */
	wholeAnswerMs: number;
	/** A connection may be idle this long between two requests. */
	keepAliveMs: number;
	/** For the head of a request, and for all of it. */
	headersMs: number;
	requestMs: number;
};

export const CONNECTION_BOUNDS: ConnectionBounds = {
	// A browser opens six. A quarter of the 1024 descriptors that many systems give a process.
	perAddress: 256,
	// Browsers and proxies wait for each answer; each costs some kilobytes until it is sent.
	pipelined: 32,
	stalledMs: 30_000,
	// The longest answer, a page of the token list, takes minutes at the pace of a modem.
	wholeAnswerMs: 300_000,
	// Longer than nginx and AWS's load balancers keep theirs (60 s): the side that closes first decides, and a request that
	// meets the closing is lost.
	keepAliveMs: 75_000,
	headersMs: 10_000,
	requestMs: 30_000,
};

/** Behind trusted proxies every connection is one of theirs. */
export function boundsFor(settings: {
	limits: { address: number };
	trustedProxies: number;
}): ConnectionBounds {
	const isBounded = settings.limits.address > 0 && settings.trustedProxies === 0;
	return isBounded ? CONNECTION_BOUNDS : { ...CONNECTION_BOUNDS, perAddress: 0 };
}

export type Connections = {
	/** False when the connection has too many requests already: it is cut off, and the request not answered. */
	admit(request: IncomingMessage, response: ServerResponse): boolean;
	/** Waits until no request is in progress, at most `limitMs`. */
	idle(limitMs: number): Promise<void>;
};

export function boundConnections(server: Server, bounds: ConnectionBounds): Connections {
	const pendingAnswers = new Map<Socket, Set<ServerResponse>>();
	const addresses = countAddresses(bounds.perAddress);
	server.keepAliveTimeout = bounds.keepAliveMs;
	server.on('connection', (socket) => {
		const release = addresses.add(socket);
		if (!release) return void socket.destroy();
		const answers = new Set<ServerResponse>();
		pendingAnswers.set(socket, answers);
		socket.once('close', () => {
			release();
			pendingAnswers.delete(socket);
			process.nextTick(closeQueued, answers);
		});
	});
	server.setTimeout(bounds.stalledMs, (socket) => {
		const answers = pendingAnswers.get(socket);
		if (!answers?.size) socket.destroy();
		else if (isStalled(socket)) socket.resetAndDestroy();
		else socket.setTimeout(bounds.stalledMs);
	});
	return {
		admit: ({ socket }, response) => {
			const answers = pendingAnswers.get(socket);
			const isAdmitted = answers !== undefined && answers.size < bounds.pipelined;
			if (isAdmitted) hold(response, answers, socket, bounds.wholeAnswerMs);
			else socket.resetAndDestroy();
			return isAdmitted;
		},
		async idle(limitMs) {
			const giveUpAt = performance.now() + limitMs;
			const isBusy = () => [...pendingAnswers.values()].some((answers) => answers.size > 0);
			while (isBusy() && performance.now() < giveUpAt) await sleep(LOOK_AGAIN_MS);
		},
	};
}

const LOOK_AGAIN_MS = 50;

function countAddresses(max: number) {
	const counts = new Map<ClientAddress, number>();
	return {
		/** Undefined when the address has as many as it may. */
		add({ remoteAddress }: Socket): (() => void) | undefined {
			const address = clientAddressOf(remoteAddress);
			const count = counts.get(address) ?? 0;
			if (max > 0 && count >= max) return undefined;
			counts.set(address, count + 1);
			return () => {
				const left = (counts.get(address) ?? 1) - 1;
				if (left > 0) counts.set(address, left);
				else counts.delete(address);
			};
		},
	};
}

/** Bytes wait that the client does not take. Where none wait, the answer is still being made. */
function isStalled({ writableLength, writableEnded }: Socket): boolean {
	return writableLength > 0 || writableEnded;
}

function hold(
	response: ServerResponse,
	answers: Set<ServerResponse>,
	socket: Socket,
	limitMs: number,
): void {
	answers.add(response);
	// Reset, not closed: the system would keep what was not taken, and wait for the client.
	const limit = setTimeout(() => socket.resetAndDestroy(), limitMs).unref();
	response.once('close', () => {
		clearTimeout(limit);
		answers.delete(response);
	});
}

/** Node tells the answer that was being sent that its connection is gone, and not those that were queued behind it. */
function closeQueued(answers: ReadonlySet<ServerResponse>): void {
	for (const response of answers) response.destroy().emit('close');
}
