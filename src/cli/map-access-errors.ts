// PostgreSQL's error code does not say which grant or table is missing. Finds out, and names it to the operator.

import { OperatorError } from '../lib/domain/operator-error.ts';
import { explainDatabaseFault } from '../lib/server/database/explain-database-fault.ts';
import type { DatabaseFault } from '../lib/server/database/find-database-fault.ts';
import {
	hasCode,
	INSUFFICIENT_PRIVILEGE,
	UNDEFINED_TABLE,
} from '../lib/server/database/error-codes.ts';

/** Throws `OperatorError` with what `findFault` found, and otherwise what the command threw. */
export async function mapAccessErrors<Result>(
	command: () => Promise<Result>,
	findFault: () => Promise<DatabaseFault | undefined>,
): Promise<Result> {
	try {
		return await command();
	} catch (error) {
		if (![INSUFFICIENT_PRIVILEGE, UNDEFINED_TABLE].some((code) => hasCode(error, code)))
			throw error;
		const fault = await findFault().catch(() => undefined);
		if (fault === undefined) throw error;
		const { message, todo } = explainDatabaseFault(fault);
		throw new OperatorError(`${message} ${todo}`, { cause: error });
	}
}
