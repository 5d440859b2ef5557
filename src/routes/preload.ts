// Which files a page's script will ask for one after the other: the early script asks for them at once. The build puts in
// which those are (scripts/preloaded-files.js); `npm run dev` has none.

import type { Language } from '$lib/domain/language';

/** Besides those of which SvelteKit knows. */
export function filesToPreload(language: Language, isReturn: boolean): string[] {
	if (typeof PRELOADED_FILES === 'undefined') return [];
	const { startWords, returnWords, scripts, styles } = PRELOADED_FILES;
	const forReturn = isReturn ? [...scripts, returnWords[language], ...styles] : [];
	return [startWords[language], ...forReturn];
}
