// The last mailbox check of a stored token, for its owner: it is on the row of the sign-in that ran it.

import { sql } from 'drizzle-orm';
import type { StoredChecks } from '../../domain/mail-check.ts';
import type { Database } from '../database/driver/driver.ts';
import { numberArray } from '../database/text-array.ts';

export type LastCheckStore = {
	/** Of each of these tokens the last run, on whichever sign-in it is. */
	list(tokenNumbers: readonly number[]): Promise<ReadonlyMap<number, StoredChecks>>;
	/** A run that no sign-in began, on the token's newest one; nowhere when that is gone. */
	save(token: { siteId: number; id: number }, checks: StoredChecks): Promise<void>;
};

export function createLastCheckStore(database: Database): LastCheckStore {
	return {
		async list(tokenNumbers) {
			if (tokenNumbers.length === 0) return new Map();
			const rows = await database.execute<{ token: string; checks: StoredChecks }>(sql`
				select distinct on (stored_token_id) stored_token_id as token, checks from sign_ins
				where stored_token_id = any(${numberArray(tokenNumbers)}) and checks is not null
				order by stored_token_id, (checks ->> 'begun_at')::timestamptz desc`);
			return new Map([...rows].map(({ token, checks }) => [Number(token), checks]));
		},
		async save({ siteId, id }, checks) {
			await database.execute(sql`
				update sign_ins set checks = ${JSON.stringify(checks)}::jsonb
				where id = (
					select id from sign_ins
					where site_id = ${siteId} and stored_token_id = ${id} and state = 'ready'
					order by created_at desc limit 1)`);
		},
	};
}
