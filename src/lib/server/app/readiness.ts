// Can this instance do its work now? Microsoft is not asked: an outage there must not take the page away.

import { withTimeout } from '../with-timeout.ts';
import { findWrongKeys } from '../tokens/check-keys.ts';
import { countUnopenable, type CountByKeyContext } from '../tokens/count-by-key.ts';
import type { Services } from './services.ts';

/** The caller decides by the answer where to send people; a late one is as good as a no. */
const DATABASE_LIMIT_MS = 3_000;

export type Readiness =
	/** `degraded`: some values need a key that is not in `TOKEN_KEYS`, so many by key id; all else works. */
	| { status: 'ready' | 'degraded'; unopenable: Record<string, number> }
	| { status: 'not_ready'; missing: string };

export type ReadinessContext = Pick<Services, 'findDatabaseFault' | 'keyChecks'> &
	CountByKeyContext;

export async function readiness(
	context: ReadinessContext,
	phase: 'serving' | 'leaving',
): Promise<Readiness> {
	if (phase === 'leaving') return { status: 'not_ready', missing: 'shutting down' };
	try {
		const found = await withTimeout(
			context.findDatabaseFault().then((fault) => ({ fault })),
			DATABASE_LIMIT_MS,
		);
		if (found === undefined) return { status: 'not_ready', missing: 'database' };
		if (found.fault) return { status: 'not_ready', missing: MISSING[found.fault.kind] };
		const [wrong] = await findWrongKeys(context);
		if (wrong !== undefined) return { status: 'not_ready', missing: `key ${wrong} as it was` };
		const { byKey: unopenable, isAll } = await countUnopenable(context);
		if (isAll) return { status: 'not_ready', missing: 'keys that open what is stored' };
		const isWhole = Object.keys(unopenable).length === 0;
		return { status: isWhole ? 'ready' : 'degraded', unopenable };
	} catch {
		// Why it is down is the database's own log's to say; this answer is public.
		return { status: 'not_ready', missing: 'database' };
	}
}

const MISSING = {
	read_only: 'writable database',
	disk_full: 'room on the disk of the database',
	missing_usage: 'grants on tables of the database',
	missing_tables: 'tables of the database',
	missing_grants: 'grants on tables of the database',
} as const;

/** Load balancers ask every few seconds. */
const KEPT_MS = 250;

/** Anybody may ask, as often as they like: it costs a statement four times a second at most, and a connection. */
export function shareReadiness(
	look: () => Promise<Readiness>,
	nowMs: () => number,
): () => Promise<Readiness> {
	let known: Promise<Readiness> | undefined;
	let until = 0;
	return async () => {
		if (known === undefined || nowMs() >= until) {
			until = Infinity;
			known = look().finally(() => (until = nowMs() + KEPT_MS));
		}
		return known;
	};
}
