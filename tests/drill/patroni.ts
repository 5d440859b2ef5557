// Three PostgreSQL servers under Patroni, with etcd and HAProxy, all on loopback: the parts are Debian's, unpacked and not
// installed. Commits wait for the synchronous standby, so that a leader which dies takes none with it.

import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import postgres from 'postgres';
import { ensureDebianPackages, unpackDebianPackages } from '../support/debian.ts';
import type { DebianPostgres } from '../support/debian-postgres.ts';
import { findFreePort } from '../support/free-port.ts';
import { until } from '../support/until.ts';

const run = promisify(execFile);

const PARTS = ['patroni', 'etcd-server', 'haproxy'];
/** What they need beside C libraries. */
const PYTHON = [
	'etcd',
	'psycopg2',
	'yaml',
	'click',
	'dateutil',
	'prettytable',
	'psutil',
	'urllib3',
];

const NODES = 3;
const DISK_MEGABYTES = 400;
const START_LIMIT_MS = 180_000;
/** Connections that others than superusers can have. */
const CONNECTIONS = 60;

export type Node = { name: string; port: number; restPort: number; data: string };

export type Patroni = {
	/** By HAProxy, which leads to the leader. */
	url: string;
	/** Names all hosts. */
	urlOfHosts: string;
	leader(): Promise<Node>;
	/** Of the database, as a superuser, whatever becomes of other connections. */
	asSuperuser(node: Node): postgres.Sql;
	/** As a power cut does. */
	kill(node: Node): Promise<void>;
	restart(node: Node): void;
	/** To all processes of the node: `SIGSTOP`, `SIGCONT`. */
	signal(node: Node, signal: NodeJS.Signals): Promise<void>;
	switchOver(): Promise<void>;
	nodes: readonly Node[];
	/** Until a leader has a synchronous standby, and all nodes follow it. */
	untilWhole(): Promise<void>;
	stop(): Promise<void>;
};

/** Undefined where the parts cannot be had. */
export async function startPatroni(server: DebianPostgres): Promise<Patroni | undefined> {
	const parts = join(server.folder, 'parts');
	const python = PYTHON.map((name) => `python3-${name}`);
	if (!(await unpackDebianPackages(PARTS, parts))) return undefined;
	if (!(await ensureDebianPackages([...python, 'python3-pkg-resources'], ['/usr/bin/python3']))) {
		return undefined;
	}
	await ensureDebianPackages(python, ['/usr/lib/python3/dist-packages/etcd']);
	const own = await run('id', ['-u', 'postgres']);
	const uid = Number(own.stdout);
	const children = new Map<string, ChildProcess>();
	const startProcess = (
		name: string,
		file: string,
		args: string[],
		env: NodeJS.ProcessEnv = {},
	) => {
		const options = { uid, cwd: server.folder, env: { PATH: process.env['PATH'], ...env } };
		children.set(name, spawn(file, args, { ...options, stdio: 'ignore' }));
	};

	const etcd = await startEtcd(parts, server.folder, startProcess);
	const nodes: Node[] = [];
	for (let count = 1; count <= NODES; count += 1) {
		const [port, restPort] = [await findFreePort(), await findFreePort()];
		const disk = join(server.folder, `disk${count}`);
		await mkdir(disk);
		await run('mount', [
			'-t',
			'tmpfs',
			'-o',
			`size=${DISK_MEGABYTES}m,uid=${uid},mode=0700`,
			'none',
			disk,
		]);
		nodes.push({ name: `n${count}`, port, restPort, data: join(disk, 'data') });
	}
	for (const node of nodes) await writeSettings(server, node, etcd);
	const restart = (node: Node) =>
		startProcess(node.name, 'python3', ['-m', 'patroni', settingsOf(server, node)], {
			PYTHONPATH: join(parts, 'usr/lib/python3/dist-packages'),
		});
	nodes.forEach(restart);
	const proxyPort = await startProxy(server, parts, nodes, startProcess);

	const leader = () =>
		until(
			'there is a leader',
			async () => {
				for (const node of nodes) if (await answers(node, '/primary')) return node;
				return undefined;
			},
			START_LIMIT_MS,
		);
	const asSuperuser = ({ port }: Node) =>
		postgres(`postgres://postgres@127.0.0.1:${port}/mailkey`, {
			max: 1,
			onnotice: () => undefined,
		});
	await createDatabase((await leader()).port);
	const patroni: Patroni = {
		url: `postgres://mailkey@127.0.0.1:${proxyPort}/mailkey`,
		urlOfHosts: `postgres://mailkey@${nodes.map(({ port }) => `127.0.0.1:${port}`).join()}/mailkey?target_session_attrs=read-write`,
		nodes,
		leader,
		asSuperuser,
		restart,
		async kill(node) {
			const processes = await processesOf(children.get(node.name), node);
			for (const pid of processes) send(pid, 'SIGKILL');
		},
		async signal(node, signal) {
			for (const pid of await processesOf(children.get(node.name), node)) send(pid, signal);
		},
		async switchOver() {
			const { name, restPort } = await leader();
			const answer = await fetch(`http://127.0.0.1:${restPort}/switchover`, {
				method: 'POST',
				body: JSON.stringify({ leader: name }),
			});
			if (!answer.ok) throw new Error(`switchover: ${answer.status} ${await answer.text()}`);
		},
		async untilWhole() {
			await until(
				'all nodes follow the leader',
				async () => {
					const { restPort } = await leader();
					const members = await membersBy(restPort);
					const isRunning = members.every(
						({ state }) => state === 'running' || state === 'streaming',
					);
					return (
						isRunning &&
						members.length === NODES &&
						members.some(({ role }) => role === 'sync_standby')
					);
				},
				START_LIMIT_MS,
			);
		},
		async stop() {
			for (const node of nodes) {
				await patroni.signal(node, 'SIGCONT');
				await patroni.kill(node);
			}
			for (const child of children.values()) child.kill('SIGKILL');
			for (const { data } of nodes) {
				await until('the disk is free', () =>
					run('umount', [join(data, '..')]).then(
						() => true,
						() => false,
					),
				);
			}
		},
	};
	return patroni;
}

type StartProcess = (name: string, file: string, args: string[], env?: NodeJS.ProcessEnv) => void;

async function startEtcd(parts: string, folder: string, start: StartProcess): Promise<string> {
	const [clients, peers] = [await findFreePort(), await findFreePort()];
	const data = join(folder, 'etcd');
	await mkdir(data);
	await run('chown', ['postgres', data]);
	await chmod(data, 0o700);
	const urls = { clients: `http://127.0.0.1:${clients}`, peers: `http://127.0.0.1:${peers}` };
	start('etcd', join(parts, 'usr/bin/etcd'), [
		...['--name', 'one', '--data-dir', data, '--unsafe-no-fsync'],
		...['--listen-client-urls', urls.clients, '--advertise-client-urls', urls.clients],
		...['--listen-peer-urls', urls.peers, '--initial-advertise-peer-urls', urls.peers],
		...['--initial-cluster', `one=${urls.peers}`],
	]);
	await until('etcd is up', () => isOk(`${urls.clients}/health`), START_LIMIT_MS);
	return `127.0.0.1:${clients}`;
}

const settingsOf = ({ folder }: DebianPostgres, { name }: Node) => join(folder, `${name}.yml`);

/** YAML takes JSON. Times are Patroni's own defaults. */
async function writeSettings(server: DebianPostgres, node: Node, etcd: string): Promise<void> {
	const at = (port: number) => `127.0.0.1:${port}`;
	const settings = {
		scope: 'mailkey',
		name: node.name,
		restapi: { listen: at(node.restPort), connect_address: at(node.restPort) },
		etcd3: { host: etcd },
		bootstrap: {
			dcs: {
				...{ ttl: 30, loop_wait: 10, retry_timeout: 10, synchronous_mode: true },
				postgresql: {
					use_pg_rewind: true,
					parameters: { max_connections: CONNECTIONS + 3, wal_keep_size: '32MB' },
				},
			},
			initdb: [{ encoding: 'UTF8' }, { auth: 'trust' }],
		},
		postgresql: {
			...{ listen: at(node.port), connect_address: at(node.port), use_unix_socket: false },
			...{ data_dir: node.data, bin_dir: server.bin, pgpass: `${node.data}.pgpass` },
			pg_hba: ['host all all 127.0.0.1/32 trust', 'host replication all 127.0.0.1/32 trust'],
			authentication: {
				superuser: { username: 'postgres' },
				replication: { username: 'replicator' },
			},
			basebackup: [{ checkpoint: 'fast' }],
			parameters: {
				unix_socket_directories: '',
				...{ max_wal_size: '96MB', min_wal_size: '32MB', shared_buffers: '32MB' },
			},
		},
	};
	await writeFile(settingsOf(server, node), JSON.stringify(settings));
}

async function startProxy(
	{ folder }: DebianPostgres,
	parts: string,
	nodes: readonly Node[],
	start: StartProcess,
): Promise<number> {
	const port = await findFreePort();
	const servers = nodes.map(
		({ name, port, restPort }) => `    server ${name} 127.0.0.1:${port} check port ${restPort}\n`,
	);
	const file = join(folder, 'haproxy.cfg');
	await writeFile(
		file,
		`defaults
    mode tcp
    timeout connect 2s
    timeout client 30m
    timeout server 30m
    timeout check 2s
listen primary
    bind 127.0.0.1:${port}
    option httpchk OPTIONS /primary
    http-check expect status 200
    default-server inter 1s fall 2 rise 1 on-marked-down shutdown-sessions
${servers.join('')}`,
	);
	start('haproxy', join(parts, 'usr/sbin/haproxy'), ['-db', '-f', file]);
	return port;
}

async function createDatabase(port: number): Promise<void> {
	const sql = postgres(`postgres://postgres@127.0.0.1:${port}/postgres`, { max: 1 });
	try {
		await sql`create role mailkey login`;
		await sql`create database mailkey owner mailkey`;
	} finally {
		await sql.end();
	}
}

type Member = { name: string; role: string; state: string };

async function membersBy(restPort: number): Promise<Member[]> {
	const signal = AbortSignal.timeout(2_000);
	const answer = await fetch(`http://127.0.0.1:${restPort}/cluster`, { signal }).catch(
		() => undefined,
	);
	if (!answer?.ok) return [];
	return ((await answer.json()) as { members: Member[] }).members;
}

const answers = ({ restPort }: Node, path: string) => isOk(`http://127.0.0.1:${restPort}${path}`);

function isOk(url: string): Promise<boolean> {
	return fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
		({ ok }) => ok,
		() => false,
	);
}

/** Patroni, the server's first process, and all that came from it. */
async function processesOf(patroni: ChildProcess | undefined, { data }: Node): Promise<number[]> {
	const file = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '');
	const found = [patroni?.pid, Number(file.split('\n')[0])].filter(
		(pid) => pid !== undefined && pid > 0,
	);
	const parents = await parentsOfAll();
	for (const pid of found) {
		found.push(
			...[...parents]
				.filter(([child, parent]) => parent === pid && !found.includes(child))
				.map(([child]) => child),
		);
	}
	return found.filter((pid) => pid !== undefined);
}

async function parentsOfAll(): Promise<Map<number, number>> {
	const parents = new Map<number, number>();
	for (const name of await readdir('/proc')) {
		if (!/^[0-9]+$/.test(name)) continue;
		const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
		const parent = /^[0-9]+ \(.*\) \S ([0-9]+)/s.exec(stat)?.[1];
		if (parent !== undefined) parents.set(Number(name), Number(parent));
	}
	return parents;
}

function send(pid: number, signal: NodeJS.Signals): void {
	try {
		process.kill(pid, signal);
	} catch {
		// It is over.
	}
}
