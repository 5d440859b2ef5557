// A real PgBouncer before the PostgreSQL of the tests, on a loopback port: Debian's, installed where that is possible.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureDebianPackages } from './debian.ts';
import { findFreePort } from './free-port.ts';
import { until } from './until.ts';

const PROGRAM = '/usr/sbin/pgbouncer';

export type PgBouncer = {
	/** The database's URL by way of it. */
	url: string;
	stop(): Promise<void>;
};

/** True when it can run here. Under root it gives up its rights, and installs from Debian. */
export async function ensurePgBouncer(): Promise<boolean> {
	if (process.getuid?.() !== 0) return false;
	return ensureDebianPackages(['pgbouncer'], [PROGRAM]);
}

/** `connections` to PostgreSQL are shared by all clients. */
export async function startPgBouncer(
	databaseUrl: string,
	{
		mode,
		connections,
		lets = 'extra_float_digits,statement_timeout',
	}: {
		mode: 'session' | 'transaction';
		connections: number;
		/** The start-up parameters that it takes and does not pass on. */
		lets?: string;
	},
): Promise<PgBouncer> {
	const folder = await mkdtemp(join(tmpdir(), 'mailkey-pgbouncer-'));
	await chmod(folder, 0o755);
	const [url, port] = [new URL(databaseUrl), await findFreePort()];
	const file = join(folder, 'pgbouncer.ini');
	const password = decodeURIComponent(url.password);
	await writeFile(
		file,
		`[databases]
* = host=${url.hostname} port=${url.port} user=${url.username} password=${password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = ${mode}
default_pool_size = ${connections}
ignore_startup_parameters = ${lets}
`,
	);
	await chmod(file, 0o644);
	const server = spawn(PROGRAM, ['--quiet', '--user=nobody', file], { stdio: 'ignore' });
	await until('PgBouncer is up or over', async () => server.exitCode !== null || isOpen(port));
	if (server.exitCode !== null) throw new Error(`PgBouncer ended with ${server.exitCode}`);
	Object.assign(url, { hostname: '127.0.0.1', port: String(port) });
	return {
		url: url.href,
		async stop() {
			server.kill('SIGINT');
			setTimeout(() => server.kill('SIGKILL'), 1_000).unref();
			if (server.exitCode === null) await once(server, 'exit');
			await rm(folder, { recursive: true, force: true });
		},
	};
}

function isOpen(port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect(port, '127.0.0.1');
		socket.once('connect', () => (socket.destroy(), resolve(true)));
		socket.once('error', () => resolve(false));
	});
}
