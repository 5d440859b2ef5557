// Days as people write them. Western digits, as in everything else that is copied from the page.

import { LANGUAGE_TAGS, type Language } from '../words/languages.ts';

/** `timeZone` where the day must be the same on the server and in the browser. */
export function dayIn(language: Language, instant: Date, timeZone?: 'UTC'): string {
	return instant.toLocaleDateString(LANGUAGE_TAGS[language], {
		...{ dateStyle: 'long', numberingSystem: 'latn' },
		...(timeZone && { timeZone }),
	});
}
