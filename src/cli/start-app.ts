// Starts what a helper depends on: database, schema, and in practice mode the practice Microsoft.

import { userInfo } from 'node:os';
import { createApp, type App } from '../lib/server/app/app.ts';
import { PAGE_PATH } from '../lib/server/app/page-settings.ts';
import { GRANTS } from '../lib/server/database/explain-database-fault.ts';
import {
	hasCode,
	INSUFFICIENT_PRIVILEGE,
	LOCK_NOT_AVAILABLE,
	READ_ONLY_SQL_TRANSACTION,
	UNDEFINED_TABLE,
} from '../lib/server/database/error-codes.ts';
import { findPooler } from '../lib/server/database/find-pooler.ts';
import { migrateDatabase, MigrationsUnreadable } from '../lib/server/database/migrate.ts';
import { explainRefusedParameter } from '../lib/server/database/refused-parameter.ts';
import { hasDatabase, openEmbeddedPostgres } from '../embedded-postgres/embedded-postgres.ts';
import { OperatorError } from '../lib/domain/operator-error.ts';
import { createLog, type Log } from '../lib/server/log.ts';
import type { AppSettings, Settings } from '../lib/server/settings/settings.ts';
import { practiceSettings, startPractice, type Practice } from './practice.ts';
import { registerPracticeSite } from './practice-site.ts';

export type StartedApp = {
	app: App;
	log: Log;
	practice: Practice | undefined;
	/** Resolves with one sentence when the embedded database ended without being asked. */
	databaseDied: Promise<string>;
	/** In the opposite order of the start. */
	stop(): Promise<void>;
};

/**
 * `server` is `npm start`; a `command` borrows what a running server has started. Where none runs, a
 * `command_with_practice` has a practice Microsoft of its own meanwhile.
 */
type Role = 'server' | 'command' | 'command_with_practice';

export async function startApp(
	settings: Settings,
	role: Role,
	keys: 'as they were' | 'as they are' = 'as they were',
): Promise<StartedApp> {
	const log = createLog({ level: settings.logLevel, mailboxes: settings.logMailboxes });
	const cleanUp: (() => Promise<void>)[] = [];
	const stop = async () => {
		for (const step of cleanUp.splice(0).reverse()) await step();
	};
	try {
		const database = await openDatabase(settings, role === 'server' ? 'server' : 'command');
		cleanUp.push(database.stop);
		await migrate(database);
		await refuseUnnamedPooler(settings);
		const practice =
			settings.mode === 'practice' && role !== 'command'
				? await startPractice(
						settings,
						settings.origin + PAGE_PATH,
						role === 'server' ? 'server' : 'command',
					)
				: undefined;
		if (practice) cleanUp.push(practice.stop);
		const app = createApp({
			settings: await readAppSettings(settings, practice),
			mode: settings.mode,
			databaseUrl: database.url,
			log,
			operatorName: userInfo().username,
			...(practice && { practiceAccounts: practice.accounts }),
		});
		cleanUp.push(() => app.close());
		await app.measureClock();
		if (keys === 'as they were') refuseWrongKeys(await learnKeys(app));
		if (settings.mode === 'practice' && practice) {
			await registerPracticeSite(app, settings.dataDirectory);
		}
		return { app, log, practice, databaseDied: database.died, stop };
	} catch (error) {
		await stop();
		throw error;
	}
}

/** A command that only reads makes no empty database where there is none: it was started in the wrong folder. */
export class NoDatabaseYet extends OperatorError {}

/** Throws `NoDatabaseYet`. */
export async function requireDatabase({ database }: Settings): Promise<void> {
	if (database.kind !== 'embedded' || (await hasDatabase(database.directory))) return;
	throw new NoDatabaseYet(
		`There is no database in ${database.directory} yet; the helper makes it at its first start. If it is elsewhere, set DATA_DIR or DATABASE_URL as the helper has it, or run this in the folder with its .env file.`,
	);
}

export async function openDatabase(settings: Settings, role: 'server' | 'command') {
	const { database } = settings;
	if (database.kind === 'embedded') return openEmbeddedPostgres({ ...database, role });
	return {
		...database,
		died: new Promise<string>(() => undefined),
		stop: () => Promise.resolve(),
	};
}

/** How many changes were made. Throws `OperatorError`. */
export async function migrate(database: { url: string; directUrl?: string | undefined }) {
	const { url, directUrl } = database;
	try {
		return await migrateDatabase(url, { directUrl });
	} catch (cause) {
		if (cause instanceof OperatorError) throw cause;
		if (hasCode(cause, LOCK_NOT_AVAILABLE)) {
			throw new OperatorError(
				'The database schema must be brought up to date, and another process did not let go of it within a minute: one that migrates as well, or that holds one of the tables. Run it again when that has ended.',
				{ cause },
			);
		}
		if (hasCode(cause, READ_ONLY_SQL_TRANSACTION)) {
			throw new OperatorError(
				'No host of DATABASE_URL takes changes: each is a standby, or read-only. Name the primary.',
				{ cause },
			);
		}
		if (cause instanceof MigrationsUnreadable) {
			throw new OperatorError(`${cause.message} ${GRANTS}`, { cause });
		}
		if (hasCode(cause, INSUFFICIENT_PRIVILEGE)) {
			throw new OperatorError(
				'The database schema must be brought up to date, and this database user may not do that: run "mailkey migrate" with DATABASE_URL of the user who owns the schema.',
				{ cause },
			);
		}
		const refused = explainRefusedParameter(cause);
		if (refused) throw new OperatorError(`${refused.message} ${refused.todo}`, { cause });
		const reason = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
		throw new OperatorError(
			`The database cannot be used${reason}: check DATABASE_URL, and that PostgreSQL 15 or newer runs there.`,
			{ cause },
		);
	}
}

/**
 * What belongs to a session, such as a named statement, gets mixed up by a pooler that shares connections by transaction:
 * nobody may be served before it is known. Throws `OperatorError`.
 */
async function refuseUnnamedPooler({ database, databasePool }: Settings): Promise<void> {
	if (database.kind === 'embedded' || databasePool.pooler !== 'none') return;
	if ((await findPooler(database.url)) !== 'transaction') return;
	throw new OperatorError(
		'DATABASE_URL leads to a connection pooler that shares connections by transaction, such as PgBouncer: set DATABASE_POOLER=transaction.',
	);
}

/** None where the database takes no changes, or grants are missing: readiness and `mailkey doctor` tell of that. */
function learnKeys(app: App): Promise<string[]> {
	return app.learnKeys().catch((error: unknown) => {
		if (
			[INSUFFICIENT_PRIVILEGE, UNDEFINED_TABLE, READ_ONLY_SQL_TRANSACTION].some((code) =>
				hasCode(error, code),
			)
		)
			return [];
		throw error;
	});
}

/** Throws `OperatorError`. */
export function refuseWrongKeys(keyIds: readonly string[]): void {
	const sentences = keyIds.map(
		(id) =>
			`TOKEN_KEYS: the key "${id}" is not the one that was used under this id before. Put that one back, or give the new key an id of its own, behind it.`,
	);
	if (sentences.length > 0) throw new OperatorError(sentences);
}

export async function readAppSettings(
	settings: Settings,
	practice: Practice | undefined,
): Promise<AppSettings> {
	return settings.mode === 'live' ? settings : practiceSettings(settings, practice);
}
