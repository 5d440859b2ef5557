// `HELPER_LOGO`: the operator's logo, read once at the start, so that what is served is what was looked at.

import { readFileSync, statSync } from 'node:fs';
import { pathForFault, type Reader } from './reader.ts';

export type Logo = { contentType: string; bytes: Uint8Array<ArrayBuffer> };

/** Much for a logo, and little enough to keep in memory and to load on any page. */
const MAX_KB = 200;

export function readLogo(reader: Reader, name: string): Logo | undefined {
	const text = reader.text(name);
	if (text === undefined) return undefined;
	const file = reader.path(text);
	const logo = logoAt(file);
	if (typeof logo !== 'string') return logo;
	reader.fault(
		`${name} must be the path of a PNG, SVG, WebP or JPEG file of at most ${MAX_KB} KB (${pathForFault(file)}: ${logo}).`,
	);
	return undefined;
}

/** The logo, or what is wrong with the file. */
function logoAt(file: string): Logo | string {
	try {
		const entry = statSync(file);
		// A pipe or a device might never end.
		if (!entry.isFile()) return 'not a file';
		if (entry.size > MAX_KB * 1024) return `it has ${Math.ceil(entry.size / 1024)} KB`;
		const bytes = readFileSync(file);
		const contentType = imageTypeOf(bytes);
		return contentType === undefined ? 'none of these by its content' : { contentType, bytes };
	} catch (error) {
		const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
		return IN_WORDS[code] ?? `cannot be read, ${code}`;
	}
}

const IN_WORDS: Record<string, string> = {
	ENOENT: 'there is no such file',
	EACCES: 'this user may not read it',
};

/** By the content: with `nosniff` a browser takes the type at its word, and a name may say anything. */
function imageTypeOf(bytes: Buffer): string | undefined {
	// One character for each byte.
	const text = bytes.toString('latin1');
	if (text.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png';
	if (text.startsWith('\xff\xd8\xff')) return 'image/jpeg';
	if (/^RIFF[\s\S]{4}WEBP/.test(text)) return 'image/webp';
	return isSvg(text) ? 'image/svg+xml' : undefined;
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
