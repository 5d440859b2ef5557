// The files of the build: read by GET and HEAD alone, and what is none of them is answered as everything else is. Left
// to themselves, adapter-node gives them to every method, and SvelteKit lets caches keep that there is none.

import { readdirSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { relative } from 'node:path';
import { securityHeaders } from './front-door.ts';
import { refuseRequest } from './malformed-request.ts';

const ASSETS = '/_app/';

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
		const [path = ''] = (request.url ?? '').split('?');
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
		files.map(({ parentPath, name }) => `/${relative(folder, `${parentPath}/${name}`)}`),
	);
}
