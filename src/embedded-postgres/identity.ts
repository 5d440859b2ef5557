// As whom PostgreSQL runs. It refuses root, so where we are root it runs in a user namespace (root outside, an ordinary
// user to itself: the files stay root's, and any folder of root's works, /root included); where namespaces are not
// allowed, or the folder belongs to or is below a folder of somebody else, as a user who can enter the folder.

import { execFile } from 'node:child_process';
import { chmod, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { OperatorError } from '../lib/domain/operator-error.ts';
import { ifMissing } from './faults.ts';

export type Identity =
	| { kind: 'ourselves' }
	| { kind: 'namespace'; uidInside: number }
	| { kind: 'user'; uid: number; gid: number };

/** What to hand to `spawn`. */
export type Launch = {
	file: string;
	args: string[];
	options: { env: NodeJS.ProcessEnv; uid?: number; gid?: number };
};

export type Place = { directory: string; dataFolder: string; binaries: { postgres: string } };

const run = promisify(execFile);

export function launchAs(identity: Identity, file: string, args: string[]): Launch {
	// Nothing else of our environment: it holds secrets, and PostgreSQL would heed PGPORT, PGDATA and their like.
	// LC_ALL=C keeps its messages in English, and on macOS keeps the locale library from starting threads.
	const env = { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
	switch (identity.kind) {
		case 'ourselves':
			return { file, args, options: { env } };
		case 'namespace': {
			const as = identity.uidInside;
			const unshare = ['--user', `--map-user=${as}`, `--map-group=${as}`, '--'];
			return { file: 'unshare', args: [...unshare, file, ...args], options: { env } };
		}
		case 'user':
			return { file, args, options: { env, uid: identity.uid, gid: identity.gid } };
	}
}

/** @throws OperatorError where nobody we can be may run the binaries in the folder */
export async function findIdentity(place: Place): Promise<Identity> {
	const faults: unknown[] = [];
	for await (const identity of candidates(place)) {
		try {
			await tryIn(place, identity);
			if (isRoot()) await giveDataFolder(place.dataFolder, identity);
			return identity;
		} catch (fault) {
			faults.push(fault);
		}
	}
	throw new OperatorError(nobodyCan(place, faults[0]), { cause: new AggregateError(faults) });
}

/** The owner of data that are there already comes first, so that it does not change from start to start. */
async function* candidates(place: Place): AsyncGenerator<Identity> {
	const namespace: Identity = { kind: 'namespace', uidInside: await uidWithName() };
	if (!isRoot()) {
		yield* [{ kind: 'ourselves' } as const, namespace];
		return;
	}
	for (const folder of [place.dataFolder, place.directory]) {
		const owner = await ownerOf(folder);
		if (owner) yield owner.uid === 0 ? namespace : owner;
	}
	const around = await ownerOf(dirname(place.directory));
	if (around && around.uid !== 0) yield around;
	const postgres = await userNamed('postgres');
	if (postgres) yield postgres;
}

type User = Identity & { kind: 'user' };

async function ownerOf(folder: string): Promise<User | undefined> {
	const found = await stat(folder).catch(ifMissing);
	return found && { kind: 'user', uid: found.uid, gid: found.gid };
}

async function userNamed(name: string): Promise<User | undefined> {
	try {
		const uid = Number((await run('id', ['-u', name])).stdout);
		const gid = Number((await run('id', ['-g', name])).stdout);
		return { kind: 'user', uid, gid };
	} catch {
		return undefined; // no such user here
	}
}

/** initdb looks its user up by number, so inside the namespace it must be one that this system knows. */
async function uidWithName(): Promise<number> {
	const passwd = await readFile('/etc/passwd', 'utf8').catch(() => ''); // a system without: nothing to look up in
	const uids = passwd.split('\n').map((line) => Number(line.split(':')[2] ?? 0));
	return uids.find((uid) => uid > 0) ?? 1000;
}

/** Enters the folder, looks up the own name as initdb will, and runs the binary with its libraries: all in one go. */
async function tryIn(place: Place, identity: Identity): Promise<void> {
	const { mode, uid } = await stat(place.directory);
	// Somebody else who is to work inside must get through; what is in the folder has modes of its own.
	if (identity.kind === 'user' && identity.uid !== uid) await chmod(place.directory, mode | 0o011);
	const script = 'cd -- "$1" && id -un && exec "$2" --version';
	const args = ['-c', script, 'sh', place.directory, place.binaries.postgres];
	const launch = launchAs(identity, 'sh', args);
	try {
		await run(launch.file, launch.args, launch.options);
	} catch (fault) {
		if (isRoot()) await chmod(place.directory, mode);
		throw fault;
	}
}

async function giveDataFolder(dataFolder: string, identity: Identity): Promise<void> {
	const { uid, gid } = identity.kind === 'user' ? identity : { uid: 0, gid: 0 };
	const found = await stat(dataFolder).catch(ifMissing);
	if (found === undefined || found.uid === uid) return;
	await run('chown', ['-R', `${uid}:${gid}`, '--', dataFolder]);
}

function isRoot(): boolean {
	return process.getuid?.() === 0;
}

function nobodyCan(place: Place, fault: unknown): string {
	const instead = 'or set DATABASE_URL to a PostgreSQL of your own';
	if (!isRoot()) {
		return `The embedded PostgreSQL does not run here (${lastLine(fault)}): mend that, ${instead}.`;
	}
	return `PostgreSQL refuses to run as root, and here neither a user namespace nor another user can run it in ${place.directory}: run this as an ordinary user, ${instead}.`;
}

function lastLine(error: unknown): string {
	const printed = typeof error === 'object' && error !== null && 'stderr' in error && error.stderr;
	const text = String(printed || (error instanceof Error ? error.message : error));
	return text.trim().split('\n').at(-1) ?? '';
}
