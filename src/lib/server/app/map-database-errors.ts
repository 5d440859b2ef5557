// A database that is down, turned into what the caller is told.

import { Problem } from '../../domain/problem.ts';
import { isDatabaseDown } from '../database/is-database-down.ts';

/** A database that is down is a problem that passes, whatever was being done. */
export async function mapDatabaseErrors<Result>(flow: () => Promise<Result>): Promise<Result> {
	try {
		return await flow();
	} catch (cause) {
		if (isDatabaseDown(cause)) {
			throw new Problem('temporarily_unavailable', { cause, retryAfterSeconds: 5 });
		}
		throw cause;
	}
}
