import type { RequestHandler } from './$types';

/**
 * For load balancers: 503 only while this instance is leaving. A database that is down keeps it, as it is down for all
 * instances: without one a visitor would have the balancer's own page and no word on when to come back.
 */
export const GET: RequestHandler = ({ locals }) =>
	locals.app.isLeaving()
		? Response.json({ status: 'leaving' }, { status: 503, headers: { 'retry-after': '1' } })
		: Response.json({ status: 'alive' });
