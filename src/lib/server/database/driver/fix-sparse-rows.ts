// postgres.js counts the rows of an answer on the connection and forgets to start again when a statement broke
// off between two rows: the next answer on it then begins with holes, and its first row seems not to be there
// (its issues 1119 and 1181, open in 3.4.9). Here the holes are taken out again. They never hold another
// statement's row.

import type { Sql } from 'postgres';
import type { ReplaceablePool } from './replaceable-pool.ts';

/** The client of a pool, whichever that is now, with the holes taken out of whatever is awaited of it. */
export function fixSparseRows(pool: ReplaceablePool): Sql {
	return new Proxy(pool.current(), {
		apply(_target, self, strings) {
			const asked: unknown = Reflect.apply(pool.current(), self, strings);
			return asked instanceof Promise ? whole(asked, pool) : asked;
		},
		get(_target, name) {
			const client = pool.current();
			const found: unknown = Reflect.get(client, name);
			if (name !== 'unsafe') return found;
			return (...statement: Parameters<Sql['unsafe']>) => whole(client.unsafe(...statement), pool);
		},
	});
}

/** A statement of postgres.js is sent when `then` is called; it stays what it is otherwise. */
function whole<Asked extends Promise<unknown>>(asked: Asked, { answered }: ReplaceablePool): Asked {
	const send = asked.then.bind(asked);
	const then: Asked['then'] = (done, failed) =>
		answered((answer, error) => void send(answer, error)).then(
			done && ((rows) => done(withoutHoles(rows))),
			failed,
		);
	return Object.assign(asked, { then });
}

function withoutHoles(rows: unknown): unknown {
	if (!Array.isArray(rows) || rows.length === 0 || 0 in rows) return rows;
	let holes = 1;
	while (holes < rows.length && !(holes in rows)) holes += 1;
	// At once: one by one, thousands of holes would take a minute.
	rows.splice(0, holes);
	return rows;
}
