import { fetchEnding } from './ending';
import { fetchEntryParts } from './entry-parts';
import type { PageLoad } from './$types';

/** What a sign-in came to is shown at once where there was one. */
export const load: PageLoad = async ({ data, parent }) => {
	const { language } = await parent();
	const hasEnding = data.approval !== undefined || data.status.status !== 'none';
	const { face, offer } = data.found;
	const entryParts = face || offer ? await fetchEntryParts() : undefined;
	return { ...data, entryParts, ending: hasEnding ? await fetchEnding(language) : undefined };
};
