// What is no HTTP request, or none in time, never reaches the front door: Node tells of it on the socket. It is answered
// in the one shape of faults, with the headers of every answer.

import type { RequestListener } from 'node:http';
import type { Duplex } from 'node:stream';

type Fault = { status: string; error: string; message: string };

const FAULTS: Readonly<Record<string, Fault>> = {
	HPE_HEADER_OVERFLOW: {
		status: '431 Request Header Fields Too Large',
		error: 'headers_too_large',
		message: 'The headers of the request are too long.',
	},
	ERR_HTTP_REQUEST_TIMEOUT: {
		status: '408 Request Timeout',
		error: 'request_timeout',
		message: 'The request did not come in time.',
	},
};

const MALFORMED: Fault = {
	status: '400 Bad Request',
	error: 'invalid_request',
	message: 'This is no HTTP request that can be understood.',
};

/** Closed at once, a connection on which more is coming in is reset, and the answer is lost with it. */
const LINGER_MS = 2_000;

/** For the event `clientError` of the server. */
export function answerMalformed(headers: readonly [string, string][], lingerMs = LINGER_MS) {
	return (cause: Error, socket: Duplex): void => {
		const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
		if (code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
		const { status, error, message } = FAULTS[code] ?? MALFORMED;
		const body = JSON.stringify({ error, message });
		const lines = [
			`HTTP/1.1 ${status}`,
			...headers.map(([name, value]) => `${name}: ${value}`),
			'Content-Type: application/json',
			`Content-Length: ${body.length}`,
			'Connection: close',
		];
		socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
		// Ending it closes our side alone. Node has let go of it, so that a client could hold it with a byte now and then.
		setTimeout(() => socket.destroy(), lingerMs).unref();
	};
}

/** For what Node would answer by itself, without these headers. */
export function refuseRequest(
	headers: readonly [string, string][],
	status: number,
	message: string,
): RequestListener {
	const body = JSON.stringify({ error: 'invalid_request', message });
	const own = [
		['Content-Type', 'application/json'],
		['Content-Length', String(body.length)],
		['Connection', 'close'],
	];
	return (_request, response) => {
		response.writeHead(status, [...headers, ...own].flat()).end(body);
	};
}
