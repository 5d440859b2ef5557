// A helper as an operator runs it: the built product in a process of its own, in live mode, on a real
// PostgreSQL, against a practice Microsoft that runs here and therefore tells what it was asked and issued.

import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import postgres from 'postgres';
import {
	startPracticeMicrosoft,
	type PracticeMicrosoft,
} from '../../src/practice/microsoft/practice-microsoft.ts';
import { startPracticeMail, type PracticeMail } from '../../src/practice/mail/practice-mail.ts';
import { findFreePort } from './free-port.ts';
import { testCertificate } from './mail-script.ts';
import { watched } from './watched.ts';
import { createDatabaseAt } from './postgres.ts';
import { until } from './until.ts';

export type RunningHelper = {
	origin: string;
	/** The address of the page, as it is registered at Microsoft. */
	pageUrl: string;
	databaseUrl: string;
	clientId: string;
	site: { site: string; id: number; key: string };
	microsoft: PracticeMicrosoft;
	mail: PracticeMail;
	sql: postgres.Sql;
	/** For a command that shall know of the same helper. */
	environment: Readonly<Record<string, string>>;
	/** What nobody but the helper may know. */
	ownSecrets: readonly string[];
	/** All that its processes wrote, both streams, over every restart. */
	output(): string;
	/** Of the process that serves. */
	pid(): number;
	/** As a power cut does: nothing is finished or said. */
	kill(): Promise<void>;
	/** Asks it to stop; the exit status. */
	terminate(): Promise<number | null>;
	/** Starts it again, on the same port and database. */
	start(): Promise<void>;
	stop(): Promise<void>;
};

export const SITE = 'https://mysite.equisonline.com';

const MAILKEY = fileURLToPath(new URL('../../bin/mailkey.js', import.meta.url));

export type ExtraEnvironment =
	Record<string, string> | ((microsoft: PracticeMicrosoft) => Promise<Record<string, string>>);

/** Whose it is and where: the checkout's, and ours, unless a test says otherwise. */
export type Installation = {
	program: string;
	folder?: string;
	user?: number;
};

/** On a fresh database of the PostgreSQL at `postgresUrl`. Throws when it does not come up. */
export async function startRunningHelper(
	postgresUrl: string,
	extra: ExtraEnvironment = {},
	{ program, folder, user }: Installation = { program: MAILKEY },
): Promise<RunningHelper> {
	const port = await findFreePort();
	const origin = `http://localhost:${port}`;
	const pageUrl = `${origin}/microsoft365_oauth.html`;
	const clientId = 'a7c1e0b4-3f52-4d86-9b17-60d2f8c5e931';
	const clientSecret = randomBytes(30).toString('base64url');
	const tokenKey = randomBytes(32).toString('base64');
	const databaseUrl = await createDatabaseAt(postgresUrl);
	const microsoft = await startPracticeMicrosoft({
		directory: undefined,
		port: 0,
		client: { id: clientId, secret: clientSecret, redirectUri: pageUrl },
	});
	const mail = await startPracticeMail({
		microsoft,
		certificate: testCertificate,
		ports: { imap: 0, pop: 0, smtp: 0 },
		slowMs: 1_000,
	});
	const authorityFile = join(await mkdtemp(join(tmpdir(), 'mailkey-mail-')), 'authority.pem');
	await writeFile(authorityFile, testCertificate.certificate);
	if (user !== undefined) await chmod(dirname(authorityFile), 0o755);
	const environment: Record<string, string> = {
		...watched(),
		PATH: process.env['PATH'] ?? '',
		HOME: process.env['HOME'] ?? '',
		NODE_ENV: 'production',
		HOST: '127.0.0.1',
		PORT: String(port),
		ORIGIN: origin,
		DATABASE_URL: databaseUrl,
		TOKEN_KEYS: `test:${tokenKey}`,
		MICROSOFT_CLIENT_ID: clientId,
		MICROSOFT_CLIENT_SECRET: clientSecret,
		MICROSOFT_AUTHORITY: microsoft.authority,
		MAIL_IMAP: `imaps://127.0.0.1:${mail.servers.imap.port}`,
		MAIL_POP: `pop3s://127.0.0.1:${mail.servers.pop.port}`,
		MAIL_SMTP: `smtp://127.0.0.1:${mail.servers.smtp.port}`,
		NODE_EXTRA_CA_CERTS: authorityFile,
		// Whatever is ever logged shall be there to be searched.
		LOG_LEVEL: 'debug',
		LIMITS: 'address=0,mailbox=0,resolve=0',
		...(typeof extra === 'function' ? await extra(microsoft) : extra),
	};
	let output = '';
	let server: ChildProcess | undefined;

	function spawnMailkey(args: string[]): ChildProcess {
		const child = spawn(process.execPath, [program, ...args], {
			env: environment,
			...(folder !== undefined && { cwd: folder }),
			...(user !== undefined && { uid: user, gid: user }),
		});
		for (const stream of [child.stdout, child.stderr]) {
			stream.setEncoding('utf8').on('data', (text: string) => (output += text));
		}
		return child;
	}

	async function start(): Promise<void> {
		server = spawnMailkey(['serve']);
		const isUp = () => {
			if (server?.exitCode !== null) throw new Error(`the helper did not start: ${output}`);
			return fetch(`${origin}/healthz`).then(
				({ ok }) => ok,
				() => false,
			);
		};
		await until(`the helper is up: ${output}`, isUp, 30_000);
	}

	async function end(signal: NodeJS.Signals): Promise<void> {
		if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
		server.kill(signal);
		await once(server, 'exit');
	}

	async function addSite(): Promise<RunningHelper['site']> {
		const before = output.length;
		const child = spawnMailkey([
			...['site', 'add', SITE, '--name', 'Test site', '--mail-domain', 'mycompany.com', '--json'],
		]);
		const [status] = (await once(child, 'close')) as [number];
		const printed = output.slice(before);
		if (status !== 0) throw new Error(`site add failed: ${printed}`);
		// What the command line shows once is not what a log may hold.
		output = output.slice(0, before);
		return JSON.parse(printed) as RunningHelper['site'];
	}

	const site = await addSite();
	await start();
	const sql = postgres(databaseUrl, { max: 2, onnotice: () => undefined });
	return {
		origin,
		pageUrl,
		databaseUrl,
		clientId,
		site,
		microsoft,
		mail,
		sql,
		environment,
		ownSecrets: [clientSecret, tokenKey, site.key],
		output: () => output,
		pid: () => server?.pid ?? 0,
		kill: () => end('SIGKILL'),
		async terminate() {
			await end('SIGTERM');
			return server?.exitCode ?? null;
		},
		start,
		async stop() {
			await end('SIGTERM');
			await sql.end({ timeout: 5 });
			await Promise.all([mail.stop(), microsoft.stop()]);
			await rm(dirname(authorityFile), { recursive: true, force: true });
		},
	};
}
