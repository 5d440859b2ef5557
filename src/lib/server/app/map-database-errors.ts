// A database that is away, turned into what the caller is told.

import { Problem } from '../../domain/problem.ts';
import { isDatabaseAway } from '../database/connection.ts';

/** A database that is away is a problem that passes, whatever was being done. */
export async function whenAvailable<Result>(flow: () => Promise<Result>): Promise<Result> {
	try {
		return await flow();
	} catch (cause) {
		if (isDatabaseAway(cause)) {
			throw new Problem('temporarily_unavailable', { cause, retryAfterSeconds: 5 });
		}
		throw cause;
	}
}
