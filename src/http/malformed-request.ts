// What is no HTTP request, or none in time, reaches no request handler: Node tells of it on the socket.

import type { Duplex } from 'node:stream';
import { formatRefusal, type Headers, type Refusal } from './refusal.ts';

const REFUSALS: Readonly<Record<string, Refusal>> = {
	HPE_HEADER_OVERFLOW: {
		status: 431,
		error: 'headers_too_large',
		message: 'The headers of the request are too long.',
	},
	ERR_HTTP_REQUEST_TIMEOUT: {
		status: 408,
		error: 'request_timeout',
		message: 'The request did not come in time.',
	},
};

const MALFORMED: Refusal = {
	status: 400,
	error: 'invalid_request',
	message: 'This is no HTTP request that can be understood.',
};

/** Closed at once, a connection on which more is coming in is reset, and the answer is lost with it. */
const LINGER_MS = 2_000;

/** For the event `clientError` of the server. */
export function answerMalformed(headers: Headers, lingerMs = LINGER_MS) {
	return (cause: Error, socket: Duplex): void => {
		const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
		if (code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
		socket.end(formatRefusal(headers, REFUSALS[code] ?? MALFORMED));
		// Ending it closes our side alone. Node has let go of it, so that a client could hold it with a byte now and then.
		setTimeout(() => socket.destroy(), lingerMs).unref();
	};
}
