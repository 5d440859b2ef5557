// Opens every sealed value with the keys at hand, as after a restore, and changes nothing.

import { SEALED_COLUMNS } from '../database/schema/sealed-columns.ts';
import { isOpenError } from '../vault/vault.ts';
import type { Services } from '../app/services.ts';

export type KeysVerified = {
	opened: number;
	/** Values that do not open, by the key that they are marked with, and where they are. */
	unopenable: { key: string; table: string; values: number }[];
	/** Keys of which another number is kept than was found, as after a restore of some tables alone. */
	miscounted: { key: string; values: number; counted: number }[];
};

const PAGE = 500;

/** No key has such an id, so that every value is listed. */
const NO_KEY = ' ';

export async function verifyKeys({
	sealedValues,
	vault,
}: Pick<Services, 'sealedValues' | 'vault'>): Promise<KeysVerified> {
	let opened = 0;
	const byKey = new Map<string, number>();
	const countedBefore = await sealedValues.countByKey();
	const unopenable = new Map<string, KeysVerified['unopenable'][number]>();
	for (const column of SEALED_COLUMNS) {
		let after: string | undefined;
		for (;;) {
			const page = await sealedValues.listAfter(column, after, {
				unlessSealedBy: NO_KEY,
				limit: PAGE,
			});
			for (const { id, siteId, mailbox, sealed } of page) {
				if (sealed === undefined) continue;
				const { table } = column;
				const key = sealed.split('.')[1] ?? '';
				byKey.set(key, (byKey.get(key) ?? 0) + 1);
				const place = { table, column: column.column, row: id, site: siteId, mailbox };
				if (opens(() => vault.open(sealed, place))) opened += 1;
				else count(unopenable, key, table);
			}
			after = page.at(-1)?.id;
			if (page.length < PAGE) break;
		}
	}
	const counted = [countedBefore, await sealedValues.countByKey()];
	return { opened, unopenable: [...unopenable.values()], miscounted: compare(byKey, counted) };
}

/** What is counted before and after: a number in between is that of a helper that serves meanwhile. */
function compare(
	found: ReadonlyMap<string, number>,
	counted: readonly ReadonlyMap<string, number>[],
): KeysVerified['miscounted'] {
	const keys = new Set([found, ...counted].flatMap((counts) => [...counts.keys()]));
	return [...keys].flatMap((key) => {
		const values = found.get(key) ?? 0;
		const both = counted.map((counts) => counts.get(key) ?? 0);
		const isRight = Math.min(...both) <= values && values <= Math.max(...both);
		return isRight ? [] : [{ key, values, counted: Math.max(...both) }];
	});
}

function opens(open: () => unknown): boolean {
	try {
		open();
		return true;
	} catch (error) {
		if (!isOpenError(error)) throw error;
		return false;
	}
}

function count(found: Map<string, KeysVerified['unopenable'][number]>, key: string, table: string) {
	const entry = found.get(`${key} ${table}`) ?? { key, table, values: 0 };
	found.set(`${key} ${table}`, { ...entry, values: entry.values + 1 });
}
