// Keeping 20 000 tokens alive that are all due, against a token endpoint that takes 50 ms, by the serving process as
// it is: refreshes a second, processor time for each, and whether memory stays flat.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import postgres from 'postgres';
import { migrateDatabase } from '../../src/lib/server/database/migrate.ts';
import { generateTokenKey } from '../../src/lib/server/vault/key-ring.ts';
import { findFreePort } from '../support/free-port.ts';
import { startTestPostgres } from '../support/postgres.ts';
import { startSlowEndpoint } from '../support/slow-endpoint.ts';
import { insertTokens } from '../support/vault-many.ts';

const COUNT = 20_000;
const DELAY_MS = 50;
const MIN_PER_CORE_SECOND = 120;
/** Of the memory after a quarter of the work; more, and it grows with the work. */
const MAX_GROWTH = 1.3;

const MAILKEY = fileURLToPath(new URL('../../bin/mailkey.js', import.meta.url));
const DAY_MS = 86_400_000;

export async function run(): Promise<void> {
	const database = await startTestPostgres();
	const databaseUrl = await database.createDatabase();
	await migrateDatabase(databaseUrl);
	const sql = postgres(databaseUrl, { max: 1, onnotice: () => undefined });
	const endpoint = await startSlowEndpoint(DELAY_MS, { access: 1500, refresh: 1200 });
	const tokenKeys = generateTokenKey('bench');
	const [site] = await sql`
		insert into sites (url, name, any_mailbox, created_at)
		values ('https://bench.example.com', 'Bench', true, now()) returning id`;
	const at = new Date(Date.now() - 8 * DAY_MS);
	await insertTokens(sql, { siteId: Number(site?.['id']), count: COUNT, tokenKeys, at });
	const port = await findFreePort();
	const child = spawn(process.execPath, [MAILKEY, 'serve'], {
		env: {
			PATH: process.env['PATH'],
			HOST: '127.0.0.1',
			PORT: String(port),
			ORIGIN: `http://localhost:${port}`,
			DATABASE_URL: databaseUrl,
			TOKEN_KEYS: tokenKeys,
			MICROSOFT_CLIENT_ID: 'bench',
			MICROSOFT_CLIENT_SECRET: 'bench',
			MICROSOFT_AUTHORITY: endpoint.base,
			KEEP_ALIVE_RATE: '1000',
			LOG_LEVEL: 'warn',
		},
		stdio: ['ignore', 'ignore', 'inherit'],
	});
	const ended = once(child, 'exit');
	try {
		await measure(child.pid ?? 0, () => endpoint.answered());
		const [left] = await sql`
			select count(*)::int as count from stored_tokens where last_refreshed_at < now() - interval '1 day'`;
		console.log(`  tokens that were forgotten: ${String(left?.['count'])}`);
	} finally {
		child.kill();
		await ended;
		endpoint.stop();
		await sql.end();
		await database.stop();
	}
}

async function measure(pid: number, answered: () => number): Promise<void> {
	while (answered() === 0) await sleep(20);
	const begunAt = performance.now();
	const before = usage(pid);
	let quarterMemory = 0;
	let memory = 0;
	while (answered() < COUNT) {
		await sleep(250);
		memory = usage(pid).megabytes;
		if (quarterMemory === 0 && answered() > COUNT / 4) quarterMemory = memory;
	}
	await sleep(500);
	const seconds = (performance.now() - begunAt) / 1000;
	const busy = usage(pid).cpuSeconds - before.cpuSeconds;
	const perCore = COUNT / busy;
	const growth = memory / quarterMemory;
	console.log(`  ${(COUNT / seconds).toFixed(0)} refreshes a second`);
	console.log(
		`  for each second of a core: ${perCore.toFixed(0)} (goal: at least ${MIN_PER_CORE_SECOND}), ${perCore >= MIN_PER_CORE_SECOND ? 'within the goal' : 'BELOW the goal'}`,
	);
	console.log(
		`  memory: ${quarterMemory.toFixed(0)} MB after a quarter, ${memory.toFixed(0)} MB at the end (goal: at most ${MAX_GROWTH} times), ${growth <= MAX_GROWTH ? 'within the goal' : 'OVER the goal'}`,
	);
}

/** Linux alone tells so of another process. */
function usage(pid: number): { cpuSeconds: number; megabytes: number } {
	const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
	const status = readFileSync(`/proc/${pid}/status`, 'utf8');
	const resident = /VmRSS:\s+([0-9]+) kB/.exec(status)?.[1];
	// User and system time in ticks, of which Linux counts 100 a second.
	const ticks = Number(fields[11]) + Number(fields[12]);
	return { cpuSeconds: ticks / 100, megabytes: Number(resident) / 1024 };
}
