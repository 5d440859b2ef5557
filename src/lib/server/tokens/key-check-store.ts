// What each key of the ring is known by: a value that it alone can make, and that opens nothing.

import { sql } from 'drizzle-orm';
import type { Database } from '../database/driver/driver.ts';
import { keyChecks } from '../database/schema/keys.ts';

export type KeyCheckStore = {
	/** By key id. */
	list(): Promise<Map<string, string>>;
	/** One that is there stays as it is. */
	add(keyId: string, checkValue: string): Promise<void>;
};

export function createKeyCheckStore(database: Database): KeyCheckStore {
	return {
		async list() {
			const rows = await database.select().from(keyChecks);
			return new Map(rows.map(({ keyId, checkValue }) => [keyId, checkValue]));
		},
		async add(keyId, checkValue) {
			await database.execute(sql`
				insert into key_checks (key_id, check_value) values (${keyId}, ${checkValue})
				on conflict (key_id) do nothing`);
		},
	};
}
