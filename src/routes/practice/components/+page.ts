import { loadPageWords } from '$lib/words/page-words';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ data, parent }) => ({
	...data,
	words: await loadPageWords((await parent()).language),
});
