// The frame of both pages of the practice Microsoft, the sign-in page and the fault page: no script, no cookie, one
// inline style named by its hash in the policy, and a heading that nobody can overlook.

import { createHash } from 'node:crypto';
import { pageStyle } from './page-style.ts';

// Markup that is safe to put into a page; made only by `html` and `htmlList`.
export type Html = { readonly markup: string };

// A template in which each text is escaped, and only Html goes in as it is.
export function html(parts: TemplateStringsArray, ...values: readonly (string | Html)[]): Html {
	const rest = values.map((value, index) => markupOf(value) + (parts[index + 1] ?? ''));
	return { markup: (parts[0] ?? '') + rest.join('') };
}

export function htmlList(items: readonly Html[]): Html {
	return { markup: items.map((item) => item.markup).join('\n') };
}

export function renderPage(title: string, content: Html): string {
	const page = html`<!doctype html>
		<html lang="en">
			<head>
				<meta charset="utf-8" />
				<meta name="viewport" content="width=device-width, initial-scale=1" />
				<meta name="color-scheme" content="light dark" />
				<meta name="robots" content="noindex" />
				<title>${title} – Practice: this is not Microsoft</title>
				<link rel="icon" href="data:," />
				${{ markup: `<style>${pageStyle}</style>` }}
			</head>
			<body>
				<header>
					<h1>Practice: this is not Microsoft</h1>
					<p>No password is asked for, and no real mailbox is touched.</p>
				</header>
				<main>${content}</main>
			</body>
		</html>`;
	return page.markup;
}

// The redirect URI's origin is in `form-action` because browsers hold redirects after a form to it as well.
export function pageHeaders(redirectUri: string): Record<string, string> {
	const styleHash = createHash('sha256').update(pageStyle).digest('base64');
	return {
		'content-type': 'text/html; charset=utf-8',
		'content-security-policy': [
			`default-src 'none'`,
			`style-src 'sha256-${styleHash}'`,
			`img-src data:`,
			`form-action 'self' ${new URL(redirectUri).origin}`,
			`base-uri 'none'`,
			`frame-ancestors 'none'`,
		].join('; '),
		'referrer-policy': 'no-referrer',
		'x-content-type-options': 'nosniff',
		'cache-control': 'no-store',
	};
}

function markupOf(value: string | Html): string {
	if (typeof value !== 'string') return value.markup;
	return value.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
