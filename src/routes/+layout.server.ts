import type { LayoutServerLoad } from './$types';

export const load: LayoutServerLoad = ({ locals }) => ({
	settings: locals.helper.page,
	language: locals.language,
});
