import { loadPageWords } from '$lib/words/page-words';
import type { LayoutLoad } from './$types';

/** The words of the visitor's language alone: on the server at once, in the browser as a file of their own. */
export const load: LayoutLoad = async ({ data }) => ({
	...data,
	words: await loadPageWords(data.language),
});
