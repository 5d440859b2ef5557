// A failover on a real pair of PostgreSQL servers with streaming replication, under load: the primary is killed, nobody is
// there for a minute, and the standby is promoted. Two instances know both hosts. Counted are the answers by status, and
// what Microsoft gave meanwhile and was stored.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres, { type Sql } from 'postgres';
import { openDebianPostgres, type DebianPostgres } from '../support/debian-postgres.ts';
import { until } from '../support/until.ts';
import type { VaultInstance } from '../support/vault-instance.ts';
import { connectMailbox, type ConnectedMailbox } from '../support/vault-mailbox.ts';
import { openVaultWorld, type VaultWorld } from '../support/vault-world.ts';

/** `OUTAGE_SECONDS=10 npm run cluster` is quicker. What Microsoft gave waits for three minutes. */
const OUTAGE_SECONDS = Number(process.env['OUTAGE_SECONDS'] ?? 60);
const MAILBOXES = 12;
const CALLERS = 8;
const USER = 'mailkey';

type Pair = { primary: number; standby: number; primaryData: string; standbyData: string };

export async function run(): Promise<void> {
	const server = await openDebianPostgres();
	if (server === undefined) {
		console.log('skipped: PostgreSQL can be had here neither as it is nor from Debian');
		return;
	}
	let world: VaultWorld | undefined;
	try {
		const pair = await startPair(server);
		world = await openVaultWorld(urlOf(`127.0.0.1:${pair.primary}`), 'real');
		await failOver(server, pair, world);
	} finally {
		await world?.close().catch(() => undefined);
		await server.stop();
	}
}

const urlOf = (hosts: string) => `postgres://${USER}@${hosts}/mailkey`;

async function startPair(server: DebianPostgres): Promise<Pair> {
	const [primaryData, standbyData] = [join(server.folder, 'one'), join(server.folder, 'two')];
	await server.program('initdb', '-D', primaryData, '-U', USER, '--auth=trust', '-E', 'UTF8');
	const primary = await server.start(primaryData);
	const at = ['-h', '127.0.0.1', '-p', String(primary), '-U', USER];
	await server.program('createdb', ...at, 'mailkey');
	await server.program('pg_basebackup', ...at, '-D', standbyData, '-R', '-c', 'fast');
	const standby = await server.start(standbyData);
	return { primary, standby, primaryData, standbyData };
}

async function failOver(server: DebianPostgres, pair: Pair, world: VaultWorld): Promise<void> {
	const DATABASE_URL = urlOf(`127.0.0.1:${pair.standby},127.0.0.1:${pair.primary}`);
	const environment = { ...world.environment, DATABASE_URL };
	const instances = [world.open({ environment }), world.open({ environment })];
	const mailboxes: ConnectedMailbox[] = [];
	for (let count = 0; count < MAILBOXES; count += 1) {
		mailboxes.push(await connectMailbox(world, instances[count % 2]!));
	}
	const [held, ...others] = mailboxes;
	if (held === undefined) throw new Error('no mailbox');
	await held.setLife(-1);
	await untilReplicated(world.sql);
	console.log(`  ${MAILBOXES} mailboxes, two instances, ${CALLERS} callers; the primary is killed`);

	const load = startLoad(instances, others);
	await load.untilAnswered(200, 50);
	const asked = world.refreshes();
	// It has been asked, and its answer finds nobody who could store it.
	world.microsoft.nextTokenAnswer({ kind: 'held', arrived: () => kill(pair.primaryData) });
	const refreshing = held.resolve(undefined, instances[0]);
	refreshing.catch(() => undefined);
	await load.untilAnswered(503, 20);
	await sleep(OUTAGE_SECONDS * 1000);
	await server.program('pg_ctl', 'promote', '-D', pair.standbyData);
	const promotedAt = performance.now();
	const before = load.counts['200'] ?? 0;
	await until('served again', () => (load.counts['200'] ?? 0) > before + 20, 30_000);
	const seconds = (performance.now() - promotedAt) / 1000;
	await load.end();
	await refreshing.catch(() => undefined);
	await report(world, { pair, held, mailboxes, seconds, asked, counts: load.counts });
}

type Load = ReturnType<typeof startLoad>;

/** Each caller asks again as soon as it has an answer. */
function startLoad(instances: readonly VaultInstance[], mailboxes: readonly ConnectedMailbox[]) {
	const counts: Record<string, number> = {};
	let isOver = false;
	const callers = Array.from({ length: CALLERS }, async (_, caller) => {
		for (let turn = caller; !isOver; turn += 1) {
			const mailbox = mailboxes[turn % mailboxes.length]!;
			const instance = instances[turn % instances.length];
			// A kept connection that the server of the tests closes in this moment is no answer.
			const answer = await mailbox.resolve(undefined, instance).catch(() => undefined);
			if (answer) counts[answer.status] = (counts[answer.status] ?? 0) + 1;
			await sleep(20);
		}
	});
	return {
		counts,
		untilAnswered: (status: number, times: number) =>
			until(`${status} ${times} times`, () => (counts[status] ?? 0) >= times, 30_000),
		async end() {
			isOver = true;
			await Promise.all(callers);
		},
	};
}

type Seen = {
	pair: Pair;
	held: ConnectedMailbox;
	mailboxes: readonly ConnectedMailbox[];
	seconds: number;
	asked: number;
	counts: Load['counts'];
};

async function report(world: VaultWorld, seen: Seen): Promise<void> {
	const { pair, held, mailboxes, seconds, asked, counts } = seen;
	const sql = postgres(urlOf(`127.0.0.1:${pair.standby}`), { max: 1 });
	try {
		const row = await until('what Microsoft gave is stored', async () => {
			const [found] = await sql<{ version: number }[]>`
				select version from stored_tokens where id = ${held.number}`;
			return found?.version === 2 ? found : undefined;
		});
		const [{ well } = { well: 0 }] = await sql<{ well: number }[]>`
			select count(*)::int as well from stored_tokens where state = 'active'`;
		console.log(`  answers by status: ${JSON.stringify(counts)}`);
		console.log(`  served again ${seconds.toFixed(1)} s after the standby was promoted`);
		console.log(
			`  refreshes asked ${world.refreshes() - asked}, stored ${row.version - 1}; mailboxes well ${well} of ${mailboxes.length}`,
		);
		for (const line of world.logged.filter((one) => one.includes('site API failed')).slice(0, 3)) {
			console.log(line);
		}
		const wrong = Object.keys(counts).filter((status) => !['200', '503'].includes(status));
		assert.deepEqual(wrong, [], 'an answer that is wrong');
		assert.equal(well, mailboxes.length, 'a mailbox was lost');
	} finally {
		await sql.end({ timeout: 5 });
	}
}

async function untilReplicated(sql: Sql): Promise<void> {
	await until('the standby has everything', async () => {
		const [row] = await sql<{ whole: boolean }[]>`
			select replay_lsn >= pg_current_wal_lsn() as whole from pg_stat_replication`;
		return row?.whole === true;
	});
}

/** As a power cut does. */
async function kill(data: string): Promise<void> {
	const [pid = ''] = (await readFile(join(data, 'postmaster.pid'), 'utf8')).split('\n');
	process.kill(Number(pid), 'SIGKILL');
}
