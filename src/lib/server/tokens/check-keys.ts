// Whether a key of the ring is another than the one that was used under its id before: by the value that it is known by,
// and where there is none yet, by what is sealed with it. Otherwise the mistake would show at each mailbox, and what is
// sealed meanwhile would be mixed with it for good.

import { SEALED_COLUMNS } from '../database/schema/sealed-columns.ts';
import { isOpenError } from '../vault/vault.ts';
import type { Services } from '../app/services.ts';

export type CheckKeysContext = Pick<Services, 'keyChecks' | 'sealedValues' | 'vault'>;

/** The ids of keys that are not those they were. Reads one small table. */
export async function findWrongKeys({
	keyChecks,
	vault,
}: Pick<CheckKeysContext, 'keyChecks' | 'vault'>): Promise<string[]> {
	const known = await keyChecks.list();
	return vault.keyIds.filter((id) => {
		const expected = known.get(id);
		return expected !== undefined && expected !== vault.checkValue(id);
	});
}

/** The same, and by what is sealed with them: also of keys that were never used at a start. Reads some sealed values. */
export async function findEveryWrongKey(context: CheckKeysContext): Promise<string[]> {
	const wrong = new Set([...(await findWrongKeys(context)), ...(await keysThatOpenNot(context))]);
	return context.vault.keyIds.filter((id) => wrong.has(id));
}

/** The same as the first, at a start: keys that are new are known from then on. */
export async function learnKeys(context: CheckKeysContext): Promise<string[]> {
	const { keyChecks, vault } = context;
	const wrong = new Set(await findWrongKeys(context));
	const known = await keyChecks.list();
	const isNew = vault.keyIds.some((id) => !known.has(id));
	const damaged = isNew ? await keysThatOpenNot(context) : new Set<string>();
	for (const id of vault.keyIds.filter((candidate) => !known.has(candidate))) {
		if (damaged.has(id)) wrong.add(id);
		else await keyChecks.add(id, vault.checkValue(id));
	}
	return [...wrong];
}

/** Of each column. */
const SAMPLE = 20;

/** The ids of keys that do not open a value which is marked with their id. */
export async function keysThatOpenNot({
	sealedValues,
	vault,
}: Pick<CheckKeysContext, 'sealedValues' | 'vault'>): Promise<Set<string>> {
	const damaged = new Set<string>();
	for (const column of SEALED_COLUMNS) {
		const page = { unlessSealedBy: '', limit: SAMPLE };
		for (const { id, siteId, mailbox, sealed } of await sealedValues.listAfter(
			column,
			undefined,
			page,
		)) {
			if (sealed === undefined) continue;
			const place = { table: column.table, column: column.column, row: id, site: siteId, mailbox };
			try {
				vault.open(sealed, place);
			} catch (error) {
				if (!isOpenError(error)) throw error;
				damaged.add(sealed.split('.')[1] ?? '');
			}
		}
	}
	return damaged;
}
