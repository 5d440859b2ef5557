// Tells the browser with a page which files its script will ask for: else it learns of one file from another. The build
// puts in which those are (scripts/preloaded-files.js); `npm run dev` has none.

import type { Language } from '$lib/domain/language';

export function preload(headers: Headers, language: Language, isReturn: boolean): void {
	if (typeof PRELOADED_FILES === 'undefined') return;
	const { startWords, returnWords, scripts, styles } = PRELOADED_FILES;
	const forReturn = isReturn ? [...scripts, returnWords[language]] : [];
	for (const path of [startWords[language], ...forReturn])
		headers.append('link', `<${path}>; rel="modulepreload"; nopush`);
	for (const path of isReturn ? styles : [])
		headers.append('link', `<${path}>; rel="preload"; as="style"; nopush`);
}
