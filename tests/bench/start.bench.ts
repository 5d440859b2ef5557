// What a command and a start cost: processor time beside a Node.js that does nothing, and memory beside the last commit
// that ran TypeScript through a loader, both on the same Node.js and in turns.

import { execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { SITE_KEY, startGatewayProcess } from '../support/gateway-process.ts';
import { openOldCheckout } from '../support/old-checkout.ts';
import { startTestPostgres, type TestPostgres } from '../support/postgres.ts';
import { startRunningHelper } from '../support/running-helper.ts';
import { CHECKOUT } from '../support/walk-dockerfile.ts';
import { median } from './median.ts';

const run_ = promisify(execFile);

const ROUNDS = 15;
const STARTS = 3;
/** The last one before the build. */
const OLD_COMMIT = 'd89c644';
const MAX_COMMAND_RATIO = 3;
const MAX_LIST_SECONDS = 0.4;
const MAX_GATEWAY_RATIO = 4;
const MAX_MEMORY_RATIO = 0.7;

const MAILKEY = join(CHECKOUT, 'bin', 'mailkey.js');
const GATEWAYS = {
	'mailkey gateway': [MAILKEY, 'gateway'],
	'mailkey-gateway': [join(CHECKOUT, 'packages', 'gateway', 'bin', 'mailkey-gateway.js')],
};

export async function run(): Promise<void> {
	const postgres = await startTestPostgres();
	try {
		await weighCommands();
		await weighList(postgres);
		await weighGatewayStarts();
		await weighMemory(postgres);
	} finally {
		await postgres.stop();
	}
}

async function weighCommands(): Promise<void> {
	for (const args of [['--help'], ['keys', 'generate']]) {
		const ratios: number[] = [];
		for (let round = 0; round < ROUNDS; round += 1) {
			const bare = await processorSeconds(['-e', '0']);
			ratios.push((await processorSeconds([MAILKEY, ...args])) / bare);
		}
		judge(`mailkey ${args.join(' ')} / node -e 0, processor`, median(ratios), MAX_COMMAND_RATIO);
	}
}

/** Beside a helper that runs on the same database. */
async function weighList(postgres: TestPostgres): Promise<void> {
	const helper = await startRunningHelper(postgres.url);
	try {
		const seconds: number[] = [];
		for (let round = 0; round < ROUNDS; round += 1) {
			seconds.push(await processorSeconds([MAILKEY, 'site', 'list'], helper.environment));
		}
		judge('mailkey site list, processor, seconds', median(seconds), MAX_LIST_SECONDS);
	} finally {
		await helper.stop();
	}
}

async function weighGatewayStarts(): Promise<void> {
	for (const [name, program] of Object.entries(GATEWAYS)) {
		const ratios: number[] = [];
		for (let round = 0; round < ROUNDS; round += 1) {
			const begun = performance.now();
			await run_(process.execPath, ['-e', '0']);
			const bare = performance.now() - begun;
			ratios.push((await gatewayReadyMs(program)) / bare);
		}
		judge(`${name} ready / node -e 0, time`, median(ratios), MAX_GATEWAY_RATIO);
	}
}

async function gatewayReadyMs(program: readonly string[]): Promise<number> {
	const listeners = ['imap', 'pop', 'smtp'].flatMap((name) => [`--${name}`, '127.0.0.1:0']);
	const begun = performance.now();
	const args = [...program, '--helper', 'http://127.0.0.1:9', ...listeners];
	const child = spawn(process.execPath, args, { env: { MAILKEY_SITE_KEY: SITE_KEY } });
	const ended = new Promise((resolve) => child.once('exit', resolve));
	const ready = new Promise<void>((resolve, reject) => {
		child.stdout.setEncoding('utf8').on('data', (text: string) => {
			if (text.includes('is ready')) resolve();
		});
		child.once('exit', () => reject(new Error('the gateway did not start')));
	});
	await ready;
	const took = performance.now() - begun;
	child.kill('SIGKILL');
	await ended;
	return took;
}

async function weighMemory(postgres: TestPostgres): Promise<void> {
	const old = await openOldCheckout(OLD_COMMIT);
	if (!old) return console.log(`  memory: not measured, commit ${OLD_COMMIT} is not here`);
	try {
		const helpers = await inTurns(
			() => helperBytes(postgres, MAILKEY),
			() => helperBytes(postgres, old.program),
		);
		judge('memory of the helper, ours / old', compare('helper', helpers), MAX_MEMORY_RATIO);
		const gateways = await inTurns(
			() => gatewayBytes([MAILKEY, 'gateway']),
			() => gatewayBytes([old.program, 'gateway']),
		);
		judge('memory of the gateway, ours / old', compare('gateway', gateways), MAX_MEMORY_RATIO);
	} finally {
		await old.close();
	}
}

type Turns = { ours: number[]; old: number[] };

async function inTurns(ours: () => Promise<number>, old: () => Promise<number>): Promise<Turns> {
	const turns: Turns = { ours: [], old: [] };
	for (let start = 0; start < STARTS; start += 1) {
		turns.ours.push(await ours());
		turns.old.push(await old());
	}
	return turns;
}

function compare(what: string, { ours, old }: Turns): number {
	const inMb = (bytes: number[]) => (median(bytes) / 1e6).toFixed(0);
	console.log(`  ${what}: ours ${inMb(ours)} MB, old ${inMb(old)} MB`);
	return median(ours) / median(old);
}

async function helperBytes(postgres: TestPostgres, program: string): Promise<number> {
	const helper = await startRunningHelper(postgres.url, {}, { program });
	try {
		await fetch(`${helper.origin}/readyz`);
		return await settledBytes(helper.pid());
	} finally {
		await helper.stop();
	}
}

async function gatewayBytes(program: readonly string[]): Promise<number> {
	const gateway = await startGatewayProcess('http://127.0.0.1:9', [], SITE_KEY, program);
	try {
		return await settledBytes(gateway.pid);
	} finally {
		await gateway.stop();
	}
}

/** Of a process and all that it started, once it has not changed by a hundredth for two seconds. */
async function settledBytes(pid: number): Promise<number> {
	let before = 0;
	for (;;) {
		const bytes = await familyBytes(pid);
		if (Math.abs(bytes - before) < bytes / 100) return bytes;
		before = bytes;
		await sleep(2_000);
	}
}

async function familyBytes(pid: number): Promise<number> {
	const { stdout } = await run_('ps', ['-axo', 'pid=,ppid=,rss=']);
	const rows = stdout
		.trim()
		.split('\n')
		.map((line) => line.trim().split(/\s+/).map(Number));
	const weigh = (of: number): number =>
		rows.reduce((sum, [child = 0, parent = 0, kb = 0]) => {
			if (child === of) return sum + kb * 1024;
			return parent === of ? sum + weigh(child) : sum;
		}, 0);
	return weigh(pid);
}

/** User and system time, as the shell measures it. */
async function processorSeconds(
	args: readonly string[],
	environment: Readonly<Record<string, string>> = {},
): Promise<number> {
	const { PATH = '' } = process.env;
	const measure = 'TIMEFORMAT="%U %S"; time "$@" > /dev/null';
	const { stderr } = await run_('bash', ['-c', measure, 'bash', process.execPath, ...args], {
		env: { PATH, ...environment },
	});
	const [user, system] = stderr.trim().split('\n').at(-1)?.split(' ').map(Number) ?? [];
	return (user ?? NaN) + (system ?? NaN);
}

function judge(what: string, value: number, goal: number): void {
	const verdict = value <= goal ? 'within the goal' : 'MISSED';
	console.log(`  ${what}: ${value.toFixed(2)} (goal: at most ${goal}), ${verdict}`);
}
