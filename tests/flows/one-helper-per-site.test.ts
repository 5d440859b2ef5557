// A site with a helper of its own, as docs/one-helper-per-site.md describes it: two instances that share nothing.

import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { CLOUDS } from '../../src/lib/domain/cloud.ts';
import { storeTokenFor } from '../bench/store-token-for.ts';
import { startTestPostgres, type TestPostgres } from '../support/postgres.ts';
import { startRunningHelper, type RunningHelper } from '../support/running-helper.ts';

const GUIDE = new URL('../../docs/one-helper-per-site.md', import.meta.url);
const MAILBOX = 'equis@mycompany.com';

let ownPostgres: TestPostgres;
let shared: RunningHelper;
let own: RunningHelper;

beforeAll(async () => {
	ownPostgres = await startTestPostgres();
	[shared, own] = await Promise.all([
		startRunningHelper(inject('postgresUrl')),
		startRunningHelper(ownPostgres.url),
	]);
}, 90_000);

afterAll(async () => {
	await Promise.all([shared.stop(), own.stop()]);
	await ownPostgres.stop();
});

async function resolve({ origin }: RunningHelper, key: string, identifier: string) {
	const { status } = await fetch(`${origin}/api/v1/resolve`, {
		method: 'POST',
		headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
		body: JSON.stringify({ identifier }),
	});
	return status;
}

test('two instances with a database, keys and a registration each know nothing of each other', async () => {
	const ofShared = await storeTokenFor(shared, MAILBOX);
	const ofOwn = await storeTokenFor(own, MAILBOX);
	expect(await resolve(shared, shared.site.key, ofShared)).toBe(200);
	expect(await resolve(own, own.site.key, ofOwn)).toBe(200);
	expect(await resolve(own, own.site.key, ofShared)).toBe(404);
	expect(await resolve(own, shared.site.key, ofOwn)).toBe(401);
	const rows = await Promise.all(
		[shared, own].map(({ sql }) => sql<{ id: string }[]>`select id from stored_tokens`),
	);
	expect(rows.flat().map(({ id }) => id)).toEqual(
		[ofShared, ofOwn].map((identifier) => identifier.split(':')[1]),
	);
});

test('the guide names the variables that such an instance has, and each host that it asks', async () => {
	const guide = await readFile(GUIDE, 'utf8');
	for (const name of guide.matchAll(/^([A-Z][A-Z_]+)=/gm)) {
		if (name[1] === 'MICROSOFT_TENANT') continue; // optional
		expect(Object.keys(own.environment)).toContain(name[1]);
	}
	const { loginBase, mail } = CLOUDS.global;
	expect(guide).toContain(`\`${new URL(loginBase).host}\``);
	for (const { host, port } of Object.values(mail)) {
		expect(guide).toMatch(new RegExp(`\`${host}\` *\\|[ \\d,]*\\b${port}\\b`));
	}
});
