// The HTTP server under the practice servers: loopback only, whatever name a page elsewhere may point at it, and steady
// against anything that is thrown at it.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { listen } from '../lib/server/listen.ts';
import { jsonAnswer, type Answer } from './microsoft/context.ts';

export type IncomingRequest = {
	method: string;
	// As it came, before any decoding.
	path: string;
	query: URLSearchParams;
	body: string;
	header(name: string): string | undefined;
	// Aborted when the server stops.
	signal: AbortSignal;
};

// `silence` leaves the connection open without a word; `reset` breaks it.
export type Reply = Answer | 'silence' | 'reset';

export type LoopbackServer = { origin: string; stop(): Promise<void> };

// A token request weighs about 4 KB; nothing legitimate comes near this.
const mostBodyBytes = 64 * 1024;

// Throws OperatorError if the port cannot be opened.
export async function listenOnLoopback(
	port: number,
	answer: (request: IncomingRequest) => Promise<Reply>,
): Promise<LoopbackServer> {
	const stopping = new AbortController();
	let hosts: readonly string[] = [];
	const server = createServer((incoming, response) => {
		respond(incoming, response).catch((error: unknown) => fail(response, error));
	});
	server.requestTimeout = 30_000;

	async function respond(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
		if (!hosts.includes(incoming.headers.host?.toLowerCase() ?? '')) {
			write(response, refusal(421, `This server answers to ${hosts.join(' and ')} only.`));
			return;
		}
		const body = await readBody(incoming);
		if (body === undefined) {
			response.setHeader('connection', 'close');
			write(response, refusal(413, 'The body is longer than 64 KB.'));
			return;
		}
		const reply = await answer(readRequest(incoming, body, stopping.signal));
		if (reply === 'silence') return;
		if (reply === 'reset') incoming.socket.resetAndDestroy();
		else write(response, reply);
	}

	const boundPort = await listen(server, { host: '127.0.0.1', port }, 'The practice Microsoft');
	hosts = [`127.0.0.1:${boundPort}`, `localhost:${boundPort}`];
	return {
		origin: `http://127.0.0.1:${boundPort}`,
		stop: () =>
			new Promise((resolve) => {
				stopping.abort();
				server.close(() => resolve());
				server.closeAllConnections();
			}),
	};
}

function readRequest(
	incoming: IncomingMessage,
	body: string,
	signal: AbortSignal,
): IncomingRequest {
	const target = incoming.url ?? '';
	const mark = target.indexOf('?');
	return {
		method: incoming.method ?? '',
		path: mark < 0 ? target : target.slice(0, mark),
		query: new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1)),
		body,
		header: (name) => incoming.headers[name]?.toString(),
		signal,
	};
}

// Undefined: longer than allowed; what is left of it is not read.
async function readBody(incoming: IncomingMessage): Promise<string | undefined> {
	const chunks: Buffer[] = [];
	let length = 0;
	for await (const chunk of incoming) {
		// Without an encoding set, Node.js hands out nothing else.
		if (!Buffer.isBuffer(chunk)) continue;
		length += chunk.length;
		if (length > mostBodyBytes) return undefined;
		chunks.push(chunk);
	}
	return Buffer.concat(chunks).toString();
}

function refusal(status: number, message: string): Answer {
	return jsonAnswer(status, { error: 'invalid_request', error_description: message }, 'refused');
}

// A connection that went away in the middle is nobody's fault; anything else is one of ours and has to be seen.
function fail(response: ServerResponse, error: unknown): void {
	if (response.headersSent || response.destroyed || response.req.destroyed) {
		response.destroy();
		return;
	}
	process.emitWarning(error instanceof Error ? error : String(error));
	write(response, jsonAnswer(500, { error: 'server_error' }, 'crashed'));
}

function write(response: ServerResponse, { status, headers, body }: Answer): void {
	response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
	response.end(body);
}
