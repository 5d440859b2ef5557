// DATABASE_URL, with one host or several.

import { expect, test } from 'vitest';
import { parseDatabaseUrl } from '../../src/lib/server/database/driver/database-url.ts';

test.each([
	['postgres://u:p@db:5432/mailkey?sslmode=require', undefined, []],
	['postgresql://db/mailkey', undefined, []],
	['postgres:///mailkey', undefined, []],
	['postgres://u@db/mailkey?target_session_attrs=read-write', 'postgres://u@db/mailkey', []],
	[
		'postgres://u:p%40x@a:5433,b/mailkey?target_session_attrs=primary&sslmode=require',
		'postgres://u:p%40x@a:5433/mailkey?sslmode=require',
		[
			{ host: 'a', port: 5433 },
			{ host: 'b', port: 5432 },
		],
	],
	[
		'postgres://u@[::1]:5432,127.0.0.1:5433/mailkey',
		'postgres://u@[::1]:5432/mailkey',
		[
			{ host: '::1', port: 5432 },
			{ host: '127.0.0.1', port: 5433 },
		],
	],
])('%s is taken', (text, url, hosts) => {
	expect(parseDatabaseUrl(text)).toEqual({ url: url ?? text, hosts });
});

test.each([
	'mysql://u@db/x',
	'postgres:/db',
	'postgres://u@a:x/y',
	'postgres://u@a:1,b:x/y',
	'postgres://u@a:1,b:99999/y',
	'postgres://u@a:1,/y',
	'postgres://u@a,b/y?target_session_attrs=standby',
	'postgres://u@a/y?target_session_attrs=any',
])('%s is refused', (text) => {
	expect(parseDatabaseUrl(text)).toBeUndefined();
});
