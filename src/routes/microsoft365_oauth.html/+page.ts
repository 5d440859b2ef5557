import { fetchEnding } from './ending';
import type { PageLoad } from './$types';

/** What a sign-in came to is shown at once where there was one. */
export const load: PageLoad = async ({ data }) => ({
	...data,
	ending: data.approval || data.status.status !== 'none' ? await fetchEnding() : undefined,
});
