// Failovers of a real cluster under load: three PostgreSQL servers under Patroni behind HAProxy, three instances, and the
// practice Microsoft, whose access tokens are short-lived so that there are refreshes all the time. Each trial takes something
// away and counts the answers by status, and what Microsoft gave and was stored.

import assert from 'node:assert/strict';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { openDebianPostgres } from '../support/debian-postgres.ts';
import { until } from '../support/until.ts';
import { connectMailbox, type ConnectedMailbox } from '../support/vault-mailbox.ts';
import { openVaultWorld, type VaultWorld } from '../support/vault-world.ts';
import { createShortLives, startLoad, type Load } from './load.ts';
import { startPatroni, type Patroni } from './patroni.ts';

/** `OUTAGE_SECONDS=10 npm run cluster` is quicker. What Microsoft gave waits for three minutes. */
const OUTAGE_SECONDS = Number(process.env['OUTAGE_SECONDS'] ?? 60);
/** `TRIALS=disk npm run cluster` runs those whose name has it. */
const TRIALS = process.env['TRIALS'] ?? '';
const MAILBOXES = 24;
const SETTLE_LIMIT_MS = 240_000;

const trials: Record<string, (patroni: Patroni) => Promise<void>> = {
	'the leader is killed': async (patroni) => {
		const leader = await patroni.leader();
		await patroni.kill(leader);
		await untilAnother(patroni, leader.name);
		patroni.restart(leader);
	},
	'the leader is stalled (SIGSTOP), and goes on when another leads': async (patroni) => {
		const leader = await patroni.leader();
		await patroni.signal(leader, 'SIGSTOP');
		await untilAnother(patroni, leader.name);
		await sleep(5_000);
		await patroni.signal(leader, 'SIGCONT');
	},
	switchover: async (patroni) => {
		const { name } = await patroni.leader();
		await patroni.switchOver();
		await untilAnother(patroni, name);
	},
	"the leader's disk is full for 20 seconds": async (patroni) => {
		const { data } = await patroni.leader();
		const file = join(data, '..', 'filler');
		await fill(file);
		await sleep(20_000);
		await rm(file);
	},
	'others have all connections for 20 seconds': async (patroni) => {
		const leader = await patroni.leader();
		const others = await takeConnections(patroni, leader);
		await sleep(20_000);
		await Promise.all(others.map((one) => one.end({ timeout: 1 })));
	},
	[`all three are stalled for ${OUTAGE_SECONDS} seconds`]: async (patroni) => {
		for (const node of patroni.nodes) await patroni.signal(node, 'SIGSTOP');
		await sleep(OUTAGE_SECONDS * 1000);
		for (const node of patroni.nodes) await patroni.signal(node, 'SIGCONT');
	},
};

export async function run(): Promise<void> {
	const server = await openDebianPostgres();
	const isRoot = process.getuid?.() === 0;
	const patroni = server && isRoot ? await startPatroni(server) : undefined;
	if (server === undefined || patroni === undefined) {
		console.log(
			'skipped: it takes root on a Debian that has postgresql, patroni, etcd-server and haproxy',
		);
		await server?.stop();
		return;
	}
	let world: VaultWorld | undefined;
	try {
		await patroni.untilWhole();
		world = await openVaultWorld(patroni.url, 'real');
		await tryAll(patroni, world);
	} finally {
		await world?.close().catch(() => undefined);
		await patroni.stop();
		await server.stop();
	}
}

async function tryAll(patroni: Patroni, world: VaultWorld): Promise<void> {
	const shortLives = createShortLives();
	const instances = [patroni.url, patroni.url, patroni.urlOfHosts].map((DATABASE_URL) =>
		world.open({
			environment: { ...world.environment, DATABASE_URL },
			fetch: shortLives.fetch,
			durations: { betweenRefreshesMs: 1_000 },
		}),
	);
	const mailboxes: ConnectedMailbox[] = [];
	for (let count = 0; count < MAILBOXES; count += 1) {
		mailboxes.push(await connectMailbox(world, instances[count % 3]!));
	}
	console.log(`  ${MAILBOXES} mailboxes, ${instances.length} instances, two of them by HAProxy`);
	const load = startLoad(instances, mailboxes);
	try {
		await load.untilServed();
		for (const [name, trial] of Object.entries(trials)) {
			if (name.includes(TRIALS)) await tryOne(name, trial, { patroni, world, load, shortLives });
		}
	} finally {
		await load.end();
	}
}

type Tried = {
	patroni: Patroni;
	world: VaultWorld;
	load: Load;
	shortLives: ReturnType<typeof createShortLives>;
};

async function tryOne(
	name: string,
	trial: (patroni: Patroni) => Promise<void>,
	{ patroni, world, load, shortLives }: Tried,
): Promise<void> {
	await patroni.untilWhole();
	load.beginCount();
	const [askedBefore, before] = [shortLives.given(), await storedBy(world)];
	await trial(patroni);
	await load.untilServed();
	await patroni.untilWhole();
	// What Microsoft gave meanwhile waits in memory until the database takes it.
	await sleep(5_000);
	const [asked, after] = [shortLives.given() - askedBefore, await storedBy(world)];
	const { counts, longestGapSeconds } = load.count();
	console.log(`  ${name}:`);
	console.log(
		`    answers by status: ${JSON.stringify(counts)}; nobody was served for ${longestGapSeconds.toFixed(1)} s`,
	);
	console.log(
		`    refreshes answered by Microsoft: ${asked}, stored: ${after.versions - before.versions}; mailboxes well: ${after.well} of ${MAILBOXES}`,
	);
	const wrong = Object.keys(counts).filter((status) => !['200', '503'].includes(status));
	assert.deepEqual(wrong, [], 'an answer that is wrong');
	assert.equal(after.well, MAILBOXES, 'a mailbox was lost');
}

/** Each refresh that is stored raises the version of its token by one. */
function storedBy({ sql }: VaultWorld): Promise<{ versions: number; well: number }> {
	const read = async () => {
		const [row] = await sql<{ versions: number; well: number }[]>`
			select sum(version)::int as versions, (count(*) filter (where state = 'active'))::int as well
			from stored_tokens`;
		return row;
	};
	return until('the database answers', () => read().catch(() => undefined), SETTLE_LIMIT_MS);
}

async function untilAnother(patroni: Patroni, name: string): Promise<void> {
	await until('another leads', async () => (await patroni.leader()).name !== name, SETTLE_LIMIT_MS);
}

/** Writes until there is no room. */
async function fill(path: string): Promise<void> {
	const file = await open(path, 'w');
	try {
		for (const block = Buffer.alloc(1 << 20, 1); ;) await file.write(block);
	} catch (error) {
		if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
	} finally {
		await file.close();
	}
}

/** Ends those of the instances, and has taken their places before they are back. */
async function takeConnections(
	patroni: Patroni,
	leader: Awaited<ReturnType<Patroni['leader']>>,
): Promise<postgres.Sql[]> {
	const superuser = patroni.asSuperuser(leader);
	const taken: postgres.Sql[] = [];
	try {
		for (let refused = 0; refused < 3;) {
			await superuser`select pg_terminate_backend(pid) from pg_stat_activity
				where usename = 'mailkey' and application_name <> 'others'`;
			const connection = { application_name: 'others' };
			const one = postgres(`postgres://mailkey@127.0.0.1:${leader.port}/mailkey`, {
				max: 1,
				connection,
			});
			await one`select 1`.then(
				() => taken.push(one),
				() => (refused += 1),
			);
		}
	} finally {
		await superuser.end();
	}
	return taken;
}
