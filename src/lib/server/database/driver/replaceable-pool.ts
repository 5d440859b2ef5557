// A pool whose connections are worth nothing any more is replaced, and closed for good. Either the database is connected and
// says nothing: the network between swallowed it, or postgres.js has lost a statement (3.4.9 keeps bytes that it could not
// send when a connection closed, and then sends nothing on the next one); nobody waits for it forever. Or it takes no
// changes: it was the primary, and is one no longer.

import type { Sql } from 'postgres';

/** A connection may take five seconds, and a statement as long; what takes longer still has been lost. */
const ANSWER_LIMIT_MS = 12_000;

/** Statements in progress on the old pool, most of which are lost too, are given this long. */
const OLD_POOL_SECONDS = 5;

/** A database that stays read-only is not connected to anew with each statement. */
const BETWEEN_STANDBYS_MS = 5_000;

/** PostgreSQL's code for a change that is asked of a standby. */
const READ_ONLY = '25006';

export type Pool = {
	sql: Sql;
	/** After the end of `sql`: closes what it has left open. */
	close(): void;
};

export type ReplaceablePool = {
	/** The pool of now. */
	current(): Sql;
	/** Throws an error with the code `DATABASE_SILENT` when there is no answer in time. */
	answered<Answer>(
		send: (done: (answer: Answer) => void, failed: (error: unknown) => void) => void,
	): Promise<Answer>;
	end(): Promise<void>;
};

export type ReplaceablePoolOptions = {
	limitMs?: number | undefined;
	/** The host that is connected to is not to be connected to again without a look. */
	onLost?: () => void;
	/** A statement ended in an error; not where no answer came in time. */
	onRefused?: ((error: unknown) => void) | undefined;
};

export function createReplaceablePool(
	makePool: () => Pool,
	{ limitMs = ANSWER_LIMIT_MS, onLost, onRefused }: ReplaceablePoolOptions = {},
): ReplaceablePool {
	let pool = makePool();
	let leftStandbyAt = -Infinity;

	function replace(lost: Pool): void {
		// Many statements are lost together.
		if (pool !== lost) return;
		onLost?.();
		pool = makePool();
		void endPool(lost);
	}

	function leaveStandby(standby: Pool): void {
		if (performance.now() - leftStandbyAt < BETWEEN_STANDBYS_MS) return;
		leftStandbyAt = performance.now();
		replace(standby);
	}

	return {
		current: () => pool.sql,
		answered(send) {
			const asked = pool;
			return new Promise((resolve, reject) => {
				const timer = setTimeout(() => {
					replace(asked);
					reject(Object.assign(new Error('no answer'), { code: 'DATABASE_SILENT' }));
				}, limitMs);
				send(
					(answer) => {
						clearTimeout(timer);
						resolve(answer);
					},
					(error) => {
						clearTimeout(timer);
						if (isReadOnly(error)) leaveStandby(asked);
						onRefused?.(error);
						reject(error instanceof Error ? error : new Error(String(error)));
					},
				);
			});
		},
		end: () => endPool(pool),
	};
}

async function endPool({ sql, close }: Pool): Promise<void> {
	await sql.end({ timeout: OLD_POOL_SECONDS });
	close();
}

function isReadOnly(error: unknown): boolean {
	return error instanceof Error && 'code' in error && error.code === READ_ONLY;
}
