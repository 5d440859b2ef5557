// A helper in practice mode as a newcomer runs it: the built product on a data folder of its own, and commands beside it.

import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findFreePort } from './free-port.ts';
import { until } from './until.ts';
import { watched } from './watched.ts';

export type PracticeHelper = {
	origin: string;
	/** For programs that shall trust the practice mail servers. */
	authorityFile: string;
	/** A folder for whatever a test needs as files; gone at the end. */
	folder: string;
	start(): Promise<void>;
	/** What `mailkey …` prints; rejects as `execFile` does. Beside the running helper it need not know its port. */
	mailkey(args: readonly string[], extra?: Record<string, string>): Promise<string>;
	connect(mailbox: string): Promise<Connected>;
	stop(): Promise<void>;
};

export type Connected = { site: string; key: string; identifier: string };

const MAILKEY = fileURLToPath(new URL('../../bin/mailkey.js', import.meta.url));

/** Not running yet. */
export async function createPracticeHelper(): Promise<PracticeHelper> {
	const folder = await mkdtemp(join(tmpdir(), 'mailkey-practice-'));
	const port = await findFreePort();
	const origin = `http://localhost:${port}`;
	const dataFolder = join(folder, 'data');
	const env = {
		...watched(),
		PATH: process.env['PATH'] ?? '',
		HOME: process.env['HOME'] ?? '',
		DATA_DIR: dataFolder,
	};
	let server: ChildProcess | undefined;
	let output = '';

	const helper: PracticeHelper = {
		origin,
		authorityFile: join(dataFolder, 'practice/mail-authority.pem'),
		folder,
		async start() {
			const child = spawn(process.execPath, [MAILKEY, 'serve'], {
				cwd: folder,
				env: { ...env, PORT: String(port) },
			});
			server = child;
			for (const stream of [child.stdout, child.stderr]) {
				stream.setEncoding('utf8').on('data', (text: string) => (output += text));
			}
			const isUp = () => {
				if (child.exitCode !== null) throw new Error(`the helper did not start: ${output}`);
				return output.includes('Ctrl-C stops everything');
			};
			await until(`the helper is up: ${output}`, isUp, 60_000);
		},
		async mailkey(args, extra = {}) {
			const options = { cwd: folder, env: { ...env, ...extra } };
			return (await promisify(execFile)(process.execPath, [MAILKEY, ...args], options)).stdout;
		},
		connect: async (mailbox) =>
			JSON.parse(await helper.mailkey(['practice', 'connect', mailbox])) as Connected,
		async stop() {
			if (server && server.exitCode === null) {
				server.kill('SIGTERM');
				await once(server, 'exit');
			}
			await rm(folder, { recursive: true, force: true });
		},
	};
	return helper;
}
