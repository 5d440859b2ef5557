// What `mailkey doctor` looks at: the rooms of a helper, without a helper and its chores.

import { inspectDatabase } from '../database/migrate.ts';
import { diagnose, type Check } from './diagnose.ts';
import { buildRooms, type HelperOptions } from './services.ts';
import { reachMailServer } from '../mail/reach-mail-server.ts';
import { createIssuerSource } from '../microsoft/metadata.ts';

export type { Check };

export async function* diagnoseHelper(options: HelperOptions): AsyncGenerator<Check> {
	const { settings, mode, databaseUrl, fetch = globalThis.fetch } = options;
	const rooms = buildRooms(options);
	try {
		yield* diagnose({
			...rooms,
			inspectDatabase: () => inspectDatabase(databaseUrl),
			fetchIssuer: createIssuerSource(settings.microsoft.authority, fetch),
			reachMailServer,
			mail: settings.mail,
			mode,
		});
	} finally {
		await rooms.connection.close();
	}
}
