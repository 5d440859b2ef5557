import { loadStartWords } from '$lib/words/start-words';
import type { LayoutLoad } from './$types';

/** The words of the visitor's language alone: on the server at once, in the browser as a file of their own. */
export const load: LayoutLoad = async ({ data }) => ({
	...data,
	words: await loadStartWords(data.language),
	PracticeAccounts: data.settings.practiceAccounts.length > 0 && (await loadPracticeAccounts()),
});

/** No browser fetches it from a real helper. */
async function loadPracticeAccounts() {
	return (await import('$lib/components/PracticeAccounts.svelte')).default;
}
