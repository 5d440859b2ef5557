// `mailkey keys status`, `keys verify` and `keys rotate`

import { OperatorError } from '../lib/domain/operator-error.ts';
import { printJson, printList, type JsonOption } from './print.ts';
import { withApp } from './with-app.ts';

export async function showKeys(options: JsonOption): Promise<void> {
	const keys = await withApp((app) => app.countByKey(), { keys: 'as they are' });
	printList('keys', keys, ['key', 'values', 'use'], options);
}

/** Throws `OperatorError` when something does not open, after all is counted. */
export async function verifyKeys(options: JsonOption): Promise<void> {
	const { opened, unopenable } = await withApp((app) => app.verifyKeys(), { keys: 'as they are' });
	if (options.json) printJson({ opened, unopenable });
	else process.stdout.write(`${opened} values open with the keys at hand.\n`);
	if (unopenable.length === 0) return;
	throw new OperatorError(
		unopenable.map(
			({ key, table, values }) => `${values} values of ${table} do not open: sealed with "${key}".`,
		),
	);
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
