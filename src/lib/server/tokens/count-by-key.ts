// How many sealed values belong to which key, and which of them no key of the ring opens.

import type { Vault } from '../vault/vault.ts';
import type { SealedValueStore } from './sealed-value-store.ts';

export type CountByKeyContext = {
	sealedValues: Pick<SealedValueStore, 'countByKey'>;
	vault: Vault;
};

export type KeyUse = {
	key: string;
	values: number;
	/** What the key is good for here: `missing` is not in `TOKEN_KEYS`. */
	use: 'seals' | 'opens' | 'missing';
};

/** Every key of the ring, and every key that sealed something. */
export async function countByKey({ sealedValues, vault }: CountByKeyContext): Promise<KeyUse[]> {
	const counts = await sealedValues.countByKey();
	const ids = new Set([...vault.keyIds, ...counts.keys()]);
	return [...ids].map((key) => ({ key, values: counts.get(key) ?? 0, use: useOf(vault, key) }));
}

function useOf({ keyIds, sealingKeyId }: Vault, key: string): KeyUse['use'] {
	if (key === sealingKeyId) return 'seals';
	return keyIds.includes(key) ? 'opens' : 'missing';
}

/** Values that no key of the ring opens. */
export type UnopenableValues = {
	byKey: Record<string, number>;
	/** There are sealed values, and none of them can be opened. */
	isAll: boolean;
};

export async function countUnopenable(context: CountByKeyContext): Promise<UnopenableValues> {
	const sealed = (await countByKey(context)).filter(({ values }) => values > 0);
	const missing = sealed.filter(({ use }) => use === 'missing');
	return {
		byKey: Object.fromEntries(missing.map(({ key, values }) => [key, values])),
		isAll: missing.length > 0 && missing.length === sealed.length,
	};
}
