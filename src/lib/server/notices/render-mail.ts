// A mail as plain text and as simple HTML: no pictures, no scripts, nothing fetched, readable on light and on dark.

import { directionOf, tagOf, type Language } from '../../domain/language.ts';

export type MailSection = {
	title: string;
	paragraphs: readonly string[];
	link: { text: string; url: string } | undefined;
	/** Below the link, smaller. */
	after: readonly string[];
};

export type MailBody = {
	language: Language;
	subject: string;
	hello: string;
	sections: readonly MailSection[];
	further: string | undefined;
	why: string;
	unsubscribe: { text: string; url: string } | undefined;
};

export function renderText({ hello, sections, further, why, unsubscribe }: MailBody): string {
	const parts = [
		hello,
		...sections.map(({ title, paragraphs, link, after }) =>
			[...[title, ...paragraphs], ...(link ? [`${link.text}\n${link.url}`] : []), ...after].join(
				'\n\n',
			),
		),
		...(further === undefined ? [] : [further]),
		['-- ', why, ...(unsubscribe ? [`${unsubscribe.text}\n${unsubscribe.url}`] : [])].join('\n'),
	];
	return `${parts.join('\n\n\n')}\n`;
}

/** Mail programs drop what they do not know, and often all of `<style>`: the mail can be read without it. */
const STYLE = `
:root { color-scheme: light dark; }
body { margin: 0; background: #fff; color: #1b1b1b; }
.mail { max-width: 36rem; margin: 0 auto; padding: 1.5rem 1rem;
	font: 1rem/1.5 system-ui, 'Segoe UI', sans-serif; overflow-wrap: anywhere; }
h1 { margin: 2rem 0 0.5rem; font-size: 1.2rem; line-height: 1.3; }
.button { display: inline-block; padding: 0.7rem 1.1rem; border-radius: 0.3rem; background: #0b5cad;
	color: #fff; font-weight: 600; text-decoration: none; }
.small { color: #555; font-size: 0.875rem; }
.foot { margin-top: 2.5rem; padding-top: 1rem; border-top: 1px solid #ccc; }
.foot a { color: inherit; }
@media (prefers-color-scheme: dark) {
	body { background: #16181b; color: #ececec; }
	.button { background: #8ec5ff; color: #06213d; }
	.small { color: #b5b8bd; }
	.foot { border-color: #44484e; }
}`;

export function renderHtml(body: MailBody): string {
	const { language, subject, hello, sections, further, why, unsubscribe } = body;
	const foot = unsubscribe ? `<br>${anchor(unsubscribe, '')}` : '';
	return `<!doctype html>
<html lang="${tagOf(language)}" dir="${directionOf(language)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>${escape(subject)}</title>
<style>${STYLE}
</style>
</head>
<body>
<div class="mail" lang="${tagOf(language)}" dir="${directionOf(language)}">
<p>${escape(hello)}</p>
${sections.map(sectionHtml).join('\n')}
${further === undefined ? '' : `<p>${escape(further)}</p>\n`}<p class="small foot">${escape(why)}${foot}</p>
</div>
</body>
</html>
`;
}

function sectionHtml({ title, paragraphs, link, after }: MailSection): string {
	return [
		`<h1>${escape(title)}</h1>`,
		...paragraphs.map((paragraph) => paragraphHtml(paragraph, '')),
		...(link ? [`<p>${anchor(link, ' class="button"')}</p>`] : []),
		...after.map((paragraph) => paragraphHtml(paragraph, ' class="small"')),
	].join('\n');
}

function paragraphHtml(text: string, attributes: string): string {
	return `<p${attributes}>${linesHtml(text)}</p>`;
}

/** A command stands on a line of its own, and is read in its own direction. */
function linesHtml(text: string): string {
	const lines = text.split('\n').map(escape);
	return lines.length === 1 ? escape(text) : lines.map((line) => `<bdi>${line}</bdi>`).join('<br>');
}

function anchor({ text, url }: { text: string; url: string }, attributes: string): string {
	return `<a${attributes} href="${escape(url)}">${escape(text)}</a>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
	'&': '&amp;',
	'<': '&lt;',
	'>': '&gt;',
	'"': '&quot;',
};

function escape(text: string): string {
	return text.replaceAll(/[&<>"]/g, (character) => ENTITIES[character] ?? '');
}
