// 10 000 events to 50 receivers of which 5 never answer, by the delivery as the serving process runs it: how soon the others have
// theirs, against the same work without dead receivers, and whether memory stays flat.

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { migrateDatabase } from '../../src/lib/server/database/migrate.ts';
import { generateTokenKey } from '../../src/lib/server/vault/key-ring.ts';
import { startTestPostgres } from '../support/postgres.ts';
import { openInstance } from '../support/vault-instance.ts';

const EVENTS = 10_000;
const SITES = 50;
const DEAD = 5;
const MAX_SECONDS = 60;
const MAX_SLOWER = 1.5;
const MAX_GROWTH = 1.5;

export async function run(): Promise<void> {
	const database = await startTestPostgres();
	try {
		const alone = await measure(await database.createDatabase(), 0);
		const beside = await measure(await database.createDatabase(), DEAD);
		const slower = beside.seconds / beside.delivered / (alone.seconds / alone.delivered);
		console.log(
			`  ${alone.delivered} events to ${SITES} receivers that answer: ${alone.seconds.toFixed(1)} s`,
		);
		console.log(
			`  ${beside.delivered} events beside ${DEAD} that do not: ${beside.seconds.toFixed(1)} s (goal: at most ${MAX_SECONDS}), ${verdict(beside.seconds <= MAX_SECONDS)}`,
		);
		console.log(
			`  each takes ${slower.toFixed(2)} times as long (goal: at most ${MAX_SLOWER}), ${verdict(slower <= MAX_SLOWER)}`,
		);
		console.log(
			`  memory: ${beside.quarter.toFixed(0)} MB after a quarter, ${beside.end.toFixed(0)} MB at the end (goal: at most ${MAX_GROWTH} times), ${verdict(beside.end <= MAX_GROWTH * beside.quarter)}`,
		);
	} finally {
		await database.stop();
	}
}

function verdict(isWithin: boolean): string {
	return isWithin ? 'within the goal' : 'OVER the goal';
}

async function measure(databaseUrl: string, dead: number) {
	await migrateDatabase(databaseUrl);
	const sql = postgres(databaseUrl, { max: 1, onnotice: () => undefined });
	const instance = openInstance({
		environment: {
			ORIGIN: 'http://localhost:3000',
			DATABASE_URL: databaseUrl,
			TOKEN_KEYS: generateTokenKey('bench'),
			MICROSOFT_CLIENT_ID: 'bench',
			MICROSOFT_CLIENT_SECRET: 'bench',
			LOG_LEVEL: 'warn',
		},
		mode: 'practice',
		log: () => undefined,
	});
	let received = 0;
	const servers: Server[] = [];
	for (let site = 0; site < SITES; site += 1) {
		const isDead = site < dead;
		const server = createServer((request, response) => {
			request.resume();
			if (isDead) return;
			received += 1;
			response.writeHead(204).end();
		});
		await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
		servers.push(server);
		const { port } = server.address() as AddressInfo;
		await instance.app.registerSite({
			...{
				url: `https://s${site}.example.com`,
				name: `Site ${site}`,
				mailDomains: [],
				tenants: [],
			},
			...{ anyMailbox: true, webhookUrl: `http://127.0.0.1:${port}/` },
		});
	}
	await sql`insert into site_events (site_id, type, at, details, delivery, next_try_at, deliver_until)
		select sites.id, 'webhook.test', now(), '{}', 'waiting', now(), now() + interval '3 days'
		from sites, generate_series(1, ${EVENTS / SITES})`;
	const wanted = (EVENTS / SITES) * (SITES - dead);
	const begun = performance.now();
	let quarter = 0;
	instance.app.eventJobs.start();
	while (received < wanted) {
		await sleep(50);
		if (quarter === 0 && received > wanted / 4) quarter = megabytes();
		if (performance.now() - begun > 10 * MAX_SECONDS * 1000) throw new Error(`only ${received}`);
	}
	const seconds = (performance.now() - begun) / 1000;
	const end = megabytes();
	for (const server of servers) {
		server.closeAllConnections();
		server.close();
	}
	await instance.close();
	await sql.end();
	return { delivered: received, seconds, quarter, end };
}

function megabytes(): number {
	return process.memoryUsage().rss / 2 ** 20;
}
