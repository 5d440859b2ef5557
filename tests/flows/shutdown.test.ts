// SIGTERM: the instance says that it is leaving, ends what it has in hand, gives its leases back, and is gone.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureBuilt } from '../../scripts/build.js';
import { storeTokenFor } from '../bench/store-token-for.ts';
import { startTestPostgres } from '../support/postgres.ts';
import { startRunningHelper, type RunningHelper } from '../support/running-helper.ts';

let postgres: Awaited<ReturnType<typeof startTestPostgres>>;
let helper: RunningHelper;
beforeAll(async () => {
	await ensureBuilt();
	postgres = await startTestPostgres();
	helper = await startRunningHelper(postgres.url);
}, 120_000);
afterAll(async () => {
	await helper.stop();
	await postgres.stop();
});

test('a refresh under way is ended and answered, while readyz says that the instance is leaving', async () => {
	const identifier = await storeTokenFor(helper, 'equis@mycompany.com');
	await helper.sql`update stored_tokens set access_token_expires_at = now() - interval '1 minute'`;
	helper.microsoft.nextTokenAnswer({ kind: 'latency', ms: 2_000 });
	const resolving = fetch(`${helper.origin}/api/v1/resolve`, {
		method: 'POST',
		headers: { authorization: `Bearer ${helper.site.key}`, 'content-type': 'application/json' },
		body: JSON.stringify({ identifier }),
	});
	const leases = () => helper.sql`select 1 from stored_tokens where lease_owner is not null`;
	await expect.poll(async () => (await leases()).length, { timeout: 5_000 }).toBe(1);
	const leaving = helper.terminate();
	const readiness = async () => (await fetch(`${helper.origin}/readyz`)).status;
	await expect.poll(readiness, { timeout: 1_500, interval: 50 }).toBe(503);
	expect((await resolving).status).toBe(200);
	expect(await leaving).toBe(0);
	expect(await leases()).toHaveLength(0);
	const [row] = await helper.sql`select state, version from stored_tokens`;
	expect(row).toEqual({ state: 'active', version: 2 });
	await expect(fetch(`${helper.origin}/healthz`)).rejects.toThrow();
	await helper.start();
	expect(await readiness()).toBe(200);
}, 60_000);
