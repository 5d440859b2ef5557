// A database that is connected and says nothing: the network between swallowed it, or postgres.js has lost a statement
// (3.4.9 keeps bytes that it could not send when a connection closed, and then sends nothing on the next one). Nobody
// waits for it forever, and the pool is replaced, as its connections are worth nothing any more.

import type { Sql } from 'postgres';

/** A connection may take five seconds, and a statement as long; what takes longer still has been lost. */
const ANSWER_LIMIT_MS = 12_000;

/** Statements in progress on the old pool, most of which are lost too, are given this long. */
const OLD_POOL_SECONDS = 5;

export type ReplaceablePool = {
	/** The pool of now. */
	current(): Sql;
	/** Throws an error with the code `DATABASE_SILENT` when there is no answer in time. */
	answered<Answer>(
		send: (done: (answer: Answer) => void, failed: (error: unknown) => void) => void,
	): Promise<Answer>;
	end(): Promise<void>;
};

export function createReplaceablePool(
	makePool: () => Sql,
	{ limitMs = ANSWER_LIMIT_MS }: { limitMs?: number | undefined } = {},
): ReplaceablePool {
	let pool = makePool();
	function replace(silent: Sql): void {
		// Many statements fall silent together.
		if (pool !== silent) return;
		pool = makePool();
		void silent.end({ timeout: OLD_POOL_SECONDS });
	}
	return {
		current: () => pool,
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
						reject(error instanceof Error ? error : new Error(String(error)));
					},
				);
			});
		},
		end: () => pool.end({ timeout: OLD_POOL_SECONDS }),
	};
}
