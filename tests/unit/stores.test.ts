// Whose stored tokens a query can reach: those of the site that it names. Only what looks after all of them goes without.

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, expectTypeOf, test } from 'vitest';
import { createAllTokensStore } from '../../src/lib/server/tokens/all-tokens-store.ts';
import {
	createStoredTokenStore,
	type StoredTokenRef,
	type StoredTokenStore,
	type TokenPage,
} from '../../src/lib/server/tokens/stored-token-store.ts';
import type { TokenUse } from '../../src/lib/server/tokens/token-use-store.ts';
import { recordStatements } from '../support/recorded-statements.ts';

/**
 * Keep-alive, reseal, what sites are told in time, the operator's command line, the owner's own view, the figures; all of a
 * site; and what a renewal link names, which nobody but the helper can make.
 */
const WITHOUT_SITE = [
	'all-tokens-store.ts',
	'figures-store.ts',
	'report-store.ts',
	'notice-store.ts',
	'recheck-store.ts',
	'sealed-value-store.ts',
	'removal-store.ts',
	'renewal-store.ts',
];

test('the types of the stores ask for the site', () => {
	expectTypeOf<StoredTokenRef>().toHaveProperty('siteId');
	expectTypeOf<StoredTokenStore['list']>().parameters.toEqualTypeOf<
		[siteId: number, page: TokenPage]
	>();
	expectTypeOf<StoredTokenStore['find']>().parameters.toEqualTypeOf<[siteId: number, id: number]>();
	expectTypeOf<Parameters<StoredTokenStore['revoke']>['length']>().toEqualTypeOf<3>();
	expectTypeOf<TokenUse>().toExtend<StoredTokenRef>();
	expectTypeOf<Parameters<StoredTokenStore['lease']>[0]>().toEqualTypeOf<StoredTokenRef>();
	expectTypeOf<Parameters<StoredTokenStore['saveRefreshed']>[0]>().toExtend<StoredTokenRef>();
	expectTypeOf<Parameters<StoredTokenStore['findAccess']>[0]>().toEqualTypeOf<StoredTokenRef>();
	expectTypeOf<Parameters<StoredTokenStore['saveSmtpUser']>[0]>().toEqualTypeOf<StoredTokenRef>();
});

const src = fileURLToPath(new URL('../../src/', import.meta.url));
const files = readdirSync(src, { recursive: true })
	.map(String)
	.filter((file) => file.endsWith('.ts'));
const read = (file: string) => readFileSync(src + file, 'utf8');
const isStore = (file: string) => /(^|[/-])store\.ts$/.test(file);
const isWithoutSite = (file: string) => WITHOUT_SITE.some((name) => file.endsWith(`/${name}`));

const ofOneSite = files
	.filter((file) => isStore(file) && !isWithoutSite(file))
	.filter((file) => /stored_tokens|storedTokens/.test(read(file)));

test.each(ofOneSite)('%s: every condition on a stored token’s id names its site too', (file) => {
	const source = read(file);
	const conditions = [
		...source.matchAll(
			/eq\(storedTokens\.id\b|\btoken\.id = (?:\$|seen|asked|used)|\bon conflict \((?!day, |stored_token_id)/g,
		),
	];
	expect(conditions, 'no condition is found: the pattern is out of date').not.toHaveLength(0);
	for (const { index } of conditions) {
		expect(source.slice(Math.max(0, index - 90), index + 30)).toMatch(
			/storedTokens\.siteId|token\.site_id|on conflict \(site_id/,
		);
	}
});

test('what goes without the site is there', () => {
	expect(WITHOUT_SITE.filter((name) => !files.some((file) => file.endsWith(`/${name}`)))).toEqual(
		[],
	);
});

test('nothing else has a table of stored tokens in its hands', () => {
	const holders = files.filter((file) =>
		/\b(from|update|into|join) stored_tokens\b|\bstoredTokens\.siteId\b/.test(read(file)),
	);
	expect(holders).toEqual(expect.arrayContaining(ofOneSite));
	const isDatabase = (file: string) => file.startsWith('lib/server/database/');
	expect(holders.filter((file) => !isStore(file) && !isDatabase(file))).toEqual([]);
});

test('no list of stored tokens reads what is sealed, which is kilobytes a row', async () => {
	const { database, statements } = recordStatements();
	const [ofSite, ofAll] = [createStoredTokenStore(database), createAllTokensStore(database)];
	await ofSite.list(1, { limit: 100 });
	await ofSite.find(1, 1);
	await ofAll.list({}, { limit: 100 });
	await ofAll.listOfVisitor('visitor');
	await ofAll.listNeverUsed(new Date(), 100);
	expect(statements).toHaveLength(5);
	expect(statements.filter((statement) => statement.includes('sealed'))).toEqual([]);
});
