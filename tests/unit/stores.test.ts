// Whose stored tokens a query can reach: those of the site that it names. Only what looks after all of them goes without.

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, expectTypeOf, test } from 'vitest';
import type { CheckStore } from '../../src/lib/server/mailbox-checks/check-store.ts';
import type { RefreshStore, StoredTokenRef } from '../../src/lib/server/tokens/refresh-store.ts';
import type { StoredTokenStore } from '../../src/lib/server/tokens/stored-token-store.ts';

const server = fileURLToPath(new URL('../../src/lib/server/', import.meta.url));

/** Keep-alive, reseal, the operator's command line, the owner's own view, and the figures of the metrics. */
const WITHOUT_SITE = [
	'keep-alive-store.ts',
	'sealed-value-store.ts',
	'operator-token-store.ts',
	// By the Microsoft account of the visitor.
	'owner-token-store.ts',
	'token-figures-store.ts',
];

test('the types of the stores ask for the site', () => {
	expectTypeOf<StoredTokenRef>().toHaveProperty('siteId');
	expectTypeOf<StoredTokenStore['list']>().parameters.toEqualTypeOf<[siteId: number]>();
	expectTypeOf<StoredTokenStore['find']>().parameters.toEqualTypeOf<[siteId: number, id: number]>();
	expectTypeOf<Parameters<StoredTokenStore['revoke']>['length']>().toEqualTypeOf<3>();
	expectTypeOf<
		Parameters<StoredTokenStore['saveResolved']>[0][number]
	>().toExtend<StoredTokenRef>();
	expectTypeOf<Parameters<RefreshStore['lease']>[0]>().toEqualTypeOf<StoredTokenRef>();
	expectTypeOf<Parameters<RefreshStore['saveRefreshed']>[0]>().toExtend<StoredTokenRef>();
	expectTypeOf<Parameters<CheckStore['findAccess']>[0]>().toEqualTypeOf<StoredTokenRef>();
	expectTypeOf<Parameters<CheckStore['saveSmtpUser']>[0]>().toEqualTypeOf<StoredTokenRef>();
});

const isStore = (file: string) => /(^|[/-])store\.ts$/.test(file);

const files = readdirSync(server, { recursive: true })
	.map(String)
	.filter((file) => isStore(file) && !WITHOUT_SITE.some((name) => file.endsWith(`/${name}`)))
	.filter((file) => /stored_tokens|storedTokens/.test(readFileSync(server + file, 'utf8')));

test.each(files)('%s: every condition on a stored token’s id names its site too', (name) => {
	const source = readFileSync(server + name, 'utf8');
	const conditions = source.matchAll(/eq\(storedTokens\.id\b|\btoken\.id = (?:\$|seen)/g);
	for (const { index } of conditions) {
		const before = source.slice(Math.max(0, index - 90), index);
		expect(before).toMatch(/storedTokens\.siteId|token\.site_id/);
	}
});

test('nothing else has a table of stored tokens in its hands', () => {
	const outside = readdirSync(fileURLToPath(new URL('../../src/', import.meta.url)), {
		recursive: true,
	})
		.map(String)
		.filter(
			(file) => file.endsWith('.ts') && !isStore(file) && !file.includes('lib/server/database/'),
		);
	const found = outside.filter((file) =>
		/\b(from|update|into|join) stored_tokens\b|\bstoredTokens\.siteId\b/.test(
			readFileSync(fileURLToPath(new URL(`../../src/${file}`, import.meta.url)), 'utf8'),
		),
	);
	expect(found).toEqual([]);
});
