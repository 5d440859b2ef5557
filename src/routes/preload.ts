// The files that a page's script would ask for one after the other: the early script preloads them all at once. The build
// lists them (scripts/preloaded-files.js); `npm run dev` has none.

import type { Language } from '$lib/domain/language';

/** Besides those of which SvelteKit knows. */
export function filesToPreload(language: Language, isReturn: boolean): string[] {
	if (typeof PRELOADED_FILES === 'undefined') return [];
	const { startWords, returnWords, scripts, styles } = PRELOADED_FILES;
	const forReturn = isReturn ? [...scripts, returnWords[language], ...styles] : [];
	return [startWords[language], ...forReturn];
}

/** Without `rel` the browser does nothing yet: the early script sets it. */
export function linkTo(path: string): string {
	const how = path.endsWith('.css') ? 'as="style" data-rel="preload"' : 'data-rel="modulepreload"';
	return `<link href="${path}" ${how} />`;
}
