// Runs one command with an app, whether the server runs or not, and leaves nothing running behind.

import { OperatorError } from '../lib/domain/operator-error.ts';
import type { App } from '../lib/server/app/app.ts';
import { explainDatabaseFault } from '../lib/server/database/explain-database-fault.ts';
import { hasCode } from '../lib/server/database/has-code.ts';
import { readSettings } from './environment.ts';
import { requireDatabase, startApp } from './start-app.ts';

export type WithAppOptions = {
	makesDatabase?: boolean;
	/** A command that looks at the keys is not stopped by a wrong one. */
	keys?: 'as they were' | 'as they are';
};

/** For a command that may be the first ever given. */
export const MAKES_DATABASE = { makesDatabase: true };

/** Throws `OperatorError`. Where there is no embedded database yet, only a command that `makesDatabase` gets one. */
export async function withApp<Result>(
	command: (app: App) => Promise<Result>,
	{ makesDatabase = false, keys = 'as they were' }: WithAppOptions = {},
): Promise<Result> {
	const settings = readSettings();
	if (!makesDatabase) await requireDatabase(settings);
	const started = await startApp({ ...settings, logLevel: 'error' }, 'command', keys);
	try {
		return await command(started.app);
	} catch (error) {
		throw await nameWhatLacks(started.app, error);
	} finally {
		await started.stop();
	}
}

/** PostgreSQL's code says that a right or a table is missing (without USAGE on the schema, a table), and not which. */
async function nameWhatLacks(app: App, error: unknown): Promise<unknown> {
	if (!['42501', '42P01'].some((code) => hasCode(error, code))) return error;
	const fault = await app.findDatabaseFault().catch(() => undefined);
	if (fault === undefined) return error;
	const { message, todo } = explainDatabaseFault(fault);
	return new OperatorError(`${message} ${todo}`, { cause: error });
}
