// Tells the browser with a page which files its script will ask for: else it learns of one file from another. The build
// writes down which those are (scripts/preloaded-files.js); `npm run dev` has none.

import { env } from '$env/dynamic/private';
import type { Language } from '$lib/domain/language';
import type { PreloadedFiles } from './preloaded-files';

const files = parseFiles(env['PRELOADED_FILES']);

export function preload(headers: Headers, language: Language, isReturn: boolean): void {
	if (files === undefined) return;
	const { startWords, returnWords, scripts, styles } = files;
	const forReturn = isReturn ? [...scripts, returnWords[language]] : [];
	for (const path of [startWords[language], ...forReturn])
		headers.append('link', `<${path}>; rel="modulepreload"; nopush`);
	for (const path of isReturn ? styles : [])
		headers.append('link', `<${path}>; rel="preload"; as="style"; nopush`);
}

/** Written by our own build. */
function parseFiles(text: string | undefined): PreloadedFiles | undefined {
	return text === undefined ? undefined : (JSON.parse(text) as PreloadedFiles);
}
