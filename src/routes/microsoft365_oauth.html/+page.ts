import { fetchEnding } from './ending';
import { fetchEntryParts } from './entry-parts';
import type { PageLoad } from './$types';

/** What a sign-in came to is shown at once where there was one, and what there is to say of a filled-in field. */
export const load: PageLoad = async ({ data, parent }) => {
	const { language } = await parent();
	const hasEnding = data.approval !== undefined || data.status.status !== 'none';
	const isFilled = data.site !== '' || data.email !== '';
	const [entryParts, ending] = await Promise.all([
		isFilled ? fetchEntryParts() : undefined,
		hasEnding ? fetchEnding(language) : undefined,
	]);
	return { ...data, entryParts, ending };
};
