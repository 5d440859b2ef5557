// Days as people write them. Western digits, as in everything else that is copied from the page.

import { tagOf, type Language } from '../domain/language.ts';

/** `timeZone` where the day must be the same on the server and in the browser. */
export function dayIn(language: Language, instant: Date, timeZone?: 'UTC'): string {
	return instant.toLocaleDateString(tagOf(language), {
		...{ dateStyle: 'long', numberingSystem: 'latn' },
		...(timeZone && { timeZone }),
	});
}
