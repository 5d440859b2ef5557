import { redirect } from '@sveltejs/kit';
import type { RequestHandler } from './$types';

/** The page has one address, the one that is registered at Microsoft. */
export const GET: RequestHandler = ({ url }) => {
	redirect(307, `/microsoft365_oauth.html${url.search}`);
};
