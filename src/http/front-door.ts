// What every request passes first: the headers of every answer, in practice mode the guard that keeps a
// practice Microsoft from being taken for the real one, and the way to one of the two front doors: the site
// API for programs, and the files and SvelteKit for browsers.

import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { ClientAddress } from '../lib/server/client-address.ts';

export type FrontDoorOptions = {
	origin: string;
	clientAddress: (request: IncomingMessage) => ClientAddress;
	mode: 'live' | 'practice';
	/** Writes `headers` with its own: setting each by itself costs more than the answer. */
	siteApi: (
		request: IncomingMessage,
		response: ServerResponse,
		headers: readonly [string, string][],
	) => void;
	/** Tells whether it has answered. None where Vite's development server has the files. */
	files?: (request: IncomingMessage, response: ServerResponse) => boolean;
	pages: RequestListener;
};

export function createFrontDoor({
	origin,
	clientAddress,
	mode,
	siteApi,
	files,
	pages,
}: FrontDoorOptions): RequestListener {
	const headers = securityHeaders(origin);
	return (request, response) => {
		if (mode === 'practice' && !passesPracticeGuard(origin, headers, request, response)) return;
		if (request.url?.startsWith(SITE_API)) return siteApi(request, response, headers);
		if (files?.(request, response)) return;
		for (const [name, value] of headers) response.setHeader(name, value);
		request.headers[CLIENT_ADDRESS_HEADER] = clientAddress(request);
		pages(request, response);
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
function passesPracticeGuard(
	origin: string,
	headers: readonly [string, string][],
	request: IncomingMessage,
	response: ServerResponse,
): boolean {
	const forwarding = Object.keys(request.headers).find((name) => FORWARDING_HEADER.test(name));
	if (forwarding !== undefined) {
		refuse(response, headers, 'Practice mode answers no request that came through a proxy.');
		return false;
	}
	const host = request.headers.host ?? '';
	const name = host.replace(/:[0-9]+$/, '').toLowerCase();
	if (name !== 'localhost' && name !== '127.0.0.1') {
		refuse(response, headers, 'Practice mode answers only at localhost and 127.0.0.1.');
		return false;
	}
	if (name === new URL(origin).hostname || !isPage(request)) return true;
	response.writeHead(307, [...headers, ['Location', origin + pathOf(request)]].flat()).end();
	return false;
}

/** What is not a page keeps its host: a redirect would change nothing for the better there. */
function isPage({ method, headers }: IncomingMessage): boolean {
	return (method === 'GET' || method === 'HEAD') && (headers.accept ?? '').includes('text/html');
}

/** Always a path on our own origin, whatever form the request line had. */
function pathOf({ url = '/' }: IncomingMessage): string {
	return url.startsWith('/') && !/^\/[/\\]/.test(url) ? url : '/';
}

function refuse(
	response: ServerResponse,
	headers: readonly [string, string][],
	message: string,
): void {
	response.writeHead(403, [...headers, ['Content-Type', 'application/json']].flat());
	response.end(JSON.stringify({ error: 'practice_mode', message }));
}
