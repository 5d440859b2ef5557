// `DATABASE_DIRECT_URL` leads past a pooler to the database of `DATABASE_URL`. That is looked at before anything is done there:
// by a mistake in it another database would be migrated or counted anew.

import { OperatorError } from '../../domain/operator-error.ts';
import { explainRefusedParameter } from './refused-parameter.ts';
import { withClient } from './driver/open-client.ts';

/**
 * A lock that is taken by one way is seen by the other. Every user may do and see that, and it tells apart what names and
 * numbers do not: a physical copy has the same name, oid and system identifier. Throws `OperatorError`.
 */
export async function requireSameDatabase(url: string, directUrl: string): Promise<void> {
	if (directUrl === url) return;
	await withClient(url, (client) =>
		client.begin(async (transaction) => {
			const [mark] = await transaction.unsafe<{ key: string }[]>(`
				with mark as materialized (select floor(random() * 2 ^ 52)::bigint as key)
				select key::text, pg_advisory_xact_lock(key) from mark`);
			const isSame = await seesLock(directUrl, mark?.key ?? '').catch(refuseUnusable);
			if (isSame) return;
			throw new OperatorError(
				'DATABASE_DIRECT_URL leads to another database than DATABASE_URL, or to a standby of it: it must lead past the pooler to the same one.',
			);
		}),
	);
}

async function seesLock(directUrl: string, key: string): Promise<boolean> {
	return withClient(directUrl, async (client) => {
		const [row] = await client<{ seen: boolean }[]>`
			select exists (
				select from pg_locks
				where locktype = 'advisory' and objsubid = 1 and (classid::bigint << 32 | objid::bigint)::text = ${key}
					and database = (select oid from pg_database where datname = current_database())
			) as seen`;
		return row?.seen === true;
	});
}

function refuseUnusable(cause: unknown): never {
	const refused = explainRefusedParameter(cause);
	if (refused) {
		const sentence = `DATABASE_DIRECT_URL cannot be used: ${refused.message} ${refused.todo}`;
		throw new OperatorError(sentence, { cause });
	}
	const reason = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
	throw new OperatorError(
		`DATABASE_DIRECT_URL cannot be used${reason}: check it, and that PostgreSQL runs there. Without it, the way of DATABASE_URL is taken.`,
		{ cause },
	);
}
