// The mail gateway as an operator runs it: a process of its own. And a helper for it that answers what a test says.

import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { MailServer, MailServers } from '../../src/lib/domain/mail-protocol.ts';
import { xoauth2 } from '../../src/lib/server/mail/mail-login.ts';
import { testCertificate } from './mail-script.ts';
import { watched } from './watched.ts';

export const MAILKEY = fileURLToPath(new URL('../../bin/mailkey.js', import.meta.url));

/** What Linux counts processor time in (`getconf CLK_TCK` is 100 on every platform of today). */
const JIFFY_MS = 10;

export const SITE_KEY = `mksite_${'k'.repeat(43)}`;

export type ResolveAnswer = { status: number; body: Record<string, unknown> };

export type ResolveServer = {
	url: string;
	/** By identifier; what is not in it is unknown. The site's key is `SITE_KEY` where none is named. */
	answers: Map<string, ResolveAnswer & { siteKey?: string }>;
	/** Answers everything, while it is set. `hang`: nothing comes. */
	fault: ResolveAnswer | 'hang' | undefined;
	/** What each answer waits for, if it is set. */
	held: Promise<void> | undefined;
	/** For `/healthz`. */
	isAway: boolean;
	asked: { identifier: string; siteKey: string }[];
	siteKeys: Set<string>;
	stop(): Promise<void>;
};

export async function startResolveServer(): Promise<ResolveServer> {
	const server = createServer((request, response) => {
		const send = ({ status, body }: ResolveAnswer) =>
			response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
		if (request.url === '/healthz') {
			return void send({ status: its.isAway ? 503 : 200, body: {} });
		}
		let text = '';
		request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
		request.on('end', () => {
			const { identifier } = JSON.parse(text) as { identifier: string };
			const siteKey = request.headers.authorization?.replace('Bearer ', '') ?? '';
			its.asked.push({ identifier, siteKey });
			void Promise.resolve(its.held).then(() => answer(identifier, siteKey));
		});
		function answer(identifier: string, siteKey: string) {
			if (its.fault === 'hang') return;
			if (its.fault) return void send(its.fault);
			if (!its.siteKeys.has(siteKey)) {
				return void send({ status: 401, body: { error: 'invalid_site_key' } });
			}
			const found = its.answers.get(identifier);
			const isOurs = found && (found.siteKey ?? SITE_KEY) === siteKey;
			send(isOurs ? found : { status: 404, body: { error: 'unknown_identifier' } });
		}
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const its: ResolveServer = {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		answers: new Map(),
		fault: undefined,
		held: undefined,
		isAway: false,
		asked: [],
		siteKeys: new Set([SITE_KEY]),
		stop: () =>
			new Promise((resolve) => {
				server.close(() => resolve());
				server.closeAllConnections();
			}),
	};
	return its;
}

/** What the helper answers for a mailbox at these servers. */
export function resolvedTo(
	servers: Partial<MailServers>,
	user: string,
	accessToken: string,
): ResolveAnswer {
	const login = ({ host, port, security }: MailServer) => ({
		host,
		port,
		security,
		user,
		xoauth2: xoauth2(user, accessToken),
	});
	return {
		status: 200,
		body: Object.fromEntries(
			Object.entries(servers).map(([protocol, server]) => [protocol, login(server)]),
		),
	};
}

export type GatewayProcess = {
	/** By the name of the flag. */
	ports: Record<string, number>;
	output(): string;
	/** The exit status. */
	signal(signal: NodeJS.Signals): Promise<number | null>;
	/** Processor time that it has used, in milliseconds. */
	processorMs(): Promise<number>;
	/** Resident set, in bytes. */
	memory(): Promise<number>;
	pid: number;
	authorityFile: string;
	stop(): Promise<void>;
};

/** Listens for all protocols in clear and in TLS, on free ports of loopback. */
export async function startGatewayProcess(
	helperUrl: string,
	args: readonly string[] = [],
	siteKey = SITE_KEY,
	program: readonly string[] = [MAILKEY, 'gateway'],
	/** Of the mail servers; otherwise the gateway's own. */
	authorityFile?: string,
): Promise<GatewayProcess> {
	const folder = await mkdtemp(join(tmpdir(), 'mailkey-gateway-'));
	const file = (name: string) => join(folder, name);
	await writeFile(file('site.key'), `${siteKey}\n`);
	await writeFile(file('certificate.pem'), testCertificate.certificate);
	await writeFile(file('key.pem'), testCertificate.privateKey);
	const listeners = ['imap', 'pop', 'smtp', 'imaps', 'pops', 'smtps'];
	const child: ChildProcessWithoutNullStreams = spawn(
		process.execPath,
		[
			...[...program, '--helper', helperUrl, '--site-key-file', file('site.key')],
			...listeners.flatMap((name) => [`--${name}`, '127.0.0.1:0']),
			...['--certificate', file('certificate.pem'), '--key', file('key.pem'), ...args],
		],
		{
			env: {
				...watched(),
				PATH: process.env['PATH'],
				HOME: process.env['HOME'],
				NODE_EXTRA_CA_CERTS: authorityFile ?? file('certificate.pem'),
			},
		},
	);
	let output = '';
	for (const stream of [child.stdout, child.stderr]) {
		stream.setEncoding('utf8').on('data', (text: string) => (output += text));
	}
	const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
	while (!output.includes('is ready')) {
		await Promise.race([once(child.stdout, 'data'), exited]);
		if (child.exitCode !== null) throw new Error(`the gateway did not start: ${output}`);
	}
	const ports: Record<string, number> = {};
	for (const [, name = '', port] of output.matchAll(/^(\w+) on port (\d+)$/gm)) {
		ports[name] = Number(port);
	}
	return {
		ports,
		output: () => output,
		async signal(signal) {
			child.kill(signal);
			return exited;
		},
		async processorMs() {
			const stat = await readFile(`/proc/${child.pid}/stat`, 'utf8');
			const [user, system] = stat
				.slice(stat.lastIndexOf(')') + 2)
				.split(' ')
				.slice(11, 13);
			return (Number(user) + Number(system)) * JIFFY_MS;
		},
		async memory() {
			const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
			return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
		},
		pid: child.pid ?? 0,
		authorityFile: file('certificate.pem'),
		async stop() {
			if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
			await exited;
			await rm(folder, { recursive: true, force: true });
		},
	};
}
