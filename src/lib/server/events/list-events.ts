// The events of a site, for sites that ask rather than take webhooks.

import { Problem } from '../../domain/problem.ts';
import type { Services } from '../app/services.ts';
import { reportEvent, type EventReport } from './report-event.ts';

export type ListEventsContext = Pick<Services, 'events' | 'signInUrl'>;

export type EventPage = {
	events: EventReport[];
	/** For `after` of the next request, also where there is nothing new. */
	next: string;
};

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1000;

/** Throws `Problem` `invalid_input`. */
export async function listEvents(
	context: ListEventsContext,
	site: { siteId: number; siteUrl: string },
	query: { after: string | undefined; limit: string | undefined },
): Promise<EventPage> {
	const afterId = parseWhole(query.after ?? '0', 0, Number.MAX_SAFE_INTEGER);
	const limit = parseWhole(query.limit ?? String(DEFAULT_LIMIT), 1, MAX_LIMIT);
	if (afterId === undefined || limit === undefined) {
		throw new Problem('invalid_input', {
			fields: {
				...(afterId === undefined && { after: 'Give the id of an event, or "next" of an answer.' }),
				...(limit === undefined && { limit: `Give a number from 1 to ${MAX_LIMIT}.` }),
			},
		});
	}
	const events = await context.events.list(site.siteId, { afterId, limit });
	return {
		events: events.map((event) => reportEvent(context, site.siteUrl, event)),
		next: String(events.at(-1)?.id ?? afterId),
	};
}

function parseWhole(text: string, least: number, most: number): number | undefined {
	const number = /^\d{1,16}$/.test(text) ? Number(text) : -1;
	return number >= least && number <= most ? number : undefined;
}
