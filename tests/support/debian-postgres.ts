// PostgreSQL as Debian packages it, with its programs for backups, in folders of its own: what the embedded one lacks.

import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ensureDebianPackages } from './debian.ts';
import { findFreePort } from './free-port.ts';
import { until } from './until.ts';

const run = promisify(execFile);

const PLACE = '/usr/lib/postgresql';

export type DebianPostgres = {
	/** A folder that its user can write to. */
	folder: string;
	/** Where its programs are. */
	bin: string;
	/** Runs one of its programs, as its user. */
	program(name: string, ...args: string[]): Promise<string>;
	/** Starts a server on a folder of data, and gives its port. */
	start(data: string): Promise<number>;
	stop(): Promise<void>;
};

/** Undefined where it cannot be had. */
export async function openDebianPostgres(): Promise<DebianPostgres | undefined> {
	if (!(await ensureDebianPackages(['postgresql'], [PLACE]))) return undefined;
	const [version] = (await readdir(PLACE)).sort((a, b) => Number(b) - Number(a));
	const bin = join(PLACE, version ?? '', 'bin');
	if (!existsSync(join(bin, 'initdb'))) return undefined;
	const folder = await mkdtemp(join(tmpdir(), 'mailkey-drill-'));
	const isRoot = process.getuid?.() === 0;
	if (isRoot) await run('chown', ['postgres', folder]);
	await chmod(folder, 0o755);
	const command = (name: string, args: string[]): [string, string[]] =>
		isRoot
			? ['runuser', ['-u', 'postgres', '--', join(bin, name), ...args]]
			: [join(bin, name), args];
	const servers: ChildProcess[] = [];
	return {
		folder,
		bin,
		async program(name, ...args) {
			return (await run(...command(name, args), { cwd: folder })).stdout;
		},
		async start(data) {
			const port = await findFreePort();
			const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off'];
			const args = ['-D', data, '-p', String(port), ...settings.flatMap((one) => ['-c', one])];
			const server = spawn(...command('postgres', args), { cwd: folder, stdio: 'ignore' });
			servers.push(server);
			const isReady = () =>
				run(join(bin, 'pg_isready'), ['-h', '127.0.0.1', '-p', String(port)]).then(
					() => true,
					() => false,
				);
			await until('PostgreSQL is up or over', async () => server.exitCode !== null || isReady());
			if (server.exitCode !== null) throw new Error(`PostgreSQL ended with ${server.exitCode}`);
			return port;
		},
		async stop() {
			for (const server of servers) {
				if (server.exitCode !== null) continue;
				// By runuser to the server: it ends at once, as nobody is connected any more.
				server.kill('SIGTERM');
				await once(server, 'exit');
			}
			await rm(folder, { recursive: true, force: true });
		},
	};
}
