// Runs one command with an app, whether the server runs or not, and leaves nothing running behind.

import type { App } from '../lib/server/app/app.ts';
import { readSettings } from './environment.ts';
import { mapAccessErrors } from './map-access-errors.ts';
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
		const { app } = started;
		return await mapAccessErrors(() => command(app), app.findDatabaseFault);
	} finally {
		await started.stop();
	}
}
