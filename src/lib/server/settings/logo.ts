// `HELPER_LOGO`: the operator's logo, read once at the start, so that what is served is what was looked at. The command
// line reads the logos of sites by the same rules.

import { readFileSync, statSync } from 'node:fs';
import { imageTypeOf, type Logo } from '../../domain/logo.ts';
import { pathForFault } from './path-for-fault.ts';
import type { Reader } from './reader.ts';

/** Much for a logo, and little enough to keep in memory and to load on any page. */
const MAX_KB = 200;

export function readLogo(reader: Reader, name: string): Logo | undefined {
	const text = reader.text(name);
	if (text === undefined) return undefined;
	const logo = readLogoFile(name, reader.path(text), MAX_KB);
	if (typeof logo !== 'string') return logo;
	reader.fault(logo);
	return undefined;
}

/** The logo, or in a sentence what is wrong with the file that `name` names. */
export function readLogoFile(name: string, file: string, maxKb: number): Logo | string {
	const logo = logoAt(file, maxKb);
	if (typeof logo !== 'string') return logo;
	return `${name} must be the path of a PNG, SVG, WebP or JPEG file of at most ${maxKb} KB (${pathForFault(file)}: ${logo}).`;
}

function logoAt(file: string, maxKb: number): Logo | string {
	try {
		const entry = statSync(file);
		// A pipe or a device might never end.
		if (!entry.isFile()) return 'not a file';
		if (entry.size > maxKb * 1024) return `it has ${Math.ceil(entry.size / 1024)} KB`;
		const bytes = readFileSync(file);
		const contentType = imageTypeOf(bytes.toString('latin1'));
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
