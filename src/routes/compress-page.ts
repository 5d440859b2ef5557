// A page with a third of its bytes. The API's answers go as they are: one of them holds an ID token, and next to what
// somebody else chose (BREACH) the length of compressed text tells of it. A page holds no secret but the nonce of its scripts,
// which is another one each time.

import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { accepts } from '$lib/server/accept-encoding';

export async function compressed(request: Request, page: Response): Promise<Response> {
	const headers = new Headers(page.headers);
	headers.append('vary', 'Accept-Encoding');
	const { status } = page;
	const isAccepted = accepts(request.headers.get('accept-encoding') ?? '', 'gzip');
	if (!isAccepted || page.body === null) return new Response(page.body, { status, headers });
	headers.set('content-encoding', 'gzip');
	headers.delete('content-length');
	const bytes = await promisify(gzip)(await page.arrayBuffer());
	return new Response(new Uint8Array(bytes), { status, headers });
}
