// The page behind the link in each notice that ends them: a GET shows it, a POST acts, without a sign-in (RFC 8058: mail programs
// post there by themselves, from no page of ours, so that SvelteKit's guard against foreign forms would refuse them).

import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { App } from '../lib/server/app/app.ts';
import { directionOf, tagOf, type Language } from '../lib/words/languages.ts';
import { preferredLanguage } from '../lib/words/preferred-language.ts';
import { PROBLEM_WORDS } from '../lib/words/problem-words.ts';
import type { Headers } from './refusal.ts';

export const NOTICES_PATH = '/notices/';

/** `List-Unsubscribe=One-Click`, or the button's own field. */
const MAX_BODY_BYTES = 1_024;
const AGAIN = 'again';

type Found = { address: string; isSubscribed: boolean } | undefined;

/** With the headers of every answer, `common`. */
export function createNoticesPage(
	app: Pick<App, 'findSubscription' | 'changeSubscription' | 'log'>,
	common: Headers,
) {
	return (request: IncomingMessage, response: ServerResponse): Promise<void> =>
		answer(app, request).then(
			({ status, html }) => {
				const headers = [...common.filter(([name]) => name !== POLICY), ...headersOf(html)];
				response.writeHead(status, headers.flat()).end(request.method === 'HEAD' ? '' : html);
			},
			(error: unknown) => {
				app.log.warn({ err: error }, 'a link of a notice could not be followed');
				response.writeHead(503, [...common, ['Retry-After', '5']].flat()).end();
			},
		);
}

async function answer(
	app: Pick<App, 'findSubscription' | 'changeSubscription'>,
	request: IncomingMessage,
): Promise<{ status: number; html: string }> {
	const language = preferredLanguage(
		new Request('http://localhost', {
			headers: { 'accept-language': request.headers['accept-language'] ?? '' },
		}),
	);
	const opaque = (request.url ?? '').slice(NOTICES_PATH.length).split('?', 1)[0] ?? '';
	const found = await follow(app, request, opaque);
	if (found === 'not_allowed') return { status: 405, html: '' };
	return { status: found ? 200 : 404, html: page(found, language) };
}

async function follow(
	app: Pick<App, 'findSubscription' | 'changeSubscription'>,
	request: IncomingMessage,
	opaque: string,
): Promise<Found | 'not_allowed'> {
	if (request.method === 'GET' || request.method === 'HEAD') return app.findSubscription(opaque);
	if (request.method !== 'POST') return 'not_allowed';
	const isAgain = new URLSearchParams(await readText(request)).has(AGAIN);
	return app.changeSubscription(opaque, isAgain ? 'subscribe' : 'unsubscribe');
}

async function readText(request: IncomingMessage): Promise<string> {
	let text = '';
	for await (const chunk of request) {
		text += String(chunk);
		if (text.length > MAX_BODY_BYTES) return '';
	}
	return text;
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
				button: { name: 'unsubscribe', text: words.unsubscribe_button({}) },
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
