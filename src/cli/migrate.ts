// `mailkey migrate`: brings the database schema up to date, as the server does at its start.

import { readSettings } from './environment.ts';
import { printJson, type JsonOption } from './print.ts';
import { migrate, openDatabase } from './start-app.ts';

export async function migrateSchema({ json }: JsonOption): Promise<void> {
	const database = await openDatabase(readSettings(), 'command');
	try {
		const applied = await migrate(database);
		if (json) printJson({ status: 'up_to_date', applied });
		else process.stdout.write(`The schema is up to date; ${applied} changes were made.\n`);
	} finally {
		await database.stop();
	}
}
