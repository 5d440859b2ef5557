// Starts openers of the embedded PostgreSQL as real processes, and knows which processes belong to a folder, so that a
// test can kill any of them and see that none is left.

import { execFile, spawn } from 'node:child_process';
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { findPostmaster } from '../../src/embedded-postgres/postmaster.ts';
import { processStart } from '../../src/embedded-postgres/process.ts';
import type { OpenerEvent } from './embedded-opener.ts';
import { until } from './until.ts';

export type Opener = {
	directory: string;
	pid: number;
	/** The next event of this kind; fails with what the process printed if it ends without. */
	next<K extends OpenerEvent['event']>(kind: K): Promise<Extract<OpenerEvent, { event: K }>>;
	say(line: 'query'): void;
	stop(): Promise<void>;
	endInput(): void;
	kill(signal: NodeJS.Signals): void;
	/** As a terminal's Ctrl-C: to everything in the process group. */
	killGroup(signal: NodeJS.Signals): void;
	ended: Promise<void>;
	/** The exit status, once it has ended. */
	status(): number | null;
};

export type OpenerOptions = {
	directory: string;
	role: 'server' | 'command';
	text?: string;
	uid?: number;
	/** `node --import tsx`, or a program that ends in running it. */
	wrapper?: string[];
};

const script = new URL('./embedded-opener.ts', import.meta.url).pathname;

export function startOpener(options: OpenerOptions): Opener {
	const node = [process.execPath, '--import', 'tsx', script, options.directory, options.role];
	const [file, ...args] = [...(options.wrapper ?? []), ...node, options.text ?? ''];
	const as = options.uid === undefined ? {} : { uid: options.uid, gid: options.uid };
	const child = spawn(file, args, { ...as, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
	const pid = child.pid ?? 0;
	const events: OpenerEvent[] = [];
	let printed = '';
	let over = false;
	createInterface({ input: child.stdout }).on('line', (line) => events.push(parseEvent(line)));
	child.stderr.setEncoding('utf8').on('data', (text: string) => (printed += text));
	child.stdin.on('error', () => undefined); // it has ended
	const ended = new Promise<void>((resolve) => {
		child.on('close', () => {
			over = true;
			resolve();
		});
	});
	return {
		directory: options.directory,
		pid,
		ended,
		status: () => child.exitCode,
		async next(kind) {
			const look = () => {
				const found = events.find((event) => event.event === kind);
				if (isOf(kind, found)) return found;
				if (over) throw new Error(`no "${kind}": ${JSON.stringify(events)} ${printed}`);
				return undefined;
			};
			return until(kind, look, 60_000);
		},
		say: (line) => void child.stdin.write(`${line}\n`),
		endInput: () => child.stdin.end(),
		async stop() {
			child.stdin.write('stop\n');
			await ended;
		},
		kill: (signal) => void child.kill(signal),
		killGroup: (signal) => void process.kill(-pid, signal),
	};
}

function isOf<K extends OpenerEvent['event']>(
	kind: K,
	event: OpenerEvent | undefined,
): event is Extract<OpenerEvent, { event: K }> {
	return event?.event === kind;
}

function parseEvent(line: string): OpenerEvent {
	return JSON.parse(line) as OpenerEvent;
}

export type Family = { postmaster: number; children: number[]; keeper: number; all: number[] };

/** The server that runs on `directory`: `postmaster`, its children and its keeper. */
export async function familyOf(directory: string): Promise<Family> {
	const found = await findPostmaster(join(await realpath(directory), 'postgres'));
	if (found === undefined) return { postmaster: 0, children: [], keeper: 0, all: [] };
	const ps = await promisify(execFile)('ps', [
		'-axww',
		'-o',
		'pid=',
		'-o',
		'ppid=',
		'-o',
		'command=',
	]);
	const rows = ps.stdout.split('\n').map((line) => line.trim().split(/\s+/));
	const children = rows.filter((row) => row[1] === `${found.pid}`).map((row) => Number(row[0]));
	const isKeeper = (row: string[]) =>
		row.includes('mailkey-keeper') && row.at(-1) === `${found.pid}`;
	const keeper = Number(rows.find(isKeeper)?.[0]);
	return { postmaster: found.pid, children, keeper, all: [found.pid, keeper, ...children] };
}

/** Resolves when none of them runs any more; fails after ten seconds. */
export async function untilNoneRuns(pids: number[]): Promise<void> {
	await until(`none of ${pids.join(' ')} runs`, async () => {
		const starts = await Promise.all(pids.map((pid) => processStart(pid)));
		return starts.every((start) => start === undefined);
	});
}
