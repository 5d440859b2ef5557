// The browser gets a new session when somebody signs in, and only what may be that person's goes with it: two people may
// use one browser, one after the other.

import { sql, type SQL } from 'drizzle-orm';
import type { Database } from '../database/driver/driver.ts';

export type SessionReplacement = {
	fromSessionId: string;
	toSessionId: string;
	/** Who signed in. */
	account: { tenantId: string; objectId: string };
	now: Date;
};

export type SessionReplacementStore = {
	/** By itself; a sign-in that ends does the same in its own statement, by `replacing`. */
	replace(replacement: SessionReplacement): Promise<void>;
	/** What the old session began in the very moment of the replacement follows. */
	moveStragglers(replacement: Omit<SessionReplacement, 'now'>): Promise<void>;
};

export function createSessionReplacementStore(database: Database): SessionReplacementStore {
	return {
		async replace(replacement) {
			const fromSessionId = sql`${replacement.fromSessionId}::text`;
			await database.execute(sql`
				with now_known as (select 1),
				${replacing({ ...replacement, fromSessionId }, sql`now_known`)}
				select 1`);
		},
		async moveStragglers({ fromSessionId, toSessionId, account }) {
			await database.execute(sql`
				update sign_ins set session_id = ${toSessionId}, begun_session_id = session_id
				where session_id = ${fromSessionId} and ${goesWith(account)}`);
		},
	};
}

/**
 * The last two parts of a `with`: the sign-ins that go along, and the old session, which only reads from then on: its
 * cookie may be the one that reached the browser last. Neither happens unless `condition`, a part before them, has a row.
 */
export function replacing(
	replacement: Omit<SessionReplacement, 'fromSessionId'> & { fromSessionId: SQL },
	condition: SQL,
	/** Of this statement, which moves it by itself. */
	signInId = '',
): SQL {
	const { fromSessionId: from, account, now } = replacement;
	const to = sql`${replacement.toSessionId}::text`;
	return sql`
		moved as (
			update sign_ins set session_id = ${to}, begun_session_id = sign_ins.session_id
			from ${condition}
			where sign_ins.session_id = ${from} and ${from} <> ${to} and sign_ins.id <> ${signInId}
				and ${goesWith(account)}
		), replaced as (
			update sessions set replaced_at = ${now.toISOString()}::timestamptz, replaced_by = ${to}
			from ${condition}
			where sessions.id = ${from} and ${from} <> ${to} and sessions.replaced_at is null
		)`;
}

/** What has not come to Microsoft's answer yet (two tabs); of the rest, what the same Microsoft account signed in. */
function goesWith({ tenantId, objectId }: SessionReplacement['account']): SQL {
	return sql`(sign_ins.state in ('started', 'exchanging')
		or (sign_ins.tenant_id = ${tenantId} and sign_ins.object_id = ${objectId}))`;
}
