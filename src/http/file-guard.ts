// The files of the build: read by GET and HEAD alone, and what is none of them is answered as everything else is. Left
// to themselves, adapter-node gives them to every method, and SvelteKit lets caches keep that there is none.

import { readdirSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { join, relative } from 'node:path';
import { securityHeaders } from './front-door.ts';
import { refuseRequest } from './malformed-request.ts';

/** As SvelteKit tells them. */
const ASSETS = '/_app';

/** In front of `pages`; `folder` is read once, as adapter-node does. */
export function guardFiles(
	folder: string,
	origin: string,
	pages: RequestListener,
): RequestListener {
	const headers = securityHeaders(origin);
	const refuseMissing = refuseRequest(headers, 404, 'There is no such file.');
	const refuseMethod = refuseRequest(
		[...headers, ['Allow', 'GET, HEAD']],
		405,
		'Only GET, HEAD is possible here.',
	);
	const files = filesBelow(folder);
	return (request, response) => {
		const path = pathOf(request.url ?? '');
		if (!files.has(path)) {
			return (path.startsWith(ASSETS) ? refuseMissing : pages)(request, response);
		}
		const isRead = request.method === 'GET' || request.method === 'HEAD';
		return (isRead ? pages : refuseMethod)(request, response);
	};
}

function filesBelow(folder: string): ReadonlySet<string> {
	const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
	const files = entries.filter((entry) => entry.isFile());
	return new Set(
		files.map(({ parentPath, name }) => `/${relative(folder, join(parentPath, name))}`),
	);
}

/** As sirv reads it, which gives the files: decoded, and without a slash at its end. */
function pathOf(url: string): string {
	const [path = ''] = url.split('?');
	return decoded(path).replace(/\/$/, '');
}

function decoded(path: string): string {
	try {
		return decodeURI(path);
	} catch {
		// Malformed: sirv takes it as it is, too.
		return path;
	}
}
