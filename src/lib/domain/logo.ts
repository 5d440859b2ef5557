// A logo, the operator's or a site's: which kind of picture it is, by its content. With `nosniff` a browser takes the
// type at its word, and a file's name may say anything.

export type Logo = { contentType: string; bytes: Uint8Array<ArrayBuffer> };

/** `latin1` has one character for each byte. Undefined for what is none of the four kinds. */
export function imageTypeOf(latin1: string): string | undefined {
	if (latin1.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png';
	if (latin1.startsWith('\xff\xd8\xff')) return 'image/jpeg';
	if (/^RIFF[\s\S]{4}WEBP/.test(latin1)) return 'image/webp';
	return isSvg(latin1) ? 'image/svg+xml' : undefined;
}

/** What may come before the root element (XML 1.0, 2.8): blanks, instructions, comments, a document type. */
const PROLOG = [/^\s+/, /^<\?[^>]*>/, /^<!--[\s\S]*?-->/, /^<!DOCTYPE[^>[]*(?:\[[^\]]*\]\s*)?>/];

/** A root element `svg`, and its namespace somewhere: without that a browser draws nothing. */
function isSvg(text: string): boolean {
	let rest = text.replace(/^\xef\xbb\xbf/, '');
	let part: string | undefined = '';
	while (part !== undefined) {
		rest = rest.slice(part.length);
		part = PROLOG.map((form) => form.exec(rest)?.[0]).find((found) => found !== undefined);
	}
	return /^<(?:\w+:)?svg[\s>]/.test(rest) && text.includes('http://www.w3.org/2000/svg');
}
