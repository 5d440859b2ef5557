// `mailkey keys status`, `keys verify` and `keys rotate`

import { OperatorError } from '../lib/domain/operator-error.ts';
import { requireSameDatabase } from '../lib/server/database/direct-url.ts';
import { withClient } from '../lib/server/database/driver/open-client.ts';
import { findDatabaseFault } from '../lib/server/database/find-database-fault.ts';
import { recountSealedValues } from '../lib/server/database/recount-sealed-values.ts';
import { readSettings } from './environment.ts';
import { mapAccessErrors } from './map-access-errors.ts';
import { printJson, printList, type JsonOption } from './print.ts';
import { migrate, openDatabase, refuseWrongKeys } from './start-app.ts';
import { withApp } from './with-app.ts';

/** Throws `OperatorError` when a key is another than it was, after all are listed. */
export async function showKeys(options: JsonOption): Promise<void> {
	const [counted, wrong] = await withApp(
		(app) => Promise.all([app.countByKey(), app.findEveryWrongKey()]),
		{ keys: 'as they are' },
	);
	const keys = counted.map((key) => (wrong.includes(key.key) ? { ...key, use: 'wrong' } : key));
	printList('keys', keys, ['key', 'values', 'use'], options);
	refuseWrongKeys(wrong);
}

/** Throws `OperatorError` when something does not open, after all is counted. */
export async function verifyKeys(options: JsonOption): Promise<void> {
	const { opened, unopenable, miscounted } = await withApp((app) => app.verifyKeys(), {
		keys: 'as they are',
	});
	if (options.json) printJson({ opened, unopenable });
	else process.stdout.write(`${opened} values open with the keys at hand.\n`);
	for (const { key, values, counted } of miscounted) {
		process.stderr.write(
			`"keys status" counts ${counted} values for "${key}", and there are ${values}: mailkey keys recount puts it right.\n`,
		);
	}
	if (unopenable.length === 0) return;
	throw new OperatorError(
		unopenable.map(
			({ key, table, values }) => `${values} values of ${table} do not open: sealed with "${key}".`,
		),
	);
}

/** Past a pooler where there is a way, as reading all values may take longer than a statement may. */
export async function recountKeys(options: JsonOption): Promise<void> {
	const database: Awaited<ReturnType<typeof openDatabase>> & { directUrl?: string | undefined } =
		await openDatabase(readSettings(), 'command');
	try {
		await migrate(database);
		const { url, directUrl = url } = database;
		await requireSameDatabase(url, directUrl);
		const mended = await mapAccessErrors(
			() => recountSealedValues(directUrl),
			() => withClient(directUrl, findDatabaseFault),
		);
		printList('mended', mended, ['key', 'counted', 'values'], options);
	} finally {
		await database.stop();
	}
}

/** How far it is goes to standard error: the result alone is the answer. */
export async function rotateKeys(options: JsonOption): Promise<void> {
	const { resealed, changedMeanwhile, unopenable } = await withApp((app) =>
		app.resealTokens(({ looked, resealed }) => {
			process.stderr.write(`looked at ${looked} values, resealed ${resealed}\n`);
		}),
	);
	const result = {
		resealed,
		changed_meanwhile: changedMeanwhile,
		unopenable: Object.fromEntries(unopenable),
	};
	if (options.json) printJson(result);
	else process.stdout.write(`Resealed ${resealed} values with the first key.\n`);
	if (unopenable.size > 0) {
		const keys = [...unopenable].map(([id, count]) => `${count} sealed with "${id}"`).join(', ');
		throw new OperatorError(
			`Some values could not be opened and are left as they are: ${keys}. Add the keys that sealed them to TOKEN_KEYS and run this again.`,
		);
	}
}
