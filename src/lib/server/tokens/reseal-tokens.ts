// Reseals everything with the first key of the ring, while the helper serves: page by page through every
// sealed column, each value by compare-and-set, so that a refresh that writes meanwhile wins. What that key
// sealed already is passed over: after a kill it just begins again.

import { SEALED_COLUMNS, type SealedColumn } from '../database/schema/sealed-columns.ts';
import type { SealedValue } from './sealed-value-store.ts';
import { isOpenError } from '../vault/vault.ts';
import type { Services } from '../app/services.ts';

export type ResealContext = Pick<Services, 'sealedValues' | 'vault'>;

export type Resealed = {
	resealed: number;
	/** Written by somebody else meanwhile; with which key is theirs. */
	changedMeanwhile: number;
	/** Values that no key of the ring opens, by the id of the key that sealed them. They are left alone. */
	unopenable: ReadonlyMap<string, number>;
};

const PAGE = 500;

/** Writes at the same time: the pool has room for them beside others. */
const AT_ONCE = 5;

export async function resealTokens(
	context: ResealContext,
	onProgress: (progress: { looked: number; resealed: number }) => void,
): Promise<Resealed> {
	const unopenable = new Map<string, number>();
	// A database that takes no changes says so now, and not after all is read.
	await context.sealedValues.sumUpCounts();
	const counts = { looked: 0, resealed: 0, changedMeanwhile: 0 };
	for (const column of SEALED_COLUMNS) {
		for await (const page of pagesOf(context, column)) {
			const values = page.values();
			const worker = async () => {
				for (const value of values) {
					counts.looked += 1;
					const result = await resealOne(context, column, value);
					if (result === 'resealed' || result === 'changedMeanwhile') counts[result] += 1;
					if (typeof result === 'object') {
						unopenable.set(result.keyId, (unopenable.get(result.keyId) ?? 0) + 1);
					}
				}
			};
			await Promise.all(Array.from({ length: AT_ONCE }, worker));
			onProgress(counts);
		}
	}
	await context.sealedValues.sumUpCounts();
	return { resealed: counts.resealed, changedMeanwhile: counts.changedMeanwhile, unopenable };
}

async function* pagesOf({ sealedValues, vault }: ResealContext, column: SealedColumn) {
	let after: string | undefined;
	for (;;) {
		const page = await sealedValues.listAfter(column, after, {
			unlessSealedBy: vault.sealingKeyId,
			limit: PAGE,
		});
		if (page.length === 0) return;
		after = page.at(-1)?.id;
		yield page;
	}
}

async function resealOne(
	{ sealedValues, vault }: ResealContext,
	column: SealedColumn,
	{ id, siteId, mailbox, sealed }: SealedValue,
): Promise<'nothing_to_do' | 'resealed' | 'changedMeanwhile' | { keyId: string }> {
	if (sealed === undefined) return 'nothing_to_do';
	const place = { table: column.table, column: column.column, row: id, site: siteId, mailbox };
	try {
		const again = vault.seal(vault.open(sealed, place), place);
		const replaced = await sealedValues.replace(column, id, sealed, again);
		return replaced ? 'resealed' : 'changedMeanwhile';
	} catch (error) {
		if (!isOpenError(error)) throw error;
		return { keyId: sealed.split('.')[1] ?? '' };
	}
}
