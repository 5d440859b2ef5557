import { error } from '@sveltejs/kit';
import { parseSiteUrl } from '$lib/domain/site-url';
import { shownStates } from './shown-states';
import type { PageServerLoad } from './$types';

const SITE = 'https://mysite.equisonline.com';

/** Nothing of it is there at a helper that works for anybody. */
export const load: PageServerLoad = ({ locals, url }) => {
	const site = parseSiteUrl(SITE);
	if (locals.app.page.mode !== 'practice' || !site.ok) error(404);
	const states = shownStates(site.value, locals.language, '/favicon.svg');
	const name = url.searchParams.get('state') ?? '';
	return { names: Object.keys(states), name, shown: states[name] };
};
