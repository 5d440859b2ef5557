// The partitions of the audit trail, one for each month. Making them is a function of the schema's owner, which the server's own
// user may call; dropping them is the owner's alone, so that a server that somebody broke into forgets nothing.

import { sql } from 'drizzle-orm';
import type { Database } from '../database/driver/driver.ts';

export type AuditPartitionStore = {
	/** Those of the coming months, where they are missing. */
	add(): Promise<void>;
	/** Drops those of the months that ended before, and gives their names. */
	drop(before: Date): Promise<string[] | 'not_the_owner'>;
};

export function createAuditPartitionStore(database: Database): AuditPartitionStore {
	return {
		async add() {
			await database.execute(sql`select add_audit_partitions()`);
		},
		async drop(before) {
			const [trail] = await database.execute<{ owned: boolean }>(sql`
				select pg_has_role(relowner, 'usage') as owned from pg_class where oid = 'audit_events'::regclass`);
			if (trail?.owned !== true) return 'not_the_owner';
			const rows = await database.execute<{ name: string }>(
				sql`select drop_audit_partitions(${before.toISOString()}::timestamptz) as name`,
			);
			return rows.map(({ name }) => name);
		},
	};
}
