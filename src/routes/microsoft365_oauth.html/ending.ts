// What is needed once somebody has come back from Microsoft: files of their own for the browser, fetched then.

import type { Language } from '$lib/domain/language';

/** Undefined when they cannot be fetched. */
export async function fetchEnding(language: Language) {
	try {
		const { loadPageWords, ...parts } = await import('./ending-parts');
		return { ...parts, words: await loadPageWords(language) };
	} catch {
		// No connection, or a newer version of the page has been put in its place.
		return undefined;
	}
}

export type Ending = NonNullable<Awaited<ReturnType<typeof fetchEnding>>>;
