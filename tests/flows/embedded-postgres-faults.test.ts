// What an operator can get wrong with the folder of the embedded PostgreSQL is told in one sentence, and nothing that
// was there is touched. And what must not get out of the server stays inside.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { chmod, chown, mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import postgres from 'postgres';
import { expect, test } from 'vitest';
import { OperatorError } from '../../src/lib/domain/operator-error.ts';
import { makeMissingLinks } from '../../src/embedded-postgres/binaries.ts';
import { makeDataDirectory } from '../../src/embedded-postgres/folder.ts';
import { openEmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres.ts';
import { familyOf } from '../support/embedded-runs.ts';
import { embeddedTests } from '../support/embedded-tests.ts';
import { until } from '../support/until.ts';

const { path, directory, open, openHere } = embeddedTests();
const isRoot = process.getuid?.() === 0;

/** The one sentence with which a server or a command is refused on `folder`. */
async function refusalOn(folder: string, role: 'server' | 'command' = 'server'): Promise<string> {
	const refusal = await openHere(role, folder).then(
		(server) => server.stop(),
		(error: unknown) => error,
	);
	if (!(refusal instanceof OperatorError)) throw new Error('not refused', { cause: refusal });
	expect(refusal.sentences).toHaveLength(1);
	return refusal.message;
}

async function folderWith(name: string, files: Record<string, string>): Promise<string> {
	for (const [file, text] of Object.entries(files)) {
		await mkdir(join(path(name), file, '..'), { recursive: true });
		await writeFile(join(path(name), file), text);
	}
	return path(name);
}

test('a file in place of the folder, or of one above it, is named', async () => {
	await writeFile(path('file'), '');
	for (const folder of [path('file'), path('file/data')]) {
		expect(await refusalOn(folder)).toBe(
			`The data folder ${folder} cannot be made, because a file is in its place: move the file, or set DATA_DIR to another folder.`,
		);
	}
});

// Another user must be able to read this project for it: not where it lies in a home folder of root's.
const othersCanRead =
	!isRoot ||
	spawnSync('test', ['-r', fileURLToPath(import.meta.url)], { uid: 65534, gid: 65534 }).status ===
		0;

test.skipIf(!othersCanRead)(
	'a folder that may not be written is named with who tried',
	async () => {
		const folder = path('locked');
		await mkdir(folder);
		if (isRoot) await chown(folder, 65534, 65534);
		await chmod(folder, 0o500);
		await chmod(path('.'), 0o711);
		const opener = open('server', { directory: folder, ...(isRoot ? { uid: 65534 } : {}) });
		expect((await opener.next('refused')).sentences.join()).toMatch(
			/^The data folder .*\/locked cannot be read and written by the user \S+:/,
		);
	},
);

test('a folder that every user can write is closed to them, or refused where one of them has been there', async ({
	skip,
}) => {
	const folder = path('open');
	await mkdir(folder);
	await chmod(folder, 0o1777);
	expect(await makeDataDirectory(folder)).toBe(folder);
	expect((await stat(folder)).mode & 0o777).toBe(0o775);
	if (!isRoot) skip('only root can act as another user');
	await chmod(folder, 0o1777);
	await writeFile(join(folder, 'postgres-password'), 'known-to-somebody-else\n');
	await chown(join(folder, 'postgres-password'), 65534, 65534);
	expect(await refusalOn(folder)).toMatch(/^Other users of this computer can put files into /);
	expect((await stat(folder)).mode & 0o777).toBe(0o777);
	await mkdir(join(folder, 'practice'));
	await chown(join(folder, 'practice'), 65534, 65534);
	expect(await refusalOn(join(folder, 'practice'))).toMatch(/^Other users of this computer /);
});

test('a full disk is named as that', async ({ skip }) => {
	const folder = path('small');
	await mkdir(folder);
	const mount = 'mount -t tmpfs -o size=24m none "$0" || exit 77; exec "$@"';
	const opener = open('server', {
		directory: folder,
		wrapper: ['unshare', ...(isRoot ? [] : ['-r']), '-m', '--', 'sh', '-c', mount, folder],
	});
	await opener.ended;
	if (opener.status() !== 1) skip('no file system can be mounted here');
	expect((await opener.next('refused')).sentences).toEqual([
		`The disk of the data folder ${folder} is full: free some space, or set DATA_DIR to a folder on another disk.`,
	]);
});

test('a start that was killed while it made the data is made up for by the next', async () => {
	const folder = path('half');
	const opener = open('server', { directory: folder });
	await until('half of the data', async () => {
		const [half] = await newFolders(folder);
		return half !== undefined && (await readdir(join(folder, half))).includes('base');
	});
	opener.kill('SIGKILL');
	await opener.ended;
	expect(await readdir(folder)).not.toContain('postgres');
	const server = await openHere('server', folder);
	await server.stop();
	expect(await newFolders(folder)).toEqual([]);
});

test('data of another major version are left as they are', async () => {
	const folder = await folderWith('old', { 'postgres/PG_VERSION': '15\n', 'postgres/base/1': '' });
	expect(await refusalOn(folder)).toMatch(
		/^The data in .*\/old\/postgres were made by PostgreSQL 15 and this is PostgreSQL \d+:/,
	);
	expect(await readdir(join(folder, 'postgres'))).toEqual(['PG_VERSION', 'base']);
	expect(await readdir(folder)).toEqual(['postgres']);
});

test.each([
	['a folder', 'postgres/notes.txt'],
	['a file', 'postgres'],
])('%s in place of the data is left as it is', async (what, file) => {
	const folder = await folderWith(`instead ${what}`, { [file]: 'mine' });
	expect(await refusalOn(folder)).toBe(
		`${folder}/postgres is not a data folder of PostgreSQL: move it away, or set DATA_DIR to another folder.`,
	);
	expect(await readFile(join(folder, file), 'utf8')).toBe('mine');
	expect(await readdir(folder)).toEqual(['postgres']);
});

test('libraries without their links get them', async () => {
	const list = [{ source: 'native/lib/libicu.so.60.2', target: 'native/lib/libicu.so.60' }];
	const folder = await folderWith('package', {
		'native/lib/libicu.so.60.2': 'the library',
		'native/pg-symlinks.json': JSON.stringify(list),
	});
	await makeMissingLinks(folder, '@embedded-postgres/some');
	await makeMissingLinks(folder, '@embedded-postgres/some');
	expect(await readFile(join(folder, 'native/lib/libicu.so.60'), 'utf8')).toBe('the library');
});

test('a password that is missing or of other data is named, to a server and to a command', async () => {
	const file = join(directory(), 'postgres-password');
	await rename(file, `${file}.kept`);
	expect(await refusalOn(directory())).toContain(`put the file ${file} back`);
	await writeFile(file, 'of other data');
	const server = await openHere('server');
	expect(await refusalOn(directory(), 'command')).toContain('does not accept the password');
	await server.stop();
	await rename(`${file}.kept`, file);
});

test('the log names no value, whatever fails and however', async () => {
	const server = await openHere('server');
	const sql = postgres(server.url, { max: 2, onnotice: () => undefined });
	const secret = '0.AReFresh-token';
	await sql`create table secrets (token text check (length(token) < 3) unique)`;
	await expect(sql`insert into secrets values (${secret})`).rejects.toThrow('check constraint');
	await expect(sql`select ${secret}::text::int`).rejects.toThrow(secret);
	await expect(sql.unsafe(`select '${secret}' from nowhere`)).rejects.toThrow('nowhere');
	const running = sql.unsafe(`select pg_sleep(60), '${secret}'`).catch(() => 'cut off');
	const [backend] = await sql`select pid from pg_stat_activity where query like 'select pg_sleep%'`;
	process.kill(Number(backend?.['pid']), 'SIGKILL');
	expect(await running).toBe('cut off');
	await until('the database again', () => sql`select 1`.catch(() => undefined));
	await sql.end({ timeout: 1 });
	await server.stop();
	const log = await readFile(join(directory(), 'postgres.log'), 'utf8');
	expect(log).toContain('was terminated by signal 9');
	expect(log).not.toContain(secret);
});

test('the server syncs, is open to loopback and one plain role, and knows nothing of our environment', async () => {
	process.env['MAILKEY_TEST_SECRET'] = 'client secret';
	const server = await openEmbeddedPostgres({ directory: directory(), role: 'server' });
	const sql = postgres(server.url, { max: 1 });
	const [row] = await sql`select
		current_setting('listen_addresses') as listens, current_setting('fsync') as fsync,
		current_setting('data_checksums') as checksums, rolname, rolsuper
		from pg_roles where rolname = current_user`;
	expect(row).toEqual({
		listens: '127.0.0.1',
		fsync: 'on',
		checksums: 'on',
		rolname: 'mailkey',
		rolsuper: false,
	});
	await sql.end();
	for (const [user, password] of [
		['postgres', ''],
		['mailkey', ''],
		['mailkey', 'wrong'],
	] as const) {
		await expect(logIn(server.url, user, password)).rejects.toThrow(
			/no pg_hba.conf entry|password/,
		);
	}
	if (process.platform === 'linux') {
		const { postmaster } = await familyOf(directory());
		expect(await readFile(`/proc/${postmaster}/environ`, 'utf8')).not.toContain('client secret');
	}
	await server.stop();
});

async function logIn(serverUrl: string, user: string, password: string): Promise<void> {
	const url = new URL(serverUrl);
	url.username = user;
	url.password = password;
	const sql = postgres(url.href, { max: 1 });
	try {
		await sql`select 1`;
	} finally {
		await sql.end();
	}
}

async function newFolders(folder: string): Promise<string[]> {
	const names = await readdir(folder).catch(() => []); // not made yet
	return names.filter((name) => name.startsWith('postgres.new'));
}
