// A logo, the operator's or a site's, as an answer. The other headers of every answer are set by the HTTP server.

import type { Logo } from '$lib/domain/logo';
import { fault } from '../api/answer';

/**
 * An SVG that is opened by itself is a document: here it runs no script and fetches nothing, and `sandbox` puts it
 * outside our origin. Its own styles and embedded pictures are let through, because Firefox holds a logo to this
 * policy inside `<img>` too.
 */
const POLICY = [
	"default-src 'none'",
	"style-src 'unsafe-inline'",
	'img-src data:',
	'font-src data:',
	"base-uri 'none'",
	"form-action 'none'",
	"frame-ancestors 'none'",
	'sandbox',
].join('; ');

/**
 * Pages and the API are `no-store`; a logo is the same for everybody and tells nothing of anybody. Minutes spare
 * a visitor from loading it with each page, and are over soon after it was changed.
 */
const CACHING = 'public, max-age=300';

export function logoAnswer(logo: Logo | undefined): Response {
	if (logo === undefined) return fault(404, 'not_found', 'There is nothing here.');
	return new Response(logo.bytes, {
		headers: {
			'content-type': logo.contentType,
			'content-length': String(logo.bytes.length),
			'content-security-policy': POLICY,
			'cache-control': CACHING,
		},
	});
}
