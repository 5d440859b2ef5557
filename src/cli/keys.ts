// `mailkey keys status` and `keys rotate`

import { OperatorError } from '../lib/domain/operator-error.ts';
import { printJson, printList, type JsonOption } from './print.ts';
import { withApp } from './with-app.ts';

export async function showKeys(options: JsonOption): Promise<void> {
	const keys = await withApp((app) => app.countByKey());
	printList('keys', keys, ['key', 'values', 'use'], options);
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
