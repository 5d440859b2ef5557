// The page behind the link in each notice that ends them: a GET shows it, a POST acts, without a sign-in. Mail programs post there
// by themselves (RFC 8058), from no page of ours. It has no script, no session and nothing of the other pages.

import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isProblem } from '../lib/domain/problem.ts';
import type { App } from '../lib/server/app/app.ts';
import { directionOf, tagOf, type Language } from '../lib/domain/language.ts';
import { preferredLanguage } from '../lib/words/preferred-language.ts';
import { PROBLEM_WORDS } from '../lib/words/problem-words.ts';
import { readText } from './read-text.ts';
import { refuseWith, type Headers, type Refusal } from './refusal.ts';

export const NOTICES_PATH = '/notices/';

/** One field, in either of the forms of a form. */
const MAX_BODY_BYTES = 4_096;
const UNSUBSCRIBE = 'unsubscribe';
const AGAIN = 'again';

type Found = { address: string; isSubscribed: boolean } | undefined;
type Wish = 'unsubscribe' | 'subscribe';

const REFUSALS = {
	method: {
		...{ status: 405, error: 'method_not_allowed', headers: [['Allow', 'GET, HEAD, POST']] },
		message: 'Only GET, HEAD, POST is possible here.',
	},
	too_large: { status: 413, error: 'too_large', message: 'The request is too large.' },
	no_wish: {
		...{ status: 400, error: 'invalid_request' },
		message: 'The body must be a form that holds List-Unsubscribe=One-Click.',
	},
	unavailable: {
		...{ status: 503, error: 'temporarily_unavailable', headers: [['Retry-After', '5']] },
		message: 'This is not possible for the moment. Try again soon.',
	},
} as const satisfies Record<string, Refusal>;
type Answer = { refusal: keyof typeof REFUSALS } | { status: number; html: string };

/** With the headers of every answer, `common`. */
export function createNoticesPage(
	app: Pick<App, 'findSubscription' | 'changeSubscription'>,
	common: Headers,
) {
	return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
		const answered = await answer(app, request).catch((error: unknown): Answer => {
			if (isProblem(error) && error.code === 'temporarily_unavailable')
				return { refusal: 'unavailable' };
			throw error;
		});
		if ('refusal' in answered) {
			return refuseWith(common, REFUSALS[answered.refusal])(request, response);
		}
		const { status, html } = answered;
		const headers = [...common.filter(([name]) => name !== POLICY), ...headersOf(html)];
		response.writeHead(status, headers.flat()).end(request.method === 'HEAD' ? '' : html);
	};
}

async function answer(
	app: Pick<App, 'findSubscription' | 'changeSubscription'>,
	request: IncomingMessage,
): Promise<Answer> {
	const { method = '', url = '', headers } = request;
	const opaque = url.slice(NOTICES_PATH.length).split('?', 1)[0] ?? '';
	const language = preferredLanguage(
		new Request('http://localhost', {
			headers: { 'accept-language': headers['accept-language'] ?? '' },
		}),
	);
	const show = (found: Found) => ({ status: found ? 200 : 404, html: page(found, language) });
	if (method === 'GET' || method === 'HEAD') return show(await app.findSubscription(opaque));
	if (method !== 'POST') return { refusal: 'method' };
	const body = await readText(request, MAX_BODY_BYTES);
	if (body === undefined) return { refusal: 'too_large' };
	const wish = await wishIn(body, headers['content-type']);
	if (wish === undefined) return { refusal: 'no_wish' };
	return show(await app.changeSubscription(opaque, wish));
}

/** RFC 8058, 3.1: urlencoded or multipart. What says nothing of it ends nothing: programs that try links post too. */
async function wishIn(body: string, type = ''): Promise<Wish | undefined> {
	const form = await new Response(body, { headers: { 'content-type': type } })
		.formData()
		.catch(() => undefined);
	if (form?.has(AGAIN)) return 'subscribe';
	const isMeant = form?.get('List-Unsubscribe') === 'One-Click' || form?.has(UNSUBSCRIBE);
	return isMeant ? 'unsubscribe' : undefined;
}

const STYLE = `:root{color-scheme:light dark}body{max-width:36rem;margin:0 auto;padding:2rem 1rem;
font:1.0625rem/1.5 system-ui,'Segoe UI',sans-serif;background:#fff;color:#1b1b1b;overflow-wrap:anywhere}
h1{font-size:1.5rem;line-height:1.3}button{font:inherit;font-weight:600;padding:.7rem 1.1rem;border:0;border-radius:.3rem;
background:#0b5cad;color:#fff;cursor:pointer}button:focus-visible{outline:3px solid currentColor;outline-offset:3px}
@media(prefers-color-scheme:dark){body{background:#16181b;color:#ececec}button{background:#8ec5ff;color:#06213d}}`;

const POLICY = 'Content-Security-Policy';
const STYLE_SHA256 = createHash('sha256').update(STYLE).digest('base64');

function headersOf(html: string): [string, string][] {
	return [
		['Content-Type', 'text/html; charset=utf-8'],
		['Content-Length', String(Buffer.byteLength(html))],
		['X-Robots-Tag', 'noindex'],
		[
			POLICY,
			`default-src 'none'; style-src 'sha256-${STYLE_SHA256}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`,
		],
	];
}

function page(found: Found, language: Language): string {
	const { title, text, button } = wordsOf(found, language);
	const form = button
		? `<form method="post"><button name="${button.name}" value="yes">${escape(button.text)}</button></form>`
		: '';
	return `<!doctype html>
<html lang="${tagOf(language)}" dir="${directionOf(language)}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escape(title)}</title><style>${STYLE}</style></head>
<body><main><h1>${escape(title)}</h1><p>${escape(text)}</p>${form}</main></body>
</html>
`;
}

function wordsOf(found: Found, language: Language) {
	const words = PROBLEM_WORDS[language];
	if (found === undefined) {
		const title = words.unsubscribe_unknown_title({});
		return { title, text: words.unsubscribe_unknown_text({}), button: undefined };
	}
	const { address } = found;
	return found.isSubscribed
		? {
				title: words.unsubscribe_title({ address }),
				text: words.unsubscribe_text({}),
				button: { name: UNSUBSCRIBE, text: words.unsubscribe_button({}) },
			}
		: {
				title: words.unsubscribe_done_title({ address }),
				text: words.unsubscribe_done_text({}),
				button: { name: AGAIN, text: words.unsubscribe_again_button({}) },
			};
}

function escape(text: string): string {
	return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
