// A database that is down, or sealed values that no key opens, turned into what the caller is told.

import { Problem } from '../../domain/problem.ts';
import { isOpenError } from '../vault/vault.ts';
import { isDatabaseDown } from '../database/is-database-down.ts';

/** A database that is down is a problem that passes, whatever was being done. */
export async function mapDatabaseErrors<Result>(flow: () => Promise<Result>): Promise<Result> {
	try {
		return await flow();
	} catch (cause) {
		if (isDatabaseDown(cause)) {
			throw new Problem('temporarily_unavailable', { cause, retryAfterSeconds: 5 });
		}
		// A key that is missing or wrong: the operator puts it back, and nobody else can do anything.
		if (isOpenError(cause)) {
			throw new Problem('temporarily_unavailable', { cause, retryAfterSeconds: 60 });
		}
		throw cause;
	}
}
