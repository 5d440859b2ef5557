// Which right or table lacks where PostgreSQL refused a command for one: its code does not say.

import { OperatorError } from '../lib/domain/operator-error.ts';
import { explainDatabaseFault } from '../lib/server/database/explain-database-fault.ts';
import type { DatabaseFault } from '../lib/server/database/find-database-fault.ts';
import { hasCode } from '../lib/server/database/has-code.ts';

const LACK_OF_RIGHTS = '42501';
/** PostgreSQL's answer also where USAGE on the schema is missing. */
const NO_SUCH_TABLE = '42P01';

/** Throws `OperatorError` with what `findFault` found, and otherwise what the command threw. */
export async function nameWhatLacks<Result>(
	command: () => Promise<Result>,
	findFault: () => Promise<DatabaseFault | undefined>,
): Promise<Result> {
	try {
		return await command();
	} catch (error) {
		if (![LACK_OF_RIGHTS, NO_SUCH_TABLE].some((code) => hasCode(error, code))) throw error;
		const fault = await findFault().catch(() => undefined);
		if (fault === undefined) throw error;
		const { message, todo } = explainDatabaseFault(fault);
		throw new OperatorError(`${message} ${todo}`, { cause: error });
	}
}
