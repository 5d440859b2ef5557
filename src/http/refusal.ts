// What the HTTP server refuses by itself: in the one shape of errors, with the headers of every answer. The connection ends
// with it.

import { STATUS_CODES, type RequestListener } from 'node:http';

export type Headers = readonly (readonly [name: string, value: string])[];

export type Refusal = { status: number; error: string; message: string; headers?: Headers };

export function refuseWith(common: Headers, refusal: Refusal): RequestListener {
	const { headers, body } = partsOf(common, refusal);
	return (_request, response) => {
		response.writeHead(refusal.status, headers.flat()).end(body);
	};
}

/** The whole answer, where Node has no response to write it to. */
export function formatRefusal(common: Headers, refusal: Refusal): string {
	const { headers, body } = partsOf(common, refusal);
	const { status } = refusal;
	const lines = [
		`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
		...headers.map(([name, value]) => `${name}: ${value}`),
	];
	return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

function partsOf(common: Headers, { error, message, headers = [] }: Refusal) {
	const body = JSON.stringify({ error, message });
	const own: Headers = [
		['Content-Type', 'application/json'],
		['Content-Length', String(Buffer.byteLength(body))],
		['Connection', 'close'],
	];
	return { headers: [...common, ...headers, ...own], body };
}
