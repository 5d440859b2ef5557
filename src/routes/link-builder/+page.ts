import { loadPageWords } from '$lib/words/page-words';
import type { PageLoad } from './$types';

/** What was typed comes back in the address when another language is chosen. */
export const load: PageLoad = async ({ parent, url: { searchParams } }) => ({
	words: await loadPageWords((await parent()).language),
	site: searchParams.get('site') ?? '',
	email: searchParams.get('email') ?? '',
});
