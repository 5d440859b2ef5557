// Compresses pages, to about a third. Not the API: one of its answers holds an ID token, and beside text that an attacker chose
// the compressed length would tell of it (BREACH). The only secret in a page is the nonce of its scripts, new in each answer.

import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { acceptsEncoding } from '$lib/server/accept-encoding';

const compress = promisify(gzip);

export async function compressPage(request: Request, page: Response): Promise<Response> {
	const headers = new Headers(page.headers);
	headers.append('vary', 'Accept-Encoding');
	const { status } = page;
	const isAccepted = acceptsEncoding(request.headers.get('accept-encoding') ?? '', 'gzip');
	if (!isAccepted || page.body === null) return new Response(page.body, { status, headers });
	headers.set('content-encoding', 'gzip');
	headers.delete('content-length');
	const bytes = await compress(await page.arrayBuffer());
	return new Response(new Uint8Array(bytes), { status, headers });
}
