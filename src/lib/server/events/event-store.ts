// The events of sites, as they are read. They are written where the change is made (`database/site-events.ts`).

import { and, asc, eq, gt, lt } from 'drizzle-orm';
import type { MailboxAddress } from '../../domain/mailbox-address.ts';
import type { SiteEvent } from '../../domain/site-event.ts';
import { deleteInBatches } from '../database/in-batches.ts';
import type { Database } from '../database/driver/driver.ts';
import { siteEvents } from '../database/schema/events.ts';

export type EventStore = {
	/** The oldest first, after the one with this id. */
	list(siteId: number, page: { afterId: number; limit: number }): Promise<SiteEvent[]>;
	/** Drops what is older. */
	prune(before: Date): Promise<void>;
};

export function createEventStore(database: Database): EventStore {
	return {
		async list(siteId, { afterId, limit }) {
			const rows = await database
				.select()
				.from(siteEvents)
				.where(and(eq(siteEvents.siteId, siteId), gt(siteEvents.id, afterId)))
				.orderBy(asc(siteEvents.id))
				.limit(limit);
			return rows.map(parseEvent);
		},
		async prune(before) {
			await deleteInBatches(database, siteEvents, lt(siteEvents.at, before));
		},
	};
}

export function parseEvent(row: typeof siteEvents.$inferSelect): SiteEvent {
	const { id, siteId, type, at, storedTokenId: number, mailbox, details } = row;
	const token =
		number === null ? undefined : { number, mailbox: (mailbox ?? '') as MailboxAddress };
	return { id, siteId, type, at, token, details };
}
