// Whether a connection pooler such as PgBouncer is between this process and PostgreSQL, and whether it shares connections by
// transaction. Then what belongs to a session (named statements, locks) is lost or, worse, another client's.

import type { Sql } from 'postgres';
import { withClient } from './driver/open-client.ts';

export type FoundPooler = 'none' | 'session' | 'transaction';

/** A pool of one connection lets nobody else pass meanwhile; that is an answer too. */
const WAIT_MS = 1_000;

/** Others may use the pool meanwhile, so that one round could miss it. */
const ROUNDS = 10;

export function findPooler(url: string): Promise<FoundPooler> {
	return withClient(url, async (client) => {
		const before = await askPid(client);
		// PostgreSQL names its process at the start of a connection; a pooler gives a number of its own.
		if (before.pid === before.announced) return 'none';
		return withClient(url, async (other) => {
			for (let round = 0; round < ROUNDS; round += 1) {
				if (await isShared(client, other, before.pid)) return 'transaction';
			}
			return 'session';
		});
	});
}

/** Whether `client` is at another process while `other` has a transaction open, or `other` at its. */
function isShared(client: Sql, other: Sql, pid: number): Promise<boolean> {
	return other.begin(async (transaction) => {
		if ((await askPid(transaction)).pid === pid) return true;
		const after = await Promise.race([askPid(client), noAnswer()]);
		return after?.pid !== pid;
	});
}

async function askPid(client: Pick<Sql, 'unsafe'>): Promise<{ pid: number; announced: number }> {
	const rows = await client.unsafe<{ pid: number }[]>('select pg_backend_pid() as pid');
	return { pid: rows[0]?.pid ?? 0, announced: rows.state.pid };
}

function noAnswer(): Promise<undefined> {
	return new Promise((resolve) => setTimeout(resolve, WAIT_MS, undefined).unref());
}
