// The HTTP server of the process: its one request handler, and behind that SvelteKit's.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { OperatorError } from '../lib/domain/operator-error.ts';
import type { App } from '../lib/server/app/app.ts';
import { clientAddressOf } from '../lib/server/client-address.ts';
import { PROJECT_FOLDER } from '../lib/server/folders.ts';
import { listen } from '../lib/server/listen.ts';
import { boundConnections, CONNECTION_BOUNDS, type ConnectionBounds } from './connections.ts';
import { answerFailure } from './failure.ts';
import {
	CLIENT_ADDRESS_HEADER,
	createRequestHandler,
	securityHeaders,
	type Handler,
} from './request-handler.ts';
import { answerMalformed } from './malformed-request.ts';
import { createNoticesPage } from './notices-page.ts';
import { refuseWith, type Headers } from './refusal.ts';
import { createSiteApi } from './site-api.ts';
import { serveFiles, type FileServer } from './static-files.ts';

export type WebServer = {
	/** Waits until no request is in progress, at most `limitMs`; new ones are still taken. */
	idle(limitMs: number): Promise<void>;
	/** Takes no new request; connections that are still open are cut. */
	stop(): Promise<void>;
};

export type WebServerOptions = {
	app: App;
	origin: string;
	mode: 'live' | 'practice';
	host: string;
	port: number;
	trustedProxies: number;
	/** From source they come by `npm run dev` alone. */
	pages: 'built' | ((server: Server) => Promise<Pages>);
	bounds?: ConnectionBounds;
};

const PAGE = join(PROJECT_FOLDER, 'build', 'page');

/** The bodies of this product are a few kilobytes: codes are the longest thing in them. */
const MAX_BODY = '16K';

const INVALID = { status: 400, error: 'invalid_request' };

/** Throws `OperatorError` when the address cannot be listened on. */
export async function startWebServer(options: WebServerOptions): Promise<WebServer> {
	const { bounds = CONNECTION_BOUNDS } = options;
	const server = createServer({
		requestTimeout: bounds.requestMs,
		headersTimeout: bounds.headersMs,
		// Node's own half a minute would make these two far longer than they say.
		connectionsCheckingInterval: bounds.headersMs / 2,
		// One without a Host is answered below, with the headers of every answer.
		requireHostHeader: false,
	});
	const connections = boundConnections(server, bounds);
	const headers = securityHeaders(options.origin);
	const { close, ...forBrowsers } =
		options.pages === 'built' ? await builtPages(options, headers) : await options.pages(server);
	const clientAddress = ({ socket, headers }: IncomingMessage) =>
		clientAddressOf(
			socket.remoteAddress,
			headers['x-forwarded-for']?.toString(),
			options.trustedProxies,
		);
	const handle = createRequestHandler({
		...options,
		headers,
		clientAddress,
		notices: createNoticesPage(options.app, headers),
		siteApi: createSiteApi(options.app, clientAddress),
		...forBrowsers,
	});
	const refuseHostless = refuseWith(headers, { ...INVALID, message: 'The request names no host.' });
	const answer = async (request: IncomingMessage, response: ServerResponse) => {
		if (!connections.admit(request, response)) return;
		const needsHost = request.httpVersion !== '1.0' && request.headers.host === undefined;
		const handler: Handler = needsHost ? refuseHostless : handle;
		await handler(request, response);
	};
	const fail = answerFailure(headers, options.app.log);
	server.on('request', (request, response) => {
		answer(request, response).catch((error: unknown) => fail(error, request, response));
	});
	server.on('clientError', answerMalformed(headers));
	const unexpected = { ...INVALID, status: 417, message: 'This cannot be expected here.' };
	server.on('checkExpectation', refuseWith(headers, unexpected));
	const { host, port } = options;
	await listen(server, { host, port }, 'The helper', 'Set HOST or PORT to another.');
	return {
		idle: connections.idle,
		async stop() {
			await close();
			const closed = new Promise<void>((resolve) => server.close(() => resolve()));
			server.closeAllConnections();
			await closed;
		},
	};
}

export type Pages = { pages: Handler; files?: FileServer; close: () => Promise<void> };

/** adapter-node reads its settings from the environment when its handler is loaded. */
async function builtPages({ origin }: WebServerOptions, headers: Headers): Promise<Pages> {
	process.env['ORIGIN'] = origin;
	process.env['BODY_SIZE_LIMIT'] = MAX_BODY;
	process.env['ADDRESS_HEADER'] = CLIENT_ADDRESS_HEADER;
	const module: unknown = await import(pathToFileURL(join(PAGE, 'handler.js')).href);
	const pages = parseHandler(module);
	const files = serveFiles(join(PAGE, 'files'), headers);
	return { pages, files, close: () => Promise.resolve() };
}

function parseHandler(module: unknown): Handler {
	if (typeof module === 'object' && module !== null && 'handler' in module) {
		return module.handler as Handler;
	}
	throw new OperatorError('The build is incomplete: remove the folder "build" and start again.');
}
