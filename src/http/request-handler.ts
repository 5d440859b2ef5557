// What every request passes first: the headers of every answer, in practice mode the guard that keeps a
// practice Microsoft from being taken for the real one, and the way to one of two: the site API for programs,
// or the files and SvelteKit for browsers.

import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { ClientAddress } from '../lib/server/client-address.ts';
import { NOTICES_PATH } from './notices-page.ts';
import { refuseWith, type Headers } from './refusal.ts';

export type RequestHandlerOptions = {
	origin: string;
	/** Of every answer. */
	headers: Headers;
	clientAddress: (request: IncomingMessage) => ClientAddress;
	mode: 'live' | 'practice';
	/** Writes `headers` with its own: setting each by itself costs more than the answer. */
	siteApi: (request: IncomingMessage, response: ServerResponse, headers: Headers) => Answering;
	/** The pages behind the unsubscribe links of notices. */
	notices: Handler;
	/** Tells whether it has answered. None where Vite's development server has the files. */
	files?: (request: IncomingMessage, response: ServerResponse) => boolean;
	pages: Handler;
};

/** Whatever is thrown, at once or later, is answered in one place: src/http/web-server.ts. */
type Answering = void | Promise<void>;
export type Handler = (request: IncomingMessage, response: ServerResponse) => Answering;

export function createRequestHandler({
	origin,
	headers,
	clientAddress,
	mode,
	siteApi,
	notices,
	files,
	pages,
}: RequestHandlerOptions): Handler {
	const practiceGuard = mode === 'practice' ? createPracticeGuard(origin, headers) : undefined;
	return (request, response) => {
		const answerOfGuard = practiceGuard?.(request);
		if (answerOfGuard) return answerOfGuard(request, response);
		if (request.url?.startsWith(SITE_API)) return siteApi(request, response, headers);
		if (request.url?.startsWith(NOTICES_PATH)) return notices(request, response);
		if (files?.(request, response)) return;
		for (const [name, value] of headers) response.setHeader(name, value);
		request.headers[CLIENT_ADDRESS_HEADER] = clientAddress(request);
		return pages(request, response);
	};
}

const SITE_API = '/api/v1/';

/** How SvelteKit's handler is told; whatever came in under this name is overwritten. */
export const CLIENT_ADDRESS_HEADER = 'mailkey-client-address';

/** SvelteKit sets a content security policy of its own on pages, and long caching on hashed assets. */
export function securityHeaders(origin: string): [string, string][] {
	const headers: [string, string][] = [
		['Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"],
		['X-Content-Type-Options', 'nosniff'],
		['Referrer-Policy', 'no-referrer'],
		['Cross-Origin-Opener-Policy', 'same-origin'],
		['Cross-Origin-Resource-Policy', 'same-origin'],
		['Permissions-Policy', 'camera=(), geolocation=(), microphone=(), clipboard-write=(self)'],
		['Cache-Control', 'no-store'],
	];
	if (origin.startsWith('https:')) {
		headers.push(['Strict-Transport-Security', 'max-age=31536000; includeSubDomains']);
	}
	return headers;
}

const FORWARDING_HEADER =
	/^(forwarded|via|x-real-ip|cf-connecting-ip|true-client-ip|x-client-ip|x-forwarded-.*)$/;

/** Practice mode is for the person at this machine: no other host name, no proxy in front. */
function createPracticeGuard(origin: string, headers: Headers) {
	const refuse = (message: string) =>
		refuseWith(headers, { status: 403, error: 'practice_mode', message });
	const refuseProxy = refuse('Practice mode answers no request that came through a proxy.');
	const refuseHost = refuse('Practice mode answers only at localhost and 127.0.0.1.');
	const redirect: RequestListener = (request, response) => {
		response.writeHead(307, [...headers, ['Location', origin + pathOf(request)]].flat()).end();
	};
	/** The answer to what does not pass. */
	return (request: IncomingMessage): RequestListener | undefined => {
		if (Object.keys(request.headers).some((name) => FORWARDING_HEADER.test(name))) {
			return refuseProxy;
		}
		const host = request.headers.host ?? '';
		const name = host.replace(/:[0-9]+$/, '').toLowerCase();
		if (name !== 'localhost' && name !== '127.0.0.1') return refuseHost;
		return name === new URL(origin).hostname || !isPage(request) ? undefined : redirect;
	};
}

/** What is not a page keeps its host: a redirect would change nothing for the better there. */
function isPage({ method, headers }: IncomingMessage): boolean {
	return (method === 'GET' || method === 'HEAD') && (headers.accept ?? '').includes('text/html');
}

/** Always a path on our own origin, whatever form the request line had. */
function pathOf({ url = '/' }: IncomingMessage): string {
	return url.startsWith('/') && !/^\/[/\\]/.test(url) ? url : '/';
}
