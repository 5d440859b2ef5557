// How many sealed values belong to which key, and which of them no key of the ring opens.

import type { Vault } from '../vault/vault.ts';
import { withTimeout } from '../with-timeout.ts';
import type { Services } from '../app/services.ts';

export type CountByKeyContext = Pick<Services, 'sealedValues' | 'vault' | 'now' | 'log'>;

export type KeyUse = {
	key: string;
	values: number;
	/** What the key is good for here: `missing` is not in `TOKEN_KEYS`. */
	use: 'seals' | 'opens' | 'missing';
};

/** Every key of the ring, and every key that sealed something. */
export async function countByKey({
	sealedValues,
	vault,
}: Pick<CountByKeyContext, 'sealedValues' | 'vault'>): Promise<KeyUse[]> {
	const counts = await sealedValues.countByKey();
	const ids = new Set([...vault.keyIds, ...counts.keys()]);
	return [...ids].map((key) => ({ key, values: counts.get(key) ?? 0, use: useOf(vault, key) }));
}

function useOf({ keyIds, sealingKeyId }: Vault, key: string): KeyUse['use'] {
	if (key === sealingKeyId) return 'seals';
	return keyIds.includes(key) ? 'opens' : 'missing';
}

/** A health check is asked every few seconds, and counting reads whole tables: at most this part of the time. */
const MAX_OF_THE_TIME = 0.01;
const COUNT_AT_MOST_EVERY_MS = 5_000;

/** A health check gets the last count rather than wait longer for a newer one. */
const WAIT_MS = 500;

/** Values that no key of the ring opens. */
export type UnopenableValues = {
	byKey: Record<string, number>;
	/** There are sealed values, and none of them can be opened. */
	isAll: boolean;
};

/** Counts what cannot be opened, by key id, now and then: when somebody asks, and not too often. */
export function createUnopenableCount(context: CountByKeyContext): () => Promise<UnopenableValues> {
	const { now, log } = context;
	let known: UnopenableValues = { byKey: {}, isAll: false };
	let nextAt = 0;
	let counting: Promise<void> | undefined;

	async function count(): Promise<void> {
		const before = now().getTime();
		try {
			const sealed = (await countByKey(context)).filter(({ values }) => values > 0);
			const missing = sealed.filter(({ use }) => use === 'missing');
			known = {
				byKey: Object.fromEntries(missing.map(({ key, values }) => [key, values])),
				isAll: missing.length > 0 && missing.length === sealed.length,
			};
		} catch (error) {
			log.warn({ err: error }, 'sealed values could not be counted');
		}
		const after = now().getTime();
		nextAt = after + Math.max(COUNT_AT_MOST_EVERY_MS, (after - before) / MAX_OF_THE_TIME);
	}

	return async () => {
		if (now().getTime() >= nextAt) counting ??= count().finally(() => (counting = undefined));
		if (counting !== undefined) await withTimeout(counting, WAIT_MS);
		return known;
	};
}
