import type { LayoutServerLoad } from './$types';

export const load: LayoutServerLoad = ({ locals }) => ({
	settings: locals.app.page,
	language: locals.language,
});
