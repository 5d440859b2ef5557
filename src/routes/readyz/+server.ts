import type { RequestHandler } from './$types';

/** Can this instance do its work now? */
export const GET: RequestHandler = async ({ locals }) => {
	const readiness = await locals.app.readiness();
	return Response.json(readiness, { status: readiness.status === 'not_ready' ? 503 : 200 });
};
