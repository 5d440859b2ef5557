// Figures over all stored tokens, for the metrics.

import { sql } from 'drizzle-orm';
import type { TokenFigures } from '../../domain/stored-token.ts';
import type { Database } from '../database/driver/driver.ts';

/** One statement over the whole table: the caller asks now and then. */
export async function readTokenFigures(database: Database, now: Date): Promise<TokenFigures> {
	const at = now.toISOString();
	const rows = await database.execute<{
		state: string;
		count: number;
		age: number;
		leased: number;
	}>(
		sql`select state, count(*)::int as count,
				extract(epoch from ${at}::timestamptz - min(last_refreshed_at))::float8 as age,
				(count(*) filter (where lease_until > ${at}::timestamptz))::int as leased
			from stored_tokens group by state`,
	);
	const keptAlive = rows.filter(({ state }) => state === 'active' || state === 'degraded');
	return {
		byState: new Map(rows.map(({ state, count }) => [state, count])),
		oldestRefreshAgeSeconds:
			keptAlive.length === 0 ? undefined : Math.max(...keptAlive.map(({ age }) => age)),
		leased: rows.reduce((sum, row) => sum + row.leased, 0),
	};
}
