// A site key that is unknown and a token that is not there are told of a row that was read, and of nothing else: a database
// that misbehaves, or a pooler before it, must not make a mail engine give up.

import type { Sql } from 'postgres';
import { describe, expect, test } from 'vitest';
import { isDatabaseDown } from '../../src/lib/server/database/is-database-down.ts';
import { createResolveStore } from '../../src/lib/server/tokens/resolve-store.ts';
import type { Identifier } from '../../src/lib/domain/identifier.ts';

const KEY = Buffer.alloc(32);
const identifier = { number: 123, mailbox: 'equis@mycompany.com' } as Identifier;

const NOTHING = { site_id: null, site_url: null, key_id: null, protocols: null, id: null };

/** A database that has these rows for whatever is asked. */
function storeOf(rows: readonly object[]) {
	return createResolveStore((() => Promise.resolve(rows)) as unknown as Sql);
}

test('a key that is none is one that was looked for', async () => {
	const store = storeOf([{ asked: '123', ...NOTHING }]);
	expect(await store.find(KEY, identifier, new Date())).toBeUndefined();
	const other = storeOf([{ asked: '0', ...NOTHING }]);
	expect(await other.findSite(KEY, new Date())).toBeUndefined();
});

describe('it is told as a database that is down for a moment', () => {
	test.each([
		['no row', []],
		['the row of another statement', [{ ms: 1 }]],
		['the row of another question', [{ asked: '456', ...NOTHING }]],
	])('%s', async (_, rows) => {
		const store = storeOf(rows);
		const failed = await store.find(KEY, identifier, new Date()).catch((error: unknown) => error);
		expect(isDatabaseDown(failed)).toBe(true);
		const ofSite = await store.findSite(KEY, new Date()).catch((error: unknown) => error);
		expect(isDatabaseDown(ofSite)).toBe(true);
	});
});
