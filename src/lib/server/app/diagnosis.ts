// What `mailkey doctor` looks at: the services of an app, without its background jobs.

import { hasRoomOnDisk } from '../database/find-database-fault.ts';
import { requireSameDatabase } from '../database/direct-url.ts';
import { findLaggingSequences } from '../database/lagging-sequences.ts';
import { findPooler } from '../database/find-pooler.ts';
import { inspectDatabase } from '../database/migrate.ts';
import { diagnose, type Check } from './diagnose.ts';
import { createServices, type AppOptions } from './create-services.ts';
import { reachMailServer } from '../mail/reach-mail-server.ts';
import { createIssuerSource, fetchServerTime } from '../microsoft/metadata.ts';

export type { Check };

export async function* diagnoseApp(options: AppOptions): AsyncGenerator<Check> {
	const { settings, mode, databaseUrl, fetch = globalThis.fetch } = options;
	const { database } = settings;
	const services = createServices(options);
	try {
		// Where the database is down, the machine's own clock has to do.
		await services.clock.measure().catch(() => undefined);
		yield* diagnose({
			...services,
			findDatabaseFault: async () =>
				(await services.findDatabaseFault()) ??
				((await hasRoomOnDisk(services.connection.sql)) ? undefined : { kind: 'disk_full' }),
			inspectDatabase: () => inspectDatabase(databaseUrl),
			findLaggingSequences: () => findLaggingSequences(services.connection.sql),
			findPooler: () => findPooler(databaseUrl),
			checkDirectUrl: async () => {
				if (database.kind === 'embedded') return;
				await requireSameDatabase(databaseUrl, database.directUrl ?? databaseUrl);
			},
			pooler: settings.databasePool.pooler,
			fetchIssuer: createIssuerSource(settings.microsoft.authority, fetch),
			fetchServerTime: () => fetchServerTime(settings.microsoft.authority, fetch),
			reachMailServer,
			mail: settings.mail,
			mode,
		});
	} finally {
		await services.connection.close();
	}
}
