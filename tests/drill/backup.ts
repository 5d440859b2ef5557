// The rehearsal of docs/backup.md against throw-away databases: real backups, real commands, a practice Microsoft. Each line
// that it prints is something that was seen.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openDebianPostgres, type DebianPostgres } from '../support/debian-postgres.ts';
import { migrateDatabase } from '../../src/lib/server/database/migrate.ts';
import { generateTokenKey } from '../../src/lib/server/vault/key-ring.ts';
import { runMailkey } from '../support/vault-command-line.ts';
import { connectMailbox, type ConnectedMailbox } from '../support/vault-mailbox.ts';
import { openVaultWorld, type VaultWorld } from '../support/vault-world.ts';

const USER = 'mailkey';

const proved = (what: string) => console.log(`  proved: ${what}`);

type Backup = { world: VaultWorld; revoked: ConnectedMailbox; refreshed: ConnectedMailbox };

export async function run(): Promise<void> {
	const postgres = await openDebianPostgres();
	if (postgres === undefined) {
		console.log(
			'skipped: PostgreSQL with pg_dump can be had here neither as it is nor from Debian',
		);
		return;
	}
	let world: VaultWorld | undefined;
	try {
		const data = join(postgres.folder, 'data');
		await postgres.program('initdb', '-D', data, '-U', USER, '--auth=trust', '-E', 'UTF8');
		const port = await postgres.start(data);
		await postgres.program('createdb', ...at(port), 'original');
		world = await openVaultWorld(urlOf(port, 'original'), 'real');
		const backup = await backUp(postgres, port, world);
		await postgres.program('createdb', ...at(port), 'restored');
		const dump = join(postgres.folder, 'dump');
		await postgres.program('pg_restore', ...at(port), '-d', 'restored', '--no-owner', dump);
		console.log('\nA dump by pg_dump, restored');
		await verify(postgres.folder, urlOf(port, 'restored'), backup);
		console.log('\nA dump of data alone, restored into the schema of "mailkey migrate"');
		await postgres.program('createdb', ...at(port), 'data_alone');
		await migrateDatabase(urlOf(port, 'data_alone'));
		const rows = join(postgres.folder, 'data_alone');
		await postgres.program('pg_restore', ...at(port), '-d', 'data_alone', '--exit-on-error', rows);
		await verify(postgres.folder, urlOf(port, 'data_alone'), backup);
		console.log('\nA physical base backup, started');
		const copy = await postgres.start(join(postgres.folder, 'base'));
		await verify(postgres.folder, urlOf(copy, 'original'), backup);
	} finally {
		await world?.close();
		await postgres.stop();
	}
}

const at = (port: number) => ['-h', '127.0.0.1', '-p', String(port), '-U', USER];
const urlOf = (port: number, name: string) => `postgres://${USER}@127.0.0.1:${port}/${name}`;

/** Both kinds; then one mailbox is revoked, and the token of another is given anew. */
async function backUp(postgres: DebianPostgres, port: number, world: VaultWorld): Promise<Backup> {
	const instance = world.open();
	await instance.app.learnKeys();
	const revoked = await connectMailbox(world, instance);
	const refreshed = await connectMailbox(world, instance);
	const dump = join(postgres.folder, 'dump');
	await postgres.program('pg_dump', ...at(port), '-Fc', '-f', dump, 'original');
	const dataAlone = join(postgres.folder, 'data_alone');
	const options = ['--data-only', '--load-via-partition-root', '--exclude-schema=drizzle'];
	await postgres.program('pg_dump', ...at(port), '-Fc', ...options, '-f', dataAlone, 'original');
	const base = join(postgres.folder, 'base');
	await postgres.program('pg_basebackup', ...at(port), '-D', base, '-X', 'stream', '-c', 'fast');
	await refreshed.setLife(-1);
	assert.equal((await refreshed.resolve()).status, 200);
	await command(world, postgres.folder, 'token', 'revoke', revoked.identifier);
	const audit = ['audit', '--event', 'token_revoked', '--csv'];
	const { stdout } = await command(world, postgres.folder, ...audit);
	await writeFile(join(postgres.folder, 'audit.csv'), stdout);
	return { world, revoked, refreshed };
}

async function verify(folder: string, databaseUrl: string, { world, ...boxes }: Backup) {
	const environment = { ...world.environment, DATABASE_URL: databaseUrl };
	const run = (keys: string, ...args: string[]) =>
		runMailkey(args, { environment: { ...environment, TOKEN_KEYS: keys }, folder });
	const own = world.environment['TOKEN_KEYS'] ?? '';
	const whole = await run(own, 'keys', 'verify', '--json');
	assert.deepEqual([whole.status, whole.stderr], [0, '']);
	const opened = Number(whole.json()['opened']);
	proved(`with its keys every sealed value opens: ${opened}`);
	const counted = (await run(own, 'keys', 'status', '--json')).json()['keys'] as {
		values: number;
	}[];
	assert.deepEqual(
		counted.map(({ values }) => values),
		[opened],
	);
	proved('"keys status" counts as many');
	const without = await run(generateTokenKey('other'), 'keys', 'verify', '--json');
	assert.deepEqual([without.status, without.json()['opened']], [1, 0]);
	proved('without them none opens, and "keys verify" ends with exit status 1');

	const instance = world.open({ environment });
	const { revoked, refreshed } = boxes;
	assert.equal((await revoked.resolve(undefined, instance)).status, 200);
	proved('what was revoked after the backup is there again');
	const again = await run(own, 'token', 'revoke', '--from', 'audit.csv', '--json');
	assert.deepEqual(again.json(), { revoked: 1, already: 0, unknown: 0 }, again.stderr);
	assert.equal((await revoked.resolve(undefined, instance)).status, 404);
	proved('"token revoke --from audit.csv" revokes it again, for good');

	const before = world.refreshes();
	const answer = await refreshed.resolve(3000, instance);
	assert.equal(answer.status, 200, answer.text);
	const restored = await expire(databaseUrl, refreshed.number);
	assert.equal(restored, 1);
	assert.equal((await refreshed.resolve(undefined, instance)).status, 200);
	assert.equal(world.refreshes() - before, 1);
	proved('a refresh token that is older than the newest one still gives an access token');
	await instance.close();
}

/** Of a restored token, as after a while. */
async function expire(databaseUrl: string, number: number): Promise<number> {
	const { default: postgres } = await import('postgres');
	const sql = postgres(databaseUrl, { max: 1 });
	const { count } = await sql`
		update stored_tokens set access_token_expires_at = now(), refresh_started_at = null where id = ${number}`;
	await sql.end();
	return count;
}

async function command(world: VaultWorld, folder: string, ...args: string[]) {
	const { environment } = world;
	const result = await runMailkey(args, { environment, folder });
	assert.equal(result.status, 0, result.stderr);
	return result;
}
