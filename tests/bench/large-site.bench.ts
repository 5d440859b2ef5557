// One site with 100 000 mailboxes, whose tokens are as long as Microsoft's: lists, resolves, keep-alive and audit at the process
// that serves. How much memory each needs above what the process has when it is idle, how long its event loop is held up, and
// how much PostgreSQL writes. `STORED=20000 npm run bench -- large-site` is quicker.

import autocannon from 'autocannon';
import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { connectDatabase } from '../../src/lib/server/database/connection.ts';
import { createVisitorStore } from '../../src/lib/server/owners/session-store.ts';
import { createFiguresStore } from '../../src/lib/server/tokens/figures-store.ts';
import { createSealedValueStore } from '../../src/lib/server/tokens/sealed-value-store.ts';
import { findFreePort } from '../support/free-port.ts';
import { startTestPostgres, type TestPostgres } from '../support/postgres.ts';
import { figuresOf } from '../support/process-figures.ts';
import { startRunningHelper, type RunningHelper } from '../support/running-helper.ts';
import { startSlowEndpoint, type SlowEndpoint } from '../support/slow-endpoint.ts';
import { insertTokens } from '../support/vault-many.ts';

const STORED = Number(process.env['STORED'] ?? 100_000);
const VISITORS = 1_000_000;
const MAX_MEGABYTES_ABOVE_IDLE = 50;
const MAX_LOOP_DELAY_MS = 50;

/** What was seen at Microsoft. */
const LENGTH = { access: 2_300, refresh: 1_600 };
const RESOLVES_PER_SECOND = 150;
const REFRESHES_PER_SECOND = 42;
const SECONDS = Number(process.env['LOAD_SECONDS'] ?? 60);
const WARM_UP_SECONDS = 15;
/** What ten minutes of that load wrote before last uses had a table of their own, and the goal: half of it. */
const WAL_BEFORE_MB = 752;
const DAY_MS = 86_400_000;

const MAILKEY = fileURLToPath(new URL('../../bin/mailkey.js', import.meta.url));
const runFile = promisify(execFile);

type Site = {
	server: TestPostgres;
	helper: RunningHelper;
	ids: readonly number[];
	metricsUrl: string;
};

export async function run(): Promise<void> {
	const server = await startTestPostgres('full');
	const endpoint = await startSlowEndpoint(50, LENGTH);
	const metrics = `127.0.0.1:${await findFreePort()}`;
	const helper = await startRunningHelper(server.url, {
		LIMITS: 'resolve=0',
		LOG_LEVEL: 'warn',
		METRICS_LISTEN: metrics,
		MICROSOFT_AUTHORITY: endpoint.base,
		KEEP_ALIVE_RATE: String(REFRESHES_PER_SECOND),
		RECHECK_DAYS: '0',
	});
	try {
		const site = {
			server,
			helper,
			ids: await store(helper),
			metricsUrl: `http://${metrics}/metrics`,
		};
		await measureAll(site, endpoint);
	} finally {
		await helper.stop();
		endpoint.stop();
		await server.stop();
	}
}

/** All of them live, and none is due. */
async function store(helper: RunningHelper): Promise<readonly number[]> {
	const [, tokenKey = ''] = helper.ownSecrets;
	const { ids } = await insertTokens(helper.sql, {
		siteId: helper.site.id,
		count: STORED,
		tokenKeys: `test:${tokenKey}`,
		at: new Date(),
		lifeSeconds: 86_400,
		filler: LENGTH,
	});
	// The first use of a day writes more, and of a day's ten minutes it is one at most.
	await helper.sql`update stored_tokens set keep_alive_at = now() + interval '5 days', last_resolved_at = now()`;
	await helper.sql`insert into token_uses (day, stored_token_id, site_key_id, site_id, count, first_at, last_at)
		select (now() at time zone 'UTC')::date, token.id, key.id, site_id, 1, now(), now()
		from stored_tokens as token join site_keys as key using (site_id)`;
	await helper.sql.unsafe('vacuum (full, analyze) stored_tokens');
	await helper.sql.unsafe('vacuum (full, analyze) token_uses');
	console.log(`  ${STORED} tokens are stored`);
	return ids;
}

async function measureAll(site: Site, endpoint: SlowEndpoint): Promise<void> {
	// What every process takes in its first seconds of work is no matter of the site's size.
	await resolve(site, WARM_UP_SECONDS);
	await listAll(site, 2);
	await sleep(2_000);
	const idle = (await figuresOf(site.helper.pid())).megabytes;
	console.log(`  idle: ${idle.toFixed(0)} MB`);
	await measure(site, idle, `${RESOLVES_PER_SECOND} resolves a second`, () => resolve(site, 15));
	await loadWith(site, idle, endpoint);
	await measure(site, idle, 'the commands audit and token list', () => runCommands(site));
	await measure(site, idle, 'the whole list, in pages of 1000', () => listAll(site, Infinity));
	const lists = () => Promise.all([1, 2, 3, 4, 5].map(() => listAll(site, Infinity)));
	await measure(site, idle, 'the same five times at once', lists);
	await countTokens(site);
	await forgetVisitors(site);
}

/** Prints what it needed. */
async function measure(
	{ helper, metricsUrl }: Site,
	idleMegabytes: number,
	what: string,
	work: () => Promise<unknown>,
): Promise<void> {
	await loopDelayMs(metricsUrl);
	let peak = 0;
	const watching = setInterval(() => {
		void figuresOf(helper.pid()).then(({ megabytes }) => (peak = Math.max(peak, megabytes)));
	}, 50);
	const begun = performance.now();
	await work().finally(() => clearInterval(watching));
	const seconds = (performance.now() - begun) / 1000;
	const above = peak - idleMegabytes;
	const delay = await loopDelayMs(metricsUrl);
	console.log(`  ${what}: ${seconds.toFixed(1)} s`);
	judge('memory above idle', above, MAX_MEGABYTES_ABOVE_IDLE, 'MB');
	judge('delay of the event loop, p99', delay, MAX_LOOP_DELAY_MS, 'ms');
}

function judge(what: string, value: number, most: number, unit: string): void {
	const verdict = value <= most ? 'within the goal' : 'OVER the goal';
	console.log(`    ${what}: ${value.toFixed(0)} ${unit} (goal: at most ${most}), ${verdict}`);
}

/** Since it was asked last. */
async function loopDelayMs(metricsUrl: string): Promise<number> {
	const text = await (await fetch(metricsUrl)).text();
	return Number(/^nodejs_eventloop_lag_p99_seconds (\S+)/m.exec(text)?.[1]) * 1000;
}

async function listAll({ helper }: Site, maxPages: number): Promise<void> {
	let after = '';
	for (let page = 0; page < maxPages; page += 1) {
		const answer = await fetch(`${helper.origin}/api/v1/tokens?limit=1000${after}`, {
			headers: { authorization: `Bearer ${helper.site.key}` },
		});
		const { next } = (await answer.json()) as { next?: string };
		if (answer.status !== 200) throw new Error(`the list answered ${answer.status}`);
		if (next === undefined) return;
		after = `&after=${next}`;
	}
}

/** Each request another token, all over the table. */
async function resolve({ helper, ids }: Site, seconds: number): Promise<void> {
	let turn = 0;
	const result = await autocannon({
		url: `${helper.origin}/api/v1/resolve`,
		connections: 16,
		overallRate: RESOLVES_PER_SECOND,
		duration: seconds,
		requests: [
			{
				method: 'POST',
				headers: {
					authorization: `Bearer ${helper.site.key}`,
					'content-type': 'application/json',
				},
				setupRequest(request) {
					turn = (turn + 7_919) % ids.length;
					const id = ids[turn] ?? 0;
					const identifier = `ExternalOAuthToken:${id}:box-${id}@mycompany.com`;
					return { ...request, body: JSON.stringify({ identifier }) };
				},
			},
		],
	});
	if (result.non2xx > 0 || result.errors > 0) throw new Error('not every answer was 200');
}

/** Resolves and refreshes together, right after a checkpoint, when PostgreSQL writes most. */
async function loadWith(site: Site, idle: number, endpoint: SlowEndpoint): Promise<void> {
	const { server, helper } = site;
	const { sql } = helper;
	await sql`update stored_tokens set keep_alive_at = now() - interval '1 minute',
		last_refreshed_at = ${new Date(Date.now() - 8 * DAY_MS)}`;
	await sql.unsafe('vacuum stored_tokens');
	// Copying a database begins with a checkpoint, and needs no right to ask for one.
	await server.createDatabase();
	const before = endpoint.answered();
	const [start] = await sql<{ at: string }[]>`select pg_current_wal_lsn() as at`;
	const what = `${RESOLVES_PER_SECOND} resolves and up to ${REFRESHES_PER_SECOND} refreshes a second`;
	await measure(site, idle, what, () => resolve(site, SECONDS));
	const [end] = await sql<{ megabytes: number }[]>`
		select (pg_wal_lsn_diff(pg_current_wal_lsn(), ${start?.at ?? ''}::pg_lsn) / 1e6)::float8 as megabytes`;
	await sql`update stored_tokens set keep_alive_at = now() + interval '5 days'`;
	const refreshes = (endpoint.answered() - before) / SECONDS;
	console.log(`    refreshes a second: ${refreshes.toFixed(1)}`);
	const inTenMinutes = ((end?.megabytes ?? 0) * 600) / SECONDS;
	judge(`WAL in ten minutes, scaled from ${SECONDS} s`, inTenMinutes, WAL_BEFORE_MB / 2, 'MB');
}

async function runCommands({ helper }: Site): Promise<void> {
	for (const args of [
		['audit', '--json'],
		['token', 'list', '--json'],
	]) {
		const begun = performance.now();
		await runFile(process.execPath, [MAILKEY, ...args], {
			env: { ...process.env, ...helper.environment },
			maxBuffer: 1e9,
		});
		console.log(
			`  mailkey ${args.join(' ')}: ${((performance.now() - begun) / 1000).toFixed(1)} s`,
		);
	}
}

/** What readiness and metrics ask for, beside what reads the whole table for it. */
async function countTokens({ helper }: Site): Promise<void> {
	const { sql } = helper;
	const connection = connectDatabase(helper.databaseUrl);
	try {
		const sealedValues = createSealedValueStore(connection.database);
		const figures = createFiguresStore(connection.database);
		await sealedValues.sumUpCounts();
		const fromTable = await secondsOf(
			() => sql`select sealing_key_id(sealed_refresh_token), sealing_key_id(sealed_access_token), count(*)
				from stored_tokens group by 1, 2`,
		);
		const byKey = await secondsOf(() => sealedValues.countByKey());
		printRatio('how many values each key seals', byKey, fromTable);
		const counted = await secondsOf(() => figures.read(new Date(Date.now() + DAY_MS)));
		const kept = await secondsOf(() => figures.read(new Date(Date.now() + DAY_MS)));
		printRatio('tokens by state, counted once a minute', kept, counted);
	} finally {
		await connection.close();
	}
}

async function secondsOf(work: () => PromiseLike<unknown>): Promise<number> {
	const begun = performance.now();
	await work();
	return (performance.now() - begun) / 1000;
}

function printRatio(what: string, seconds: number, wholeTable: number): void {
	console.log(
		`  ${what}: ${(seconds * 1000).toFixed(1)} ms, a ${(wholeTable / seconds).toFixed(0)}th of reading the whole table`,
	);
}

async function forgetVisitors({ helper }: Site): Promise<void> {
	await helper.sql`insert into visitors (id, created_at)
		select 'visitor-' || i, now() - interval '3 days' from generate_series(1, ${VISITORS}) as i`;
	const connection = connectDatabase(helper.databaseUrl);
	try {
		const begun = performance.now();
		await createVisitorStore(connection.database).prune(new Date(Date.now() - DAY_MS));
		const seconds = (performance.now() - begun) / 1000;
		const [left] = await helper.sql<{ n: number }[]>`
			select count(*)::int as n from visitors where id like 'visitor-%'`;
		console.log(
			`  ${VISITORS} anonymous visitors are forgotten in ${seconds.toFixed(1)} s, ${left?.n} left`,
		);
	} finally {
		await connection.close();
	}
}
