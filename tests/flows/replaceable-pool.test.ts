// A database that is connected and says nothing: it is told as down, and works again by itself.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectDatabase } from '../../src/lib/server/database/connection.ts';
import { isDatabaseDown } from '../../src/lib/server/database/is-database-down.ts';
import { migrateDatabase } from '../../src/lib/server/database/migrate.ts';
import { createSiteStore } from '../../src/lib/server/sites/site-store.ts';
import { createTestDatabase } from '../support/database.ts';
import { startDatabaseProxy, type DatabaseProxy } from '../support/database-proxy.ts';

let proxy: DatabaseProxy;
let connection: ReturnType<typeof connectDatabase>;

beforeAll(async () => {
	const url = await createTestDatabase();
	await migrateDatabase(url);
	proxy = await startDatabaseProxy(url);
	connection = connectDatabase(proxy.url, { answerLimitMs: 1_000 });
});
afterAll(async () => {
	await connection.close();
	await proxy.stop();
});

test('a statement without an answer is told as a database that is down, and the next ones are answered', async () => {
	const sites = createSiteStore(connection.database);
	expect(await sites.list()).toEqual([]);
	await connection.now();
	proxy.silence();
	const asked = [sites.list(), connection.findFault(), connection.now()];
	for (const outcome of await Promise.allSettled(asked)) {
		expect(outcome.status).toBe('rejected');
		expect(outcome.status === 'rejected' && isDatabaseDown(outcome.reason)).toBe(true);
	}
	proxy.restore();
	await expect.poll(() => sites.list().catch(() => 'down'), { timeout: 15_000 }).toEqual([]);
	expect((await connection.now()).getTime()).toBeGreaterThan(0);
});
