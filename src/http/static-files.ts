// The files of the build, read once at the start and answered from memory: an answer that is broken off leaves no file
// open. They are read by GET and HEAD alone, and no cache keeps that there is none. `Range` is ignored, as RFC 9110 (14.2)
// allows: compressed, the largest has 60 KB.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, relative, sep } from 'node:path';
import { acceptsEncoding } from '../lib/server/accept-encoding.ts';
import { refuseWith, type Headers } from './refusal.ts';

/** As SvelteKit names them. What is immutable has a hash of its content in its name. */
const ASSETS = '/_app';
const IMMUTABLE = `${ASSETS}/immutable/`;

const KEPT_FOR_GOOD = 'public,max-age=31536000,immutable';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
	'.css': 'text/css',
	'.js': 'text/javascript',
	'.json': 'application/json',
	'.svg': 'image/svg+xml',
};

/** As adapter-node names them, the best first. */
const CODINGS = [
	{ coding: 'br', suffix: '.br' },
	{ coding: 'gzip', suffix: '.gz' },
	{ coding: 'identity', suffix: '' },
];

/** `headers` as `writeHead` takes them quickest: names and values in turn, with those of every answer. */
type Variant = { coding: string; etag: string; bytes: Buffer; headers: string[] };

/** Tells whether it has answered. */
export type FileServer = (request: IncomingMessage, response: ServerResponse) => boolean;

/** Throws when there is a file of a kind that is not listed here. */
export function serveFiles(folder: string, headers: Headers): FileServer {
	const refuseMissing = refuseWith(headers, {
		status: 404,
		error: 'not_found',
		message: 'There is no such file.',
	});
	const refuseMethod = refuseWith(headers, {
		status: 405,
		error: 'method_not_allowed',
		message: 'Only GET, HEAD is possible here.',
		headers: [['Allow', 'GET, HEAD']],
	});
	const files = readFiles(folder, headers);
	return (request, response) => {
		const path = pathOf(request.url ?? '');
		const file = files.get(path);
		const isRead = request.method === 'GET' || request.method === 'HEAD';
		if (!file && !path.startsWith(ASSETS)) return false;
		if (!file) refuseMissing(request, response);
		else if (isRead) answer(file, request, response);
		else refuseMethod(request, response);
		return true;
	};
}

function answer(
	file: readonly Variant[],
	request: IncomingMessage,
	response: ServerResponse,
): void {
	const accepted = request.headers['accept-encoding'] ?? '';
	const variant = file.find(
		({ coding }) => coding === 'identity' || acceptsEncoding(accepted, coding),
	);
	if (!variant) return;
	const { etag, headers, bytes } = variant;
	if (names(request.headers['if-none-match'], etag)) {
		response.writeHead(304, headers).end();
		return;
	}
	// Node leaves the body out where the method is HEAD.
	response.writeHead(200, [...headers, 'Content-Length', String(bytes.length)]).end(bytes);
}

/** RFC 9110, 13.1.2, which compares weakly: a proxy that compresses by itself marks the tag with `W/`. */
function names(ifNoneMatch: string | undefined, etag: string): boolean {
	const tags = ifNoneMatch?.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
	return tags?.some((tag) => tag === etag || tag === '*') ?? false;
}

function readFiles(folder: string, common: Headers): ReadonlyMap<string, readonly Variant[]> {
	const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
	const files = entries.filter((entry) => entry.isFile());
	const contents = new Map(
		files.map(({ parentPath, name }) => {
			const file = join(parentPath, name);
			return [`/${relative(folder, file).replaceAll(sep, '/')}`, readFileSync(file)];
		}),
	);
	const paths = [...contents.keys()].filter((path) => !/\.(?:br|gz)$/.test(path));
	return new Map(paths.map((path) => [path, variantsOf(path, contents, common)]));
}

function variantsOf(
	path: string,
	contents: ReadonlyMap<string, Buffer>,
	common: Headers,
): Variant[] {
	return CODINGS.flatMap(({ coding, suffix }) => {
		const bytes = contents.get(path + suffix);
		if (!bytes) return [];
		const etag = `"${createHash('sha256').update(bytes).digest('base64url')}"`;
		const headers = new Map([...common, ...headersOf(path, coding, etag)]);
		return [{ coding, etag, bytes, headers: [...headers].flat() }];
	});
}

/** What is not immutable keeps the `no-store` of every answer. */
function headersOf(path: string, coding: string, etag: string): Headers {
	const contentType = CONTENT_TYPES[extname(path)];
	if (contentType === undefined) throw new Error(`the content type of ${path} is not listed`);
	const headers: [string, string][] = [
		['Content-Type', contentType],
		['ETag', etag],
		['Vary', 'Accept-Encoding'],
	];
	if (coding !== 'identity') headers.push(['Content-Encoding', coding]);
	if (path.startsWith(IMMUTABLE)) headers.push(['Cache-Control', KEPT_FOR_GOOD]);
	return headers;
}

/** Decoded, and without a slash at its end. */
function pathOf(url: string): string {
	const [path = ''] = url.split('?');
	return decoded(path).replace(/\/$/, '');
}

function decoded(path: string): string {
	try {
		return decodeURI(path);
	} catch {
		// Malformed: it names no file.
		return path;
	}
}
