// What the operator's Prometheus is told: figures that are right, and nothing that names anybody.

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { connectDatabase } from '../../src/lib/server/database/connection.ts';
import { createFiguresStore } from '../../src/lib/server/tokens/figures-store.ts';
import { startMetricsServer, type MetricsServer } from '../../src/http/metrics-server.ts';
import { findFreePort } from '../support/free-port.ts';
import { MAILBOX, SITE, startTestHelper, type TestHelper } from '../support/test-helper.ts';
import { VISITOR } from '../support/visitor.ts';

let its: TestHelper;
let server: MetricsServer;
let base: string;
beforeAll(async () => {
	its = await startTestHelper();
	const port = await findFreePort();
	server = await startMetricsServer(its.app, { host: '127.0.0.1', port });
	base = `http://127.0.0.1:${port}`;
});
afterAll(async () => {
	await server.stop();
	await its.stop();
});

async function scrape(): Promise<string> {
	const answer = await fetch(`${base}/metrics`);
	expect([answer.status, answer.headers.get('content-type')]).toEqual([
		200,
		'text/plain; version=0.0.4; charset=utf-8',
	]);
	return answer.text();
}

const resolve = (identifier: unknown, siteKey: string | undefined = its.siteKey) =>
	its.app
		.forSite(siteKey, VISITOR)
		.resolveIdentifier({ identifier, minTtl: 0 })
		.catch((error: unknown) => error);

test('resolves, requests to Microsoft and stored tokens are told, and nobody is named', async () => {
	const status = await its.openBrowser().signIn();
	if (status.status !== 'ready') throw new Error(status.status);
	await resolve(status.identifier);
	await resolve('ExternalOAuthToken:999:nobody@mycompany.com');
	await resolve(status.identifier, 'no key');
	await its.sql`update stored_tokens set access_token_expires_at = now() - interval '1 hour'`;
	its.practice.nextTokenAnswer({ kind: 'status', status: 503 });
	await resolve(status.identifier);
	const text = await scrape();
	for (const line of [
		'mailkey_resolves_total{result="ok"} 1',
		'mailkey_resolves_total{result="unknown_identifier"} 1',
		'mailkey_resolves_total{result="invalid_site_key"} 1',
		'mailkey_resolves_total{result="temporarily_unavailable"} 1',
		'mailkey_resolve_seconds_count 4',
		'mailkey_token_requests_total{kind="code",result="ok"} 1',
		'mailkey_token_requests_total{kind="refresh",result="unreachable"} 1',
		'mailkey_refresh_wait_seconds_count 1',
		'mailkey_stored_tokens{state="degraded"} 1',
		'mailkey_leased_tokens 0',
		'mailkey_database_up 1',
	]) {
		expect(text.split('\n')).toContain(line);
	}
	expect(text).toMatch(/^mailkey_oldest_refresh_age_seconds [0-9.]+$/m);
	expect(text).toMatch(/^mailkey_lapsing_tokens\{days="30"\} 0$/m);
	for (const secret of [MAILBOX, SITE, its.siteKey, ...its.practice.issuedSecrets()]) {
		expect(text).not.toContain(secret);
	}
});

test('what an alarm looks at is there at zero from the start, so that the first event raises it', async () => {
	const lines = (await scrape()).split('\n');
	expect(lines).toContain('mailkey_token_requests_total{kind="refresh",result="invalid_client"} 0');
	expect(lines).toContain('mailkey_token_requests_total{kind="code",result="invalid_client"} 0');
	expect(lines).toContain('mailkey_resolves_total{result="internal_error"} 0');
});

describe('the stored tokens', () => {
	function count(elapsedMs: () => number) {
		const connection = connectDatabase(its.databaseUrl);
		onTestFinished(() => connection.close());
		const store = createFiguresStore(connection.database, elapsedMs);
		return async (at: number) => {
			const { byState } = await store.read(new Date(at));
			return [...byState.values()].reduce((sum, number) => sum + number, 0);
		};
	}

	test('are counted each time that somebody asks, where that is quick', async () => {
		const countAt = count(() => 0);
		const at = Date.now() + 1_800_000;
		const before = await countAt(at);
		await its.openBrowser().signIn('somebody.more@mycompany.com');
		expect(await countAt(at)).toBe(before + 1);
	});

	test('are counted by one instance at a time and once a minute, where that takes a second', async () => {
		let elapsed = 0;
		const countAt = count(() => (elapsed += 1000));
		const countedAt = Date.now() + 3_600_000;
		const before = await countAt(countedAt);
		await its.openBrowser().signIn('somebody.else@mycompany.com');
		expect(await countAt(countedAt + 59_000)).toBe(before);
		await its.sql.begin(async (another) => {
			await another`select pg_advisory_xact_lock(4812577303)`;
			expect(await countAt(countedAt + 61_000)).toBe(before);
		});
		expect(await countAt(countedAt + 61_000)).toBe(before + 1);
	});
});

describe('the listener answers nothing else', () => {
	test.each([
		['GET', '/', 404],
		['GET', '/microsoft365_oauth.html', 404],
		['GET', '/metrics/', 404],
		['POST', '/metrics', 405],
	])('%s %s: %i', async (method, path, expected) => {
		expect((await fetch(base + path, { method })).status).toBe(expected);
	});
});

test('a port in use is one plain sentence', async () => {
	const { port } = new URL(base);
	await expect(
		startMetricsServer(its.app, { host: '127.0.0.1', port: Number(port) }),
	).rejects.toMatchObject({
		name: 'OperatorError',
		sentences: [
			`METRICS_LISTEN: cannot listen on 127.0.0.1, port ${port}: another program uses that port.`,
		],
	});
});
