// Lucia's adapter, and the visitors that Lucia calls users.

import { DrizzlePostgreSQLAdapter } from '@lucia-auth/adapter-drizzle';
import { and, eq, isNull, lt, notExists, sql } from 'drizzle-orm';
import { randomUUID } from 'node:crypto';
import { deleteInBatches } from '../database/in-batches.ts';
import type { Database } from '../database/driver/driver.ts';
import { sessions, visitors } from '../database/schema/tables.ts';

/**
 * `updateSessionExpiration` does nothing: Lucia would prolong a session that is used, and ours ends. With a session end
 * all that it replaced in this browser, which still read.
 */
export function createSessionAdapter(database: Database): DrizzlePostgreSQLAdapter {
	const adapter = new DrizzlePostgreSQLAdapter(database, sessions, visitors);
	adapter.updateSessionExpiration = () => Promise.resolve();
	adapter.deleteSession = async (id) => {
		await database.execute(sql`
			with recursive ended (id) as (
				select ${id}::text
				union select sessions.id from sessions join ended on sessions.replaced_by = ended.id
			)
			delete from sessions where id in (select id from ended)`);
	};
	return adapter;
}

export type VisitorStore = {
	/** An anonymous visitor; the id. */
	add(createdAt: Date): Promise<string>;
	/** The visitor of a Microsoft account, made at the first sign-in; the id. */
	saveAccount(account: { tenantId: string; objectId: string }, createdAt: Date): Promise<string>;
	/** Whether a visitor is known by a Microsoft account. */
	isKnown(id: string): Promise<boolean>;
	/** Removes anonymous visitors from before `before`, with their sessions. */
	prune(before: Date): Promise<void>;
};

export function createVisitorStore(database: Database): VisitorStore {
	return {
		async add(createdAt) {
			const id = randomUUID();
			await database.insert(visitors).values({ id, createdAt });
			return id;
		},
		async saveAccount({ tenantId, objectId }, createdAt) {
			const [row] = await database
				.insert(visitors)
				.values({ id: randomUUID(), tenantId, objectId, createdAt })
				.onConflictDoUpdate({
					target: [visitors.tenantId, visitors.objectId],
					// Nothing to change, but only an update returns the row that was there.
					set: { tenantId },
				})
				.returning({ id: visitors.id });
			if (row === undefined) throw new Error('PostgreSQL returned no visitor');
			return row.id;
		},
		async isKnown(id) {
			const [row] = await database
				.select({ tenantId: visitors.tenantId })
				.from(visitors)
				.where(eq(visitors.id, id));
			return row?.tenantId != null;
		},
		async prune(before) {
			const anySession = database.select().from(sessions).where(eq(sessions.userId, visitors.id));
			await deleteInBatches(database, sessions, lt(sessions.expiresAt, before));
			await deleteInBatches(
				database,
				visitors,
				and(isNull(visitors.tenantId), lt(visitors.createdAt, before), notExists(anySession)),
			);
		},
	};
}
