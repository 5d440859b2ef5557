// What readiness looks at beside the database, all well.

import { generateTokenKey, parseKeyRing } from '../../src/lib/server/vault/key-ring.ts';
import { createVault } from '../../src/lib/server/vault/vault.ts';
import type { ReadinessContext } from '../../src/lib/server/app/readiness.ts';

const keys = parseKeyRing(generateTokenKey('test'));
if (typeof keys === 'string') throw new Error(keys);

export const wellOtherwise: Omit<ReadinessContext, 'findDatabaseFault'> = {
	vault: createVault(keys),
	keyChecks: { list: () => Promise.resolve(new Map()), add: () => Promise.resolve() },
	sealedValues: { countByKey: () => Promise.resolve(new Map()) },
};
